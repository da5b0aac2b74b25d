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
	free, concurrency := m.slots(l), l.concurrency(s)
	took, _ := m.metrics.response.Average(m.now)
	plan := make([]planned, 0, l.inLine())
	limits := l.limits.Forecast()
	at, head := m.earliest(l), l.head.first
	if !s.Adaptive {
		at = max(at, l.pace.gate(s, l.inLine()))
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
			next, head = head.item, head.next
		} else {
			first := order.next()
			order.take(first)
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

// earliest returns when the first in line may start, as far as pauses and breakers
// go.
func (m *Machine) earliest(l *lane) time.Duration {
	at := max(m.now, l.pause.opens())
	if m.settings.Adaptive {
		at = max(at, l.overload.Next(), m.network.Next())
	}
	return at
}

// slots returns when the calls that run will end, as far as can be told, in order.
func (m *Machine) slots(l *lane) []time.Duration {
	took, _ := m.metrics.response.Average(m.now)
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
	took, _ := m.metrics.response.Average(m.now)
	if s.Adaptive {
		at := max(m.earliest(l), l.pause.until, l.limits.Last(m.now, position))
		if turns := (l.running + position - 1) / s.AdaptiveInFlight; turns > 0 {
			at = max(at, m.now+took*time.Duration(turns))
		}
		return at
	}
	floor := min(took/time.Duration(s.MaxInFlight), time.Hour)
	at := max(m.now, l.pace.gate(s, n), l.pause.until)
	if l.running+position > s.MaxInFlight {
		at += took
	} else {
		floor = 0
	}
	return at + s.sumSpacing(n-position+1, n-1, floor)
}

// door refuses r if it cannot be served in time. Where nothing is known of the limits,
// the ETA is a guess, and refuses nobody: then it counts that the one who has waited
// longest has really waited for so long.
func (m *Machine) door(l *lane, r Request) error {
	n := l.inLine() + 1
	position := l.head.len + l.order.bound(m.users.find(r.Group, r.User), r.Group, classOf(r.Priority))
	wait := m.eta(l, position, n) - m.now
	if m.provisional(l) {
		wait = max(m.earliest(l)-m.now, l.pause.until-m.now, m.now-l.oldest(m.now))
	}
	patience := m.settings.MaxWait
	if r.MaxWait > 0 {
		patience = min(patience, r.MaxWait)
	}
	reason := ErrWaitTooLong
	if l.pause.on(m.now) && l.pause.final {
		reason = ErrSpendCap
	}
	switch {
	case m.arrivals.len >= m.settings.MaxQueue:
		reason = ErrQueueFull
	case wait <= patience, l.pause.on(m.now) && l.pause.opens() <= m.now && l.inLine() == 0: // or it is the probe
		return nil
	}
	return &RefusedError{Reason: reason, Position: position, ETA: wait}
}

// provisional reports whether the ETAs of a lane are guesses.
func (m *Machine) provisional(l *lane) bool { return m.settings.Adaptive && !l.limits.Known() }

// oldest returns when the one in line arrived who has waited longest; now if nobody
// is there.
func (l *lane) oldest(now time.Duration) time.Duration {
	if n := l.head.first; n != nil {
		now = min(now, n.item.arrived)
	}
	for i := range l.order.classes {
		if n := l.order.classes[i].ages.first; n != nil {
			now = min(now, n.item.arrived)
		}
	}
	return now
}

// Waiting returns who waits, in the order of their starts, and then those that stand
// aside. It costs as much as there are waiting.
func (m *Machine) Waiting(now time.Time) []Waiting {
	m.settle(now)
	waiting := make([]Waiting, 0, m.arrivals.len)
	for _, l := range m.lanes {
		for i, p := range m.project(l) {
			waiting = append(waiting, m.waitingOf(p.ticket, i+1, p.at))
		}
		for t := range l.aside.all {
			waiting = append(waiting, m.waitingOf(t, 0, m.back(t)))
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
	if t.state == aside {
		return m.waitingOf(t, 0, m.back(t)), true
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

// back returns about when one that stands aside comes back.
func (m *Machine) back(t *Ticket) time.Duration {
	if t.since == never {
		return m.earliest(t.lane)
	}
	return t.since
}

func (m *Machine) waitingOf(t *Ticket, position int, at time.Duration) Waiting {
	eta := (at - m.now).Milliseconds()
	w := Waiting{
		ID: t.ID(), Lane: t.lane.name, User: t.user.name, Priority: t.priority.String(),
		Position: position, WaitedMs: (m.now - t.arrived).Milliseconds(), EtaMs: &eta,
		Backoff: t.state == aside, Attempt: int(t.attempts) + 1, Guess: m.provisional(t.lane),
	}
	if w.Backoff {
		w.Aside = t.reason.String()
	}
	return w
}
