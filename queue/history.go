package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/history"
)

// maxSlices is how many slices an answer has at most.
const maxSlices = 1000

// History is what happened in a stretch of time: at most a day ago.
//
// Slices in which nothing waited, ran or happened are left out: where there is no gap, the
// server was idle then. Slices and troubles of one time belong together.
type History struct {
	Since    Time    `json:"since"` // the beginning of the first slice,
	Until    Time    `json:"until"` // and the end of what is told
	StepMs   int64   `json:"stepMs"`
	Slices   []Slice `json:"slices"`   // oldest first; the last one may not be over
	Gaps     []Gap   `json:"gaps"`     // in which the server did not run, or of which nothing is known any more
	Troubles []Event `json:"troubles"` // oldest first; of a flood of them the latest
}

// Gap is a stretch of time of which nothing is known.
type Gap struct {
	Since Time `json:"since"`
	Until Time `json:"until"`
}

// History returns what happened from since on until a time, see [Machine.History].
func (q *Queue) History(since, until time.Time, step time.Duration) History {
	var c historyCopy
	q.update(func(now time.Time) { c = q.machine.historyCopy(now, since, until) })
	return c.history(step)
}

// History returns what happened from since on until a time, in slices of a step: a zero
// since is as long ago as is known, a zero until is now. The step is raised, so that there
// are 1,000 slices at most: to whole multiples of 5 s, and of a minute where since is longer
// ago than about an hour. Slices begin at multiples of the step since 1970, so that the
// first may begin before since.
func (m *Machine) History(now, since, until time.Time, step time.Duration) History {
	c := m.historyCopy(now, since, until)
	return c.history(step)
}

// historyCopy is what a [History] is made of, copied from the machine as quickly as can be:
// a [Queue] is locked meanwhile.
type historyCopy struct {
	since, end int64 // in seconds since 1970: whole seconds that have in them what was asked for
	until      time.Time
	slices     history.View
	present    history.Slice
	runs       []run
	troubles   []keptEvent
}

// historyFor is how far back a history goes.
const historyFor = 24 * 60 * 60 // seconds

func (m *Machine) historyCopy(now, since, until time.Time) historyCopy {
	m.advance(now)
	l, wall := &m.timeline, m.wallTime(m.now)
	c := historyCopy{until: wall, present: m.wholeSlice(), runs: l.allRuns(m.now)}
	c.since = wall.Unix() - historyFor
	if !since.IsZero() {
		c.since = min(max(since.Unix(), c.since), wall.Unix())
	}
	c.end = wall.Unix() + 1
	if !until.IsZero() && until.Before(wall) {
		c.until = until
		c.end = max(until.Add(time.Second-1).Unix(), c.since+1)
	}
	c.slices = l.store.View()
	c.troubles = l.troubles.between(time.Unix(c.since-maxStep, 0), c.until.Add(time.Millisecond), 0)
	return c
}

// history returns the History in slices of a step. It needs no lock.
func (c *historyCopy) history(step time.Duration) History {
	since, each := c.begin(step)
	h := History{
		Since: unixTime(since), Until: Time{c.until}, StepMs: each * 1000,
		Slices: []Slice{}, Gaps: []Gap{}, Troubles: []Event{},
	}
	var row history.Slice
	add := func(one *history.Slice) {
		if one.End() <= since || one.Start >= c.end {
			return
		}
		if start := one.Start - mod(one.Start, each); start != row.Start || row.Length == 0 {
			if row.Length > 0 {
				h.Slices = append(h.Slices, wireSlice(&row))
			}
			row = history.Slice{Start: start, Length: each}
		}
		row.Merge(one)
	}
	for one := range c.slices.All(since) {
		add(one)
	}
	if !c.present.Idle() {
		add(&c.present)
	}
	if row.Length > 0 {
		h.Slices = append(h.Slices, wireSlice(&row))
	}
	h.Gaps = gaps(c.runs, since*1000, c.until.UnixMilli())
	for i := range c.troubles {
		if c.troubles[i].at >= since*1000 {
			h.Troubles = append(h.Troubles, c.troubles[i].event())
		}
	}
	return h
}

// maxStep is the longest step, in seconds.
const maxStep = historyFor

// begin returns where the first slice begins, and the step, in seconds: the one that is
// nearest to the one asked for.
func (c *historyCopy) begin(asked time.Duration) (since, step int64) {
	for unit := int64(history.Fine); ; unit = history.Coarse {
		step = c.stepFor(asked, unit)
		since = c.since - mod(c.since, step)
		if c.slices.Length(since) <= unit {
			return since, step
		}
	}
}

// stepFor returns the whole multiple of a unit that is nearest to the step asked for, in
// seconds.
func (c *historyCopy) stepFor(asked time.Duration, unit int64) int64 {
	step := int64(min(max(asked, 0), maxStep*time.Second) / time.Second)
	step = max(step, (c.end-c.since+maxSlices-2)/(maxSlices-1)) // since and until may lie within slices
	return (step + unit - 1) / unit * unit
}

func unixTime(seconds int64) Time { return Time{time.Unix(seconds, 0)} }

// run is a stretch of time in which a server ran, in milliseconds since 1970.
type run struct{ from, to int64 }

// gaps returns what lies between some runs within a stretch of time, but for what is shorter
// than a slice.
func gaps(runs []run, since, until int64) []Gap {
	all := []Gap{}
	at := since
	add := func(to int64) {
		if to-at >= history.Fine*1000 {
			all = append(all, Gap{Time{time.UnixMilli(at)}, Time{time.UnixMilli(to)}})
		}
	}
	for _, r := range runs {
		if r.to <= at {
			continue
		}
		if r.from >= until {
			break
		}
		add(r.from)
		at = r.to
	}
	add(until)
	return all
}

// SeenBy returns the history as a viewer may see it.
func (h History) SeenBy(v Viewer) History {
	if v.OwnOnly {
		h.Slices, h.Troubles = each(h.Slices, v, Slice.seenBy), each(h.Troubles, v, Event.SeenBy)
	}
	return h
}

// wireSlice returns a slice as on the wire.
func wireSlice(s *history.Slice) Slice {
	w := Slice{
		At: unixTime(s.Start), LengthMs: s.Length * 1000, Level: level(s.Level).String(),
		Message: namedText(s.Message).seenBy(Viewer{}), message: namedText(s.Message),
		Waiting: s.Waiting, OldestMs: s.Oldest.Milliseconds(), Arrivals: s.Arrivals, Starts: s.Starts, Waits: []WaitCount{},
		Successful: s.Successful, Failed: s.Failed, Cancelled: s.Cancelled, Refused: s.Refused, RateLimited: s.RateLimited,
		CriticalMs: s.Critical.Milliseconds(), Causes: []SliceCause{}, Failures: []ClassCount{}, PausedMs: s.Paused.Milliseconds(), InputTokens: s.Input, OutputTokens: s.Output,
		Longest: []LongestWait{}, Lanes: []LaneSlice{},
	}
	if begin := time.Unix(s.Start, 0); s.BadUntil > 0 {
		w.BadFrom, w.BadUntil = &Time{begin.Add(s.BadFrom)}, &Time{begin.Add(s.BadUntil)}
	}
	for _, c := range s.Causes {
		w.Causes = append(w.Causes, SliceCause{c.Name, c.For.Milliseconds()})
	}
	slices.SortStableFunc(w.Causes, func(a, b SliceCause) int { return cmp.Compare(b.ForMs, a.ForMs) })
	for bucket, n := range s.Waits {
		if n > 0 {
			w.Waits = append(w.Waits, WaitCount{history.AtMost(bucket).Milliseconds(), int64(n)})
		}
	}
	if median, ok := s.Waits.Median(s.Longest); ok {
		w.MedianMs, w.LongestMs = ptr(median.Milliseconds()), ptr(s.Longest.Milliseconds())
	}
	for class := range classes {
		if n := s.Failures[class]; n > 0 {
			w.Failures = append(w.Failures, ClassCount{class.Name(), int64(n)})
		}
	}
	slices.SortStableFunc(w.Failures, func(a, b ClassCount) int { return cmp.Compare(b.Count, a.Count) })
	for _, one := range s.Waiters {
		group, name := ownerOf(one.User)
		w.Longest = append(w.Longest, LongestWait{name, group, one.Lane, one.Waited.Milliseconds(), one.Started, one.Waiting})
	}
	for i := range s.Lanes {
		w.Lanes = append(w.Lanes, wireLaneSlice(&s.Lanes[i]))
	}
	return w
}

func wireLaneSlice(l *history.Lane) LaneSlice {
	w := LaneSlice{Name: l.Name, Waiting: l.Waiting, Running: l.Running, Limits: []LaneLimit{}}
	for _, limit := range l.Limits {
		of := LaneLimit{Kind: limit.Kind, PerMinute: int(limit.PerMinute)}
		if limit.Told {
			of.Free, of.FullInMs = ptr(int(limit.Free)), ptr(limit.FullIn.Milliseconds())
		}
		w.Limits = append(w.Limits, of)
	}
	return w
}
