package queue

import (
	"cmp"
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
	free, room := m.slots(l), l.room(s)
	took, _ := m.metrics.response.average(m.now)
	plan := make([]planned, 0, l.inLine())
	adapts, limits := l.adapts(s), l.limits.forecast()
	at, head := max(m.now, l.opens(s)), l.head.first
	guesses, answered := l.guesses(s), never
	if guesses {
		answered = m.answered(l)
		limits = l.limits.guess(answered)
	}
	slot := at
	for left := l.inLine(); left > 0; left-- {
		if len(free) >= room {
			open := free[len(free)-room]
			if guesses && open > answered { // more may run from then on
				open = answered
				if len(free) >= s.AdaptiveInFlight {
					open = max(open, free[len(free)-s.AdaptiveInFlight])
				}
			}
			slot = max(slot, open)
		}
		at = max(at, slot)
		order.promote(at, s.Aging)
		var next *Ticket
		if head != nil {
			next, head = head.item, head.next
		} else {
			first := order.next()
			order.take(first)
			next = original[first]
		}
		if guesses { // by the spacing or, after an answer, by the limits
			at = max(slot, min(at, max(answered, limits.opens(next.cost))))
		}
		if adapts {
			at = max(at, limits.opens(next.cost))
		}
		if adapts || at >= answered {
			limits.start(at, next.cost)
		}
		slot = at // nobody is before the one ahead
		plan = append(plan, planned{next, at})
		free = append(free, at+took)
		if !adapts {
			at += s.Spacing(left - 1)
		}
	}
	return plan
}

// slots returns when the calls that run will end, as far as can be told, in order.
func (m *Machine) slots(l *lane) []time.Duration {
	took, _ := m.metrics.response.average(m.now)
	free := make([]time.Duration, 0, l.running+l.inLine())
	for t := range m.active.all {
		if t.lane == l {
			free = append(free, max(m.now, t.started+took))
		}
	}
	slices.Sort(free)
	return free
}

// eta returns an upper bound of when the one at position of n in line starts, in
// constant time: the pace with one waiting fewer at each start, or the slots
// where they are slower.
func (m *Machine) eta(l *lane, position, n int) time.Duration {
	s := &m.settings
	took, _ := m.metrics.response.average(m.now)
	if l.adapts(s) {
		return max(m.now, l.limits.last(position), l.pausedUntil)
	}
	floor := min(took/time.Duration(s.MaxInFlight), maxSpacing)
	at := max(m.now, l.pace.gate(s, n), l.pausedUntil)
	if l.running+position > s.MaxInFlight {
		at += took
	} else {
		floor = 0
	}
	at += s.sumSpacing(n-position+1, n-1, floor)
	if l.guesses(s) && l.running+position <= s.AdaptiveInFlight {
		answered := m.answered(l)
		at = min(at, max(answered, l.limits.guess(answered).last(position)))
	}
	return at
}

// door refuses r if it cannot be served in time.
func (m *Machine) door(l *lane, r Request) error {
	n := l.inLine() + 1
	position := l.head.len + l.order.bound(m.users.find(r.Group, r.User), r.Group, classOf(r.Priority))
	wait := m.eta(l, position, n) - m.now
	patience := m.settings.MaxWait
	if r.MaxWait > 0 {
		patience = min(patience, r.MaxWait)
	}
	reason := ErrWaitTooLong
	switch {
	case m.arrivals.len >= m.settings.MaxQueue:
		reason = ErrQueueFull
	case wait <= patience:
		return nil
	}
	return &RefusedError{Reason: reason, Position: position, ETA: wait}
}

// Waiting returns who waits, in the order of their starts, and then those in
// back-off. It costs as much as there are waiting.
func (m *Machine) Waiting(now time.Time) []Waiting {
	m.settle(now)
	waiting := make([]Waiting, 0, m.arrivals.len)
	for _, l := range m.lanes {
		for i, p := range m.project(l) {
			waiting = append(waiting, m.waitingOf(p.ticket, i+1, p.at))
		}
		for t := range l.backoff.all {
			waiting = append(waiting, m.waitingOf(t, 0, t.since))
		}
	}
	slices.SortStableFunc(waiting, func(a, b Waiting) int {
		if a.Backoff != b.Backoff {
			if b.Backoff {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(*a.EtaMs, *b.EtaMs), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Position, b.Position))
	})
	return waiting
}

// Find returns the request of that ID, if it waits: the earliest, if there are
// several. It costs as much as there are waiting.
func (m *Machine) Find(now time.Time, id string) (Waiting, bool) {
	m.settle(now)
	t := m.find(id)
	if t == nil {
		return Waiting{}, false
	}
	if t.state == inBackoff {
		return m.waitingOf(t, 0, t.since), true
	}
	position, eta, _ := m.Position(now, t)
	return m.waitingOf(t, position, m.now+eta), true
}

// Cancel takes the request of that ID out of those that wait. By says who asked,
// for the events; [Machine.Dropped] names it, with [ErrCancelled].
func (m *Machine) Cancel(now time.Time, id, by string) bool {
	m.settle(now)
	t := m.find(id)
	if t == nil {
		return false
	}
	m.leave(t, by)
	m.dropped = append(m.dropped, Drop{t, ErrCancelled})
	return true
}

// find returns the one that waits under an ID, nil if there is none.
func (m *Machine) find(id string) *Ticket {
	for t := range m.arrivals.all {
		if t.ID() == id {
			return t
		}
	}
	return nil
}

func (m *Machine) waitingOf(t *Ticket, position int, at time.Duration) Waiting {
	eta := (at - m.now).Milliseconds()
	return Waiting{
		ID: t.ID(), Lane: t.lane.name, User: t.user.name, Priority: t.priority.String(),
		Position: position, WaitedMs: (m.now - t.arrived).Milliseconds(), EtaMs: &eta,
		Backoff: t.state == inBackoff, Attempt: int(t.attempts) + 1,
	}
}
