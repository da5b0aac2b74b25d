package queue

import (
	"cmp"
	"math"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

// reportedLanes is how many lanes a report lists: half of them are those with the most
// waiting, and half the first by name, which are always the same.
const reportedLanes = 200

// reportLanes writes into d what it says of the lanes.
func (m *Machine) reportLanes(d *Detail) {
	listed := m.listedLanes()
	d.Lanes = make([]Lane, 0, len(listed))
	isListed := make(map[*lane]bool, len(listed))
	for _, l := range listed {
		d.Lanes = append(d.Lanes, m.reportLane(l))
		isListed[l] = true
	}
	if len(listed) < len(m.heap) {
		d.OtherLanes = &OtherLanes{}
	}
	m.reportIdleLanes(d)
	nextStart := never
	for _, l := range m.heap {
		if l.waiting() > 0 {
			nextStart = min(nextStart, m.nextStart(l, nextStart))
		}
		d.InBackoff += l.aside.Len
		if d.OtherLanes != nil && !isListed[l] {
			m.addTo(d.OtherLanes, l)
		}
	}
	if nextStart < never {
		d.NextStartMs = ptr((max(nextStart-m.now, 0)).Milliseconds())
	}
}

// The lanes that a report lists though nobody waits or runs in them: so many at most, for so
// long after their last call. A model that is asked now and then does not come and go on the
// screen, and one that nobody asks is not listed because the Rate Limits API names it.
const (
	idleLanes    = 8
	idleLanesFor = 5 * time.Minute
)

// reportIdleLanes adds the lanes that went of late to those of d, by name: what is known of
// their limits. A lane does not go while it is paused.
func (m *Machine) reportIdleLanes(d *Detail) {
	n := len(d.Lanes)
	for name, memory := range m.memories.all {
		if len(d.Lanes) >= reportedLanes || len(d.Lanes)-n >= idleLanes {
			break
		}
		if memory.called && m.now-memory.lastCall <= idleLanesFor {
			lane := Lane{Name: name, MaxInFlight: m.settings.concurrency(), Pace: m.settings.Pace()}
			m.reportLimits(&lane, &memory.limits)
			d.Lanes = append(d.Lanes, lane)
		}
	}
	slices.SortFunc(d.Lanes, func(a, b Lane) int { return cmp.Compare(a.Name, b.Name) })
}

// addTo adds a lane to others.
func (m *Machine) addTo(others *OtherLanes, l *lane) {
	others.Lanes++
	others.Waiting += l.waiting()
	others.Running += l.running
	others.InBackoff += l.aside.Len
	if l.pause.active(m.now) {
		others.Paused++
		if until := m.wallTime(l.pause.until); others.PausedUntil == nil || until.After(others.PausedUntil.Time) {
			others.PausedUntil = &Time{until}
		}
	}
}

// nextStart returns when the next start of l may happen; never if nobody waits or no slot
// is free. What is no earlier than before need not be exact.
func (m *Machine) nextStart(l *lane, before time.Duration) time.Duration {
	s := &m.settings
	switch {
	case l.isReady:
		return m.now
	case l.wake >= before, l.running >= s.concurrency(), l.next(s) == nil:
		return never
	default:
		return l.opens(s, m.now)
	}
}

// keptEmptyAt is emptyAt, as it was when the lane last changed.
func (m *Machine) keptEmptyAt(l *lane) time.Duration {
	if l.emptyAt < 0 {
		l.emptyAt = m.emptyAt(l)
	}
	return l.emptyAt
}

// listedLanes returns the lanes that are listed, by name.
func (m *Machine) listedLanes() []*lane {
	byName := func(a, b *lane) int { return cmp.Compare(a.name, b.name) }
	if len(m.heap) <= reportedLanes {
		return slices.SortedFunc(slices.Values(m.heap), byName)
	}
	listed := leastOf(m.heap, reportedLanes/2, byName)
	rest := leastOf(m.heap, reportedLanes, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(b.waiting(), a.waiting()), cmp.Compare(b.running, a.running), cmp.Compare(a.name, b.name))
	})
	for _, l := range rest {
		if _, found := slices.BinarySearchFunc(listed[:reportedLanes/2], l, byName); !found && len(listed) < reportedLanes {
			listed = append(listed, l)
		}
	}
	slices.SortFunc(listed, byName)
	return listed
}

// leastOf returns the n least of more, in order.
func leastOf[T any](all []T, n int, compare func(a, b T) int) []T {
	least := slices.SortedFunc(slices.Values(all[:n]), compare)
	most := least[n-1] // that can still be one of them
	cut := func() {
		slices.SortFunc(least, compare)
		least = least[:n]
		most = least[n-1]
	}
	for _, one := range all[n:] {
		if compare(one, most) < 0 {
			if least = append(least, one); len(least) == 2*n {
				cut()
			}
		}
	}
	cut()
	return least
}

// reportLane returns what a report says of a lane.
func (m *Machine) reportLane(l *lane) Lane {
	s := &m.settings
	lane := Lane{Name: l.name, Waiting: l.waiting(), Running: l.running, MaxInFlight: s.concurrency(), InBackoff: l.aside.Len, Pace: s.Pace()}
	if at := m.nextStart(l, never); at < never {
		lane.NextStartMs = ptr((max(at-m.now, 0)).Milliseconds())
	}
	if l.pause.active(m.now) {
		lane.PausedUntil, lane.Pause = &Time{m.wallTime(l.pause.until)}, l.pause.kind()
	}
	lane.Breaker = m.reportBreaker(l)
	m.reportLimits(&lane, &l.limits)
	if s.adaptive() {
		lane.WaitsFor = l.waitsFor(s, m.now)
	}
	return lane
}

// reportBreaker returns what a report says of the breaker that holds back l; nil if none does.
func (m *Machine) reportBreaker(l *lane) *LaneBreaker {
	if !l.broken(&m.settings) {
		return nil
	}
	class, b, failures := m.breakerOf(l), &l.overload, l.overload.Failures()
	if class == NetworkError { // as many as the verdict says
		b, failures = l.network, m.health.network.failed.n
	}
	return &LaneBreaker{Class: class.Name(), Failures: failures, NextTryMs: max(b.Next()-m.now, 0).Milliseconds()}
}

// reportLimits writes what is known of the limits into a lane's report.
func (m *Machine) reportLimits(lane *Lane, of *limiter.Limiter) {
	lane.Limits = []LaneLimit{}
	for _, left := range of.Remaining(m.now) {
		limit := LaneLimit{Kind: limiter.DimensionName(left.Dimension), PerMinute: left.PerMinute}
		if left.Reported {
			limit.Free, limit.FullInMs = ptr(left.Free), ptr((left.FullAt - m.now).Milliseconds())
		}
		lane.Limits = append(lane.Limits, limit)
	}
	if rate := of.Rate(); rate > 0 && m.settings.adaptive() {
		lane.Rate = ptr(math.Round(10*rate) / 10)
	}
}

// waitsFor returns the limit that the next in line waits for; empty if for none.
func (l *lane) waitsFor(s *Settings, now time.Duration) string {
	t := l.next(s)
	if t == nil {
		return ""
	}
	if at, by := l.limits.Next(t.cost); at > now {
		return string(by)
	}
	return ""
}
