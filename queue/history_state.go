package queue

import (
	"math"
	"slices"
	"time"

	"paceline/queue/internal/history"
	"paceline/queue/internal/limiter"
)

// HistoryState is what outlasts a queue of its history: all of it, or what is new. Users stand
// in it with their groups, so that it is not to be shown.
type HistoryState struct {
	Runs     []Run   // when the queue ran, and those before it; the last one until the end of what is kept
	Lost     []Run   // when it ran, and what happened is not known any more
	Slices   []Slice // that are over, oldest first
	Troubles []Event // oldest first
}

// Run is a stretch of time in which a queue ran.
type Run struct {
	Since Time `json:"since"`
	Until Time `json:"until"`
}

// HistoryMark is how far a history has been read. The zero HistoryMark is its beginning.
type HistoryMark struct {
	slices   int64 // where the last slice ends, in seconds since 1970
	troubles uint64
}

// maxRuns is how many runs are remembered.
const maxRuns = 1000

// RestoreHistory lets the history go on where another queue's ended.
func RestoreHistory(h HistoryState) Option { return func(q *Queue) { q.history = &h } }

// HistoryState returns what there is to keep after a mark, and the mark where it ends. The
// present slice is left out, unless it is the last time that somebody asks.
func (q *Queue) HistoryState(after HistoryMark, last bool) (HistoryState, HistoryMark) {
	var c historyStateCopy
	q.update(func(now time.Time) { c = q.machine.historyStateCopy(now, after, last) })
	return c.state(), c.mark
}

// HistoryState is [Queue.HistoryState] at now.
func (m *Machine) HistoryState(now time.Time, after HistoryMark, last bool) (HistoryState, HistoryMark) {
	c := m.historyStateCopy(now, after, last)
	return c.state(), c.mark
}

// historyStateCopy is what a [HistoryState] is made of, copied from the machine as quickly
// as can be.
type historyStateCopy struct {
	after, mark HistoryMark
	runs        []run
	slices      history.View
	present     history.Slice // idle if it is left out
	troubles    []keptEvent
}

func (m *Machine) historyStateCopy(now time.Time, after HistoryMark, last bool) historyStateCopy {
	m.advance(now)
	l, wall := &m.timeline, m.wallTime(m.now)
	c := historyStateCopy{
		after: after, mark: HistoryMark{l.present.Start, l.troubles.total},
		runs: l.allRuns(m.now), slices: l.store.View(),
		troubles: l.troubles.between(wall.Add(-troublesFor), wall.Add(time.Second), after.troubles),
	}
	own := &c.runs[len(c.runs)-1]
	if last {
		c.present = m.wholeSlice()
		c.mark.slices = c.present.End()
	} else { // if the rest is lost, nobody says that nothing happened
		own.to = max(own.from, l.present.Start*1000)
	}
	if after != (HistoryMark{}) {
		c.runs = c.runs[len(c.runs)-1:]
	}
	return c
}

// state returns the HistoryState. It needs no lock.
func (c *historyStateCopy) state() HistoryState {
	var h HistoryState
	for _, r := range c.runs {
		h.Runs = append(h.Runs, Run{Time{time.UnixMilli(r.from)}, Time{time.UnixMilli(r.to)}})
	}
	for one := range c.slices.All(c.after.slices) {
		if one.Start >= c.after.slices {
			h.Slices = append(h.Slices, keptSlice(one))
		}
	}
	if !c.present.Idle() {
		h.Slices = append(h.Slices, keptSlice(&c.present))
	}
	for i := range c.troubles {
		e := c.troubles[i].event()
		e.User = ownedName(e.Group, e.User)
		h.Troubles = append(h.Troubles, e)
	}
	return h
}

// keptSlice returns a slice as it is kept, with the groups of users.
func keptSlice(s *history.Slice) Slice {
	w := wireSlice(s)
	w.Message = s.Message
	for i := range w.Longest {
		w.Longest[i].User = s.Waiters[i].User
	}
	return w
}

// allRuns returns when machines ran: the last one is this one, until now.
func (l *timeline) allRuns(now time.Duration) []run {
	began := l.began*1000 - l.origin.Milliseconds()
	return append(slices.Clone(l.runs), run{began, began + now.Milliseconds()})
}

// RestoreHistory lets the history go on where another machine's ended. It is for a machine
// to which nothing has happened. What makes no sense is left out, such as what was of a time
// to come when the clock was wrong. Where its last run goes on until now, or later, it is no
// restart.
func (m *Machine) RestoreHistory(h HistoryState) {
	l := &m.timeline
	l.goOnAfter(h)
	n := len(l.runs)
	if n == 0 {
		return
	}
	if now := l.allRuns(0)[n].from; l.runs[n-1].to < now {
		l.troubles.add(&Event{Time: Time{time.UnixMilli(now)}, Kind: KindRestarted, Millis: now - l.runs[n-1].to, Waiting: waitedLast(h, l.runs[n-1].to)})
	}
}

// waitedLast returns how many waited at most in the last slice of a run that broke off, after
// which nothing is known of it; zero where it ended, for then it has a slice that was not over.
func waitedLast(h HistoryState, to int64) int {
	n := len(h.Slices)
	if n == 0 || h.Slices[n-1].At.UnixMilli()+h.Slices[n-1].LengthMs != to {
		return 0
	}
	return h.Slices[n-1].Waiting
}

// goOnAfter puts what happened before the machine began into the timeline, in which there is
// nothing else yet.
func (l *timeline) goOnAfter(h HistoryState) {
	now := l.allRuns(0)[len(l.runs)].from
	for _, r := range h.Runs {
		l.restoreRun(run{r.Since.UnixMilli(), min(r.Until.UnixMilli(), now)})
	}
	for _, r := range h.Lost {
		l.runs = without(l.runs, run{r.Since.UnixMilli(), r.Until.UnixMilli()})
	}
	l.runs = slices.Clone(l.runs[max(len(l.runs)-maxRuns, 0):])
	for i := range h.Slices {
		one, ok := historySlice(&h.Slices[i])
		switch {
		case !ok || one.End() <= l.present.Start-historyFor || one.Start > l.present.Start:
		case one.Start == l.present.Start && one.Length == history.Fine: // the present slice began before the restart
			l.present.Merge(&one)
		case one.End() <= l.present.Start:
			l.store.Add(&one)
		}
	}
	for _, e := range h.Troubles {
		if e.Kind == "" || !e.isTrouble() {
			continue
		}
		if at := e.Time.UnixMilli(); at <= now && at > now-troublesFor.Milliseconds() && at >= l.troubles.latest() {
			e.Group, e.User = ownerOf(e.User)
			l.troubles.add(&e)
		}
	}
}

// restoreRun adds a run, which may be a later state of the one before it.
func (l *timeline) restoreRun(r run) {
	switch n := len(l.runs); {
	case r.to < r.from:
	case n > 0 && r.from <= l.runs[n-1].to:
		l.runs[n-1].to = max(l.runs[n-1].to, r.to)
	default:
		l.runs = append(l.runs, r)
	}
}

// without returns runs without a stretch of time.
func without(runs []run, lost run) (rest []run) {
	for _, r := range runs {
		if before := (run{r.from, min(r.to, lost.from)}); before.from < before.to {
			rest = append(rest, before)
		}
		if after := (run{max(r.from, lost.to), r.to}); after.from < after.to {
			rest = append(rest, after)
		}
	}
	return rest
}

// historySlice returns a slice as it is kept; false if it makes no sense.
func historySlice(w *Slice) (s history.Slice, ok bool) {
	s = history.Slice{
		Start: w.At.Unix(), Length: w.LengthMs / 1000, Message: clip(w.Message, messageKept),
		Waiting: w.Waiting, Oldest: millis(w.OldestMs), Arrivals: w.Arrivals, Starts: w.Starts,
		Successful: w.Successful, Failed: w.Failed, Cancelled: w.Cancelled, Refused: w.Refused, RateLimited: w.RateLimited,
		Paused: millis(w.PausedMs), Input: w.InputTokens, Output: w.OutputTokens,
	}
	for l := range levelCritical + 1 {
		if w.Level == l.String() {
			s.Level = uint8(l)
		}
	}
	if w.BadFrom != nil && w.BadUntil != nil {
		s.BadFrom, s.BadUntil = w.BadFrom.Sub(w.At.Time), w.BadUntil.Sub(w.At.Time)
		s.Critical = millis(w.CriticalMs)
	}
	for _, of := range w.Causes[:min(len(w.Causes), causesKept)] {
		s.AddCause(history.Cause{Name: clip(of.Cause, nameKept), For: millis(of.ForMs)})
	}
	for _, of := range w.Waits {
		if bucket, known := history.BucketAtMost(millis(of.AtMostMs)); known {
			s.Waits[bucket] = count32(of.Count)
		}
	}
	if w.LongestMs != nil {
		s.Longest = millis(*w.LongestMs)
	}
	for _, of := range w.Failures {
		for class := range classes {
			if class.Name() == of.Class {
				s.Failures[class] = count32(of.Count)
			}
		}
	}
	for _, of := range w.Longest[:min(len(w.Longest), history.MaxLongest)] {
		s.Waiters = append(s.Waiters, history.Waiter{
			User: clip(of.User, ownedKept), Lane: clip(of.Lane, nameKept), Waited: millis(of.WaitedMs), Started: of.Started, Waiting: of.Waiting,
		})
	}
	for _, of := range w.Lanes[:min(len(w.Lanes), history.MaxLanes)] {
		s.Lanes = append(s.Lanes, historyLane(of))
	}
	ok = (s.Length == history.Fine || s.Length == history.Coarse) && s.Start > 0 && s.Start%s.Length == 0
	return s, ok
}

func historyLane(w LaneSlice) history.Lane {
	l := history.Lane{Name: clip(w.Name, nameKept), Waiting: w.Waiting, Running: w.Running}
	for _, of := range w.Limits[:min(len(w.Limits), limiter.Dimensions)] {
		limit := history.Limit{Kind: clip(of.Kind, nameKept), PerMinute: int64(of.PerMinute), Told: of.Free != nil && of.FullInMs != nil}
		if limit.Told {
			limit.Free, limit.FullIn = int64(*of.Free), millis(*of.FullInMs)
		}
		l.Limits = append(l.Limits, limit)
	}
	return l
}

// count32 returns a count in less memory.
func count32(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// millis returns a number of milliseconds as a duration.
func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
