package client

import "time"

// History keeps what was polled: 10 minutes at poll resolution, an hour at 10 s,
// a day at minutes, in under 2 MB. It derives what the samples say together and
// keeps a line for each outage, reset and restart. Make one with [NewHistory]; it
// is not safe for concurrent use.
type History struct {
	interval time.Duration
	late     time.Duration // no poll for longer than this is a missed one
	polled   time.Time     // the last poll, whether it worked or not

	fine, coarse, day series

	newest  Opt[Sample]
	derived Derived
	deriver deriver
	seams   seams
	journal journal
	base    baseline
}

// NewHistory returns an empty history for polls every interval.
func NewHistory(interval time.Duration) *History {
	return &History{
		interval: interval,
		late:     lateAfter(interval),
		fine:     series{keep: 11 * time.Minute, most: 1500},
		coarse:   series{width: 10 * time.Second, keep: 70 * time.Minute, most: 420},
		day:      series{width: time.Minute, keep: 24 * time.Hour, most: 1440},
	}
}

// lateAfter returns how long after a poll the figures are stale.
func lateAfter(interval time.Duration) time.Duration { return max(3*interval, 3*time.Second) }

// SetInterval tells a new poll interval. Until the next poll the longer of the old
// and the new one says what is late.
func (h *History) SetInterval(d time.Duration) {
	h.interval = d
	h.late = max(h.late, lateAfter(d))
}

// Add takes the sample of a poll that worked.
func (h *History) Add(s Sample) {
	missed := h.poll(s.At)
	h.journal.up(s.At)
	why := seamNone
	if h.newest.Known {
		why = h.step(h.newest.Value, s)
	} else {
		h.deriver.begin(s)
	}
	h.newest = Some(s)
	h.derived = h.deriver.derive(s, h.late)
	h.derived.Note, h.derived.Break = h.seams.note(s.At), why.kind()
	if h.derived.Note == "" && h.deriver.frozen(s.At, h.late) {
		h.derived.Note = "the endpoint's timestamp does not move: perhaps a cached copy"
	}
	h.journal.tell(s)

	p := unknown(s.At)
	p.missed = missed
	p.set(MetricWaiting, s.Waiting.Known, float64(s.Waiting.Value))
	p.set(MetricWait, h.derived.RecentWait.Known, h.derived.RecentWait.Value.Seconds())
	p.set(MetricSuccess, h.derived.RecentRate.Known, h.derived.RecentRate.Value)
	p.set(MetricPerMinute, h.derived.PerMinute.Known, h.derived.PerMinute.Value)
	if s.Detail != nil {
		p.set(MetricP95, s.Detail.Wait.P95.Known, s.Detail.Wait.P95.Value.Seconds())
	}
	h.push(p)
}

// Fail takes a poll that did not work.
func (h *History) Fail(at time.Time, f *Failure) {
	p := unknown(at)
	p.missed = h.poll(at)
	p.failed = true
	h.journal.down(at, f.Words)
	h.push(p)
}

// poll notes a poll at a time and reports whether polls were missed before it.
func (h *History) poll(at time.Time) (missed bool) {
	missed = !h.polled.IsZero() && at.Sub(h.polled) > h.late
	if missed {
		h.journal.missed(h.polled, at)
	}
	h.polled, h.late = at, lateAfter(h.interval)
	return missed
}

func (h *History) push(p point) {
	h.fine.add(p)
	h.coarse.add(p)
	h.day.add(p)
}

// step takes what happened between two samples, and returns what broke.
func (h *History) step(prev, s Sample) seam {
	seam := h.seams.between(prev, s)
	if seam == seamNone {
		h.deriver.step(prev, s)
		return seamNone
	}
	h.deriver.begin(s)
	switch was, now := countersOf(prev), countersOf(s); {
	case seam == seamRestart && now.kept(was):
		h.base.lose(was, now)
	case seam.zeroes():
		h.base.zero(s.At)
	}
	h.journal.seam(s, seam)
	return seam
}

// ResetDone says that the counters were reset from here, so that their fall is not
// a riddle.
func (h *History) ResetDone(at time.Time) {
	if h.seams.ownReset(at) {
		h.journal.retitle(seamOwnReset)
		h.derived.Note = h.seams.note(at)
	}
}

// Last returns the newest sample; false before the first.
func (h *History) Last() (Sample, bool) { return h.newest.Value, h.newest.Known }

// Derived returns what the samples up to now say together.
func (h *History) Derived() Derived { return h.derived }

// Events returns the endpoint's events and our own (outages, resets), oldest first,
// at most 256. The caller must not change them; what was returned stays as it is.
func (h *History) Events() []Event { return h.journal.events() }

// Columns returns a plot's columns, oldest first; the last one holds now. A column
// is as wide as the longer of window/columns and the poll interval, and begins at a
// multiple of its width, so that a plot moves once a column. Where the interval is
// the longer there are fewer columns than asked for.
func (h *History) Columns(m Metric, now time.Time, window time.Duration, columns int) []Column {
	if columns <= 0 || window <= 0 || m >= metrics {
		return nil
	}
	width := max(window/time.Duration(columns), h.interval, time.Millisecond)
	n := max(1, min(columns, int(window/width)))
	from := &h.day
	for _, s := range []*series{&h.coarse, &h.fine} {
		if window+width <= s.keep {
			from = s
		}
	}
	return from.columns(m, now, h.polled, h.late, width, n)
}

// Rebase makes the totals count from the last sample on, for this view only.
// Before the first sample it does nothing.
func (h *History) Rebase() {
	if h.newest.Known {
		h.base = baseline{from: countersOf(h.newest.Value), since: h.newest.Value.At}
	}
}

// Totals returns the counters of the last sample, from the baseline on if
// [History.Rebase] set one.
func (h *History) Totals() Totals { return h.base.totals(countersOf(h.newest.Value)) }
