package queue

import (
	"cmp"
	"strings"
	"time"

	"paceline/queue/internal/history"
	"paceline/queue/internal/limiter"
)

const (
	sliceLength  = history.Fine * time.Second
	messageKept  = 300 // bytes of a text that is kept in the history
	nameKept     = 128 // bytes of a name
	causesKept   = 32  // of a slice: all that there are
	ownedKept    = 2*nameKept + 1
	oldestLooked = 1000 // requests of those that wait that are looked at for the ten users who wait longest
)

// timeline records what happens now in a slice of time, and keeps the slices that are
// over. Slices begin at whole multiples of 5 s by the clock, as it was when the machine
// began: a clock that is set later changes nothing before a restart. What is counted
// anyway is not counted twice: a slice has what the counters have grown by.
type timeline struct {
	origin  time.Duration // where the slice begins that the machine's time begins in, at or below zero,
	began   int64         // and in seconds since 1970
	present history.Slice // so far, without what is worked out at its end
	ends    time.Duration
	counted counts     // the counters, when the present slice began or was last brought up to date
	waits   []longWait // of each user of whom a request stopped waiting in it
	paused  period     // the latest stretch in which a lane was paused
	said    saidVerdict
	ended   [2]history.Slice

	store    history.Store
	runs     []run // before this one
	troubles troubleLog
}

// longWait is the longest wait that has ended of a user in the present slice.
type longWait struct {
	user    *user
	lane    string
	waited  time.Duration
	started bool // then; else it left
	waiting int  // the most that waited at one time
}

// saidVerdict is what the verdict was when it was last looked at.
type saidVerdict struct {
	at       time.Duration
	bad      bool // not well, for a reason that is not over,
	critical bool
	cause    string // and this one, see [judge.reason]
}

// period is a stretch of the machine's time.
type period struct{ from, to time.Duration }

// overlap returns how much of a period lies in another one.
func (s period) overlap(with period) time.Duration {
	return max(min(s.to, with.to)-max(s.from, with.from), 0)
}

// counts are counters that a slice tells of.
type counts struct{ arrivals, successful, failed, cancelled, refused int64 }

func (ms *metrics) counts() counts {
	return counts{ms.total, ms.successful, ms.failed, ms.cancelled, ms.refused}
}

// begin makes the first slice that in which the machine begins.
func (l *timeline) begin(epoch time.Time) {
	seconds := epoch.Unix()
	l.began = seconds - mod(seconds, history.Fine)
	l.origin = -(time.Duration(seconds-l.began)*time.Second + time.Duration(epoch.Nanosecond()))
	l.beginSlice(0)
}

// mod is the remainder that is never negative.
func mod(n, of int64) int64 { return (n%of + of) % of }

// beginSlice begins the slice that the machine's time is in at now.
func (l *timeline) beginSlice(now time.Duration) {
	number := (now - l.origin) / sliceLength
	l.present = history.Slice{Start: l.began + int64(number)*history.Fine, Length: history.Fine}
	l.ends = l.origin + (number+1)*sliceLength
	clear(l.waits) // users that are gone
	l.waits = l.waits[:0]
}

// settle adds to the present slice what the counters have grown by.
func (l *timeline) settle(now counts) {
	s, before := &l.present, l.counted
	s.Arrivals += now.arrivals - before.arrivals
	s.Successful += now.successful - before.successful
	s.Failed += now.failed - before.failed
	s.Cancelled += now.cancelled - before.cancelled
	s.Refused += now.refused - before.refused
	l.counted = now
}

// noteWaiting notes how many wait.
func (l *timeline) noteWaiting(n int) { l.present.Waiting = max(l.present.Waiting, n) }

// noteStart notes that a request starts after a wait.
func (l *timeline) noteStart(waited time.Duration) {
	s := &l.present
	s.Starts++
	s.Waits.Add(waited)
	s.Longest = max(s.Longest, waited)
}

// noteWaitEnd notes how long t has waited, which waits no more: until it started, or left.
func (l *timeline) noteWaitEnd(t *Ticket, waited time.Duration, started bool) {
	l.noteWait(waited)
	u := t.user
	if u.longWait >= len(l.waits) || l.waits[u.longWait].user != u {
		u.longWait = len(l.waits)
		l.waits = append(l.waits, longWait{user: u, waited: -1})
	}
	of := &l.waits[u.longWait]
	of.waiting = max(of.waiting, u.rank.waiting+1)
	if waited > of.waited {
		of.lane, of.waited, of.started = t.lane.name, waited, started
	}
}

// noteWait notes how long one has waited.
func (l *timeline) noteWait(waited time.Duration) { l.present.Oldest = max(l.present.Oldest, waited) }

// noteFailure notes that a call has failed, or that the queue gave up a request.
func (l *timeline) noteFailure(c Class) { l.present.Failures[c]++ }

// noteEnd notes that a call has ended.
func (l *timeline) noteEnd(t *Ticket) {
	if t.accepted { // else nothing of it was worked on
		l.present.Input += int64(t.cost[limiter.Input])
		l.present.Output += int64(t.cost[limiter.Output])
	}
}

// noteVerdict notes what the verdict says at now, and the reason for it.
func (l *timeline) noteVerdict(now time.Duration, v *verdict, reason string) {
	l.settleVerdict(now)
	l.said.bad, l.said.critical, l.said.cause = v.level > levelHealthy && !v.findings[0].Over, v.level == levelCritical, reason
	if v.level > levelHealthy && uint8(v.level) >= l.present.Level {
		l.present.Level, l.present.Message = uint8(v.level), clip(string(v.findings[0].message), messageKept)
	}
}

// settleVerdict adds to the present slice for how long all was not well until now.
func (l *timeline) settleVerdict(now time.Duration) {
	s, begin := &l.present, l.ends-sliceLength
	from := max(l.said.at, begin)
	if l.said.at = now; !l.said.bad || now <= from {
		return
	}
	if s.BadUntil == 0 {
		s.BadFrom = from - begin
	}
	s.BadUntil = now - begin
	if l.said.critical {
		s.Critical += now - from
	}
	s.AddCause(history.Cause{Name: l.said.cause, For: now - from})
}

// notePause notes that a lane is paused until a time.
func (l *timeline) notePause(now, until time.Duration) {
	if now > l.paused.to {
		l.settlePause(now)
		l.paused = period{now, until}
	}
	l.paused.to = max(l.paused.to, until)
}

// settlePause adds to the present slice how long it was paused until now, after which the
// pause counts from now on.
func (l *timeline) settlePause(now time.Duration) {
	l.present.Paused += l.paused.overlap(period{l.ends - sliceLength, now})
	l.paused.from = max(l.paused.from, now)
}

// clip cuts a text that is too long.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// notePauseEnd notes at now that the pause of a lane has ended before its time.
func (m *Machine) notePauseEnd() {
	l := &m.timeline
	l.settlePause(m.now)
	l.paused.to = m.now
	for _, lane := range m.heap {
		if lane.pause.active(m.now) {
			l.paused.to = max(l.paused.to, lane.pause.until)
		}
	}
}

// settleSlice brings the present slice up to date, but for who waited and the lanes.
func (m *Machine) settleSlice() {
	l := &m.timeline
	l.settle(m.metrics.counts())
	l.settlePause(m.now)
	l.settleVerdict(m.now)
	l.noteWait(m.oldest())
	l.present.Running = l.present.Running || m.active.Len > 0
}

// wholeSlice returns the present slice with everything that is kept of one.
func (m *Machine) wholeSlice() history.Slice {
	m.settleSlice()
	s := m.timeline.present
	if !s.Idle() {
		before := s.Waiters // in it, before a restart
		s.Waiters, s.Lanes = m.longestWaiters(), m.laneSlices()
		for _, w := range before {
			s.Waiters = history.Insert(s.Waiters, w)
		}
	}
	return s
}

// endSlice ends the present slice at its end, which is now, and begins the one in which
// the next thing happens: those between are idle.
func (m *Machine) endSlice(next time.Duration) {
	l := &m.timeline
	one := m.wholeSlice()
	if !one.Idle() {
		l.store.Add(&one)
	}
	one.Waiters, one.Lanes = nil, nil
	l.ended[0], l.ended[1] = l.ended[1], one
	l.beginSlice(max(next, m.now))
	l.noteWaiting(m.arrivals.Len)
}

// longestWaiters returns the users whose requests have waited longest: until they started
// or left in the present slice, or until now.
func (m *Machine) longestWaiters() (all []history.Waiter) {
	insert := func(u *user, lane string, waited time.Duration, started bool, waiting int) (full bool) {
		if len(all) == history.MaxLongest && waited < all[history.MaxLongest-1].Waited {
			return true
		}
		all = history.Insert(all, history.Waiter{
			User: ownedName(u.group, clip(u.name, nameKept)), Lane: clip(lane, nameKept), Waited: waited, Started: started, Waiting: waiting,
		})
		return false
	}
	for _, w := range m.timeline.waits {
		insert(w.user, w.lane, w.waited, w.started, max(w.waiting, w.user.rank.waiting))
	}
	looked := 0
	for t := range m.arrivals.All {
		if looked++; looked > oldestLooked || insert(t.user, t.lane.name, m.now-t.arrived, false, t.user.rank.waiting) {
			break
		}
	}
	return all
}

// laneSlices returns the lanes as they are: of many, those with the most waiting.
func (m *Machine) laneSlices() (all []history.Lane) {
	if len(m.heap) == 0 {
		return nil
	}
	most := leastOf(m.heap, min(len(m.heap), history.MaxLanes), func(a, b *lane) int {
		return cmp.Or(cmp.Compare(b.waiting(), a.waiting()), cmp.Compare(b.running, a.running), cmp.Compare(a.name, b.name))
	})
	for _, l := range most {
		lane := history.Lane{Name: clip(l.name, nameKept), Waiting: l.waiting(), Running: l.running}
		for _, left := range l.limits.Remaining(m.now) {
			limit := history.Limit{Kind: limiter.DimensionName(left.Dimension), PerMinute: int64(left.PerMinute), Told: left.Reported}
			if limit.Told {
				limit.Free, limit.FullIn = int64(left.Free), left.FullAt-m.now
			}
			lane.Limits = append(lane.Limits, limit)
		}
		all = append(all, lane)
	}
	return all
}

// lastSlices returns the present slice and the two before it, without who waited and the
// lanes; fewer where the machine has not run so long.
func (m *Machine) lastSlices() []Slice {
	m.settleSlice()
	l := &m.timeline
	last := make([]Slice, 0, 3)
	for start := l.present.Start - 2*history.Fine; start < l.present.Start; start += history.Fine {
		one := history.Slice{Start: start, Length: history.Fine}
		for i := range l.ended {
			if l.ended[i].Start == start {
				one = l.ended[i]
			}
		}
		if start >= l.began {
			last = append(last, wireSlice(&one))
		}
	}
	return append(last, wireSlice(&l.present))
}
