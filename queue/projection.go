package queue

import (
	"slices"
	"time"
)

// planned is when a request will start if nobody else arrives.
type planned struct {
	ticket *Ticket
	at     time.Duration
}

// project plays l forward: order, aging, pace, pause and slots, with calls that
// take as long as they did lately. It returns those in line in the order of
// their starts, in about n log n.
func (m *Machine) project(l *lane) []planned {
	s := &m.settings
	order, original := l.order.clone()
	free, concurrency := m.slotsFreeAt(l), s.concurrency()
	took, _ := m.metrics.response.Average(m.now)
	plan := make([]planned, 0, l.inLine())
	limits := l.limits.Forecast()
	at, head := m.earliestStart(l), l.head.First
	if !s.Adaptive {
		at = max(at, l.pace.nextStart(s, l.inLine()))
	}
	slot := at
	for left := l.inLine(); left > 0; left-- {
		if len(free) >= concurrency {
			slot = max(slot, free[len(free)-concurrency])
		}
		at = max(at, slot)
		order.promote(at, s.Aging)
		var next *Ticket
		if head != nil {
			next, head = head.Item, head.Next
		} else {
			first := order.next()
			order.takeTurn(first)
			next = original[first]
		}
		if s.Adaptive {
			opens, _ := limits.Next(next.cost)
			at = max(at, opens)
			limits.Start(at, next.cost)
		}
		slot = max(at, l.pause.until) // nobody is before the one ahead, and a probe is one alone
		plan = append(plan, planned{next, at})
		free = append(free, at+took)
		if at = slot; !s.Adaptive {
			at += s.Spacing(left - 1)
		}
	}
	return plan
}

// earliestStart returns when the first in line may start, as far as pauses and breakers
// go.
func (m *Machine) earliestStart(l *lane) time.Duration {
	at := max(m.now, l.pause.opens())
	if m.settings.Adaptive {
		at = max(at, l.overload.Next(), m.network.Next())
	}
	return at
}

// slotsFreeAt returns when the running calls will probably end, in order.
func (m *Machine) slotsFreeAt(l *lane) []time.Duration {
	took, _ := m.metrics.response.Average(m.now)
	free := make([]time.Duration, 0, l.running+l.inLine())
	for t := range m.active.All {
		if t.lane == l {
			free = append(free, max(m.now, t.started+took))
		}
	}
	slices.Sort(free)
	return free
}

// eta returns an upper bound of when the one at position of n in line starts, in
// constant time: the spacings summed over the shrinking line, or the wait for a slot if
// that is longer.
func (m *Machine) eta(l *lane, position, n int) time.Duration {
	s := &m.settings
	took, _ := m.metrics.response.Average(m.now)
	if s.Adaptive {
		at := max(m.earliestStart(l), l.pause.until, l.limits.LastStart(m.now, position))
		if turns := (l.running + position - 1) / s.AdaptiveInFlight; turns > 0 {
			at = max(at, m.now+took*time.Duration(turns))
		}
		return at
	}
	floor := min(took/time.Duration(s.MaxInFlight), time.Hour)
	at := max(m.now, l.pace.nextStart(s, n), l.pause.until)
	if l.running+position > s.MaxInFlight {
		at += took
	} else {
		floor = 0
	}
	return at + s.sumSpacing(n-position+1, n-1, floor)
}
