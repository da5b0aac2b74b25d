package client

import (
	"time"

	"paceline/queue/human"
)

// History keeps the figures of the polls: 10 minutes at poll resolution, an hour at
// 10 s, a day at minutes, in under 2 MB. It derives further figures from successive
// samples, and adds an event for each outage, reset and restart. Make one with
// [NewHistory]; it is not safe for concurrent use.
type History struct {
	interval  time.Duration
	lateAfter time.Duration // a longer time without a poll means that polls were missed
	lastPoll  time.Time     // the last poll, successful or not

	fine, coarse, minutes series
	slices, minuteSlices  sliceHistory // of an hour, and of a day where that was asked for

	newest   Opt[Sample]
	derived  Derived
	deriver  deriver
	detector discontinuityDetector
	journal  journal
	baseline baseline
}

// NewHistory returns an empty history for one poll every interval.
func NewHistory(interval time.Duration) *History {
	h := &History{
		interval:  interval,
		lateAfter: StaleAfter(interval),
		fine:      series{retention: 11 * time.Minute, maxPoints: 1500},
		coarse:    series{bucket: 10 * time.Second, retention: 70 * time.Minute, maxPoints: 420},
		minutes:   series{bucket: time.Minute, retention: 24 * time.Hour, maxPoints: 1440},

		slices:       sliceHistory{length: SliceLength, retention: time.Hour},
		minuteSlices: sliceHistory{length: time.Minute, retention: 24 * time.Hour},
	}
	h.journal.clock = func(at time.Time) time.Time { return h.EndpointTime(at).In(at.Location()) }
	return h
}

// StaleAfter returns how long after a poll its figures are stale, and polls are missed,
// given the interval between polls.
func StaleAfter(interval time.Duration) time.Duration { return max(3*interval, 3*time.Second) }

// SetInterval changes the poll interval. Until the next poll the longer of the old
// and the new interval decides whether polls were missed.
func (h *History) SetInterval(d time.Duration) {
	h.interval = d
	h.lateAfter = max(h.lateAfter, StaleAfter(d))
}

// Add takes the sample of a successful poll.
func (h *History) Add(s Sample) {
	missed := h.notePoll(s.At)
	h.journal.up(h.Clock(s.At))
	found := noDiscontinuity
	if h.newest.Known {
		found = h.advance(h.newest.Value, s)
	} else {
		h.deriver.restart(s)
	}
	h.newest = Some(s)
	h.derived = h.deriver.derive(s, h.lateAfter)
	h.derived.Note, h.derived.Discontinuity = h.detector.note(s.At), found.kind()
	if h.derived.Note == "" && h.deriver.timestampFrozen(s.At, h.lateAfter) {
		h.derived.Note = "the endpoint's timestamp does not move: perhaps a cached copy"
	}
	if off := s.Timestamp.Value.Sub(s.At).Round(time.Minute); h.derived.Note == "" && s.Detail != nil && s.Timestamp.Known && off.Abs() > time.Minute {
		h.derived.Note = clockNote(off)
	}
	h.journal.takeEndpoint(s)
	if s.Detail != nil {
		h.takeLatest(s.Detail.Slices, s.Detail.Lanes)
	}

	p := emptyPoint(s.At)
	p.missed = missed
	p.set(MetricWaiting, s.Waiting.Known, float64(s.Waiting.Value))
	p.set(MetricWait, h.derived.RecentWait.Known, h.derived.RecentWait.Value.Seconds())
	p.set(MetricSuccess, h.derived.RecentRate.Known, h.derived.RecentRate.Value)
	h.push(p)
}

// clockNote says that the endpoint's clock, by which its times are told, is off.
func clockNote(off time.Duration) string {
	words := "ahead"
	if off < 0 {
		words = "behind"
	}
	return "the server's clock is " + human.Exact(off.Abs()) + " " + words
}

// Fail takes a failed poll.
func (h *History) Fail(at time.Time, f *Failure) {
	p := emptyPoint(at)
	p.missed = h.notePoll(at)
	p.failed = true
	h.journal.down(h.Clock(at), f.Words)
	h.push(p)
}

// notePoll records a poll, and reports whether polls were missed before it.
func (h *History) notePoll(at time.Time) (missed bool) {
	missed = !h.lastPoll.IsZero() && at.Sub(h.lastPoll) > h.lateAfter
	if missed {
		h.journal.missed(h.Clock(h.lastPoll), h.Clock(at))
	}
	h.lastPoll, h.lateAfter = at, StaleAfter(h.interval)
	return missed
}

// push adds a poll to each resolution.
func (h *History) push(p point) {
	h.fine.add(p)
	h.coarse.add(p)
	h.minutes.add(p)
}

// advance takes the sample that follows prev, and returns the discontinuity between
// the two.
func (h *History) advance(prev, s Sample) discontinuity {
	found := h.detector.between(prev, s)
	if found == noDiscontinuity {
		h.deriver.advance(prev, s)
		return noDiscontinuity
	}
	h.deriver.restart(s)
	switch was, now := countersOf(prev), countersOf(s); {
	case found == serverRestart && now.keptFinished(was):
		h.baseline.dropLost(was, now)
	case found.resetsCounters():
		h.baseline.resetToZero(s.At)
	}
	h.journal.discontinuity(s, found)
	return found
}

// ResetDone records that this process has reset the counters, so that their fall is
// explained.
func (h *History) ResetDone(at time.Time) {
	if h.detector.noteOwnReset(at) {
		h.journal.explainLast(ownReset)
		h.derived.Note = h.detector.note(at)
	}
}

// Last returns the newest sample; false before the first.
func (h *History) Last() (Sample, bool) { return h.newest.Value, h.newest.Known }

// Derived returns the figures derived from the samples so far.
func (h *History) Derived() Derived { return h.derived }

// Events returns the endpoint's events and those that this package adds (outages,
// resets), oldest first, at most 256. The caller must not change them; neither does
// the History.
func (h *History) Events() []Event { return h.journal.events() }

// Columns returns the columns of a plot, oldest first; the last one contains now. A
// column is as wide as the longer of window/columns and the poll interval, and begins
// at a multiple of its width, so that a plot moves once per column. If the interval is
// the longer of the two, there are fewer columns than asked for.
func (h *History) Columns(m Metric, now time.Time, window time.Duration, columns int) []Column {
	if columns <= 0 || window <= 0 || m >= metricCount {
		return nil
	}
	width, n := columnsOf(window, columns, h.interval)
	from := &h.minutes
	for _, s := range []*series{&h.coarse, &h.fine} {
		if window+width <= s.retention {
			from = s
		}
	}
	return from.columns(m, now, h.lastPoll, h.lateAfter, width, n)
}

// Rebase makes [History.Totals] count from the last sample on.
// Before the first sample it does nothing.
func (h *History) Rebase() {
	if h.newest.Known {
		h.baseline = baseline{from: countersOf(h.newest.Value), since: h.newest.Value.At}
	}
}

// Totals returns the counters of the last sample: since the call of [History.Rebase],
// or else since the server's start or reset.
func (h *History) Totals() Totals { return h.baseline.totals(countersOf(h.newest.Value)) }
