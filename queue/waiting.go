package queue

import (
	"cmp"
	"slices"
	"time"
)

// Waiting returns the waiting requests: those in line in the order of their starts, then
// those that stand aside. Its cost grows with their number.
func (m *Machine) Waiting(now time.Time) []WaitingRequest {
	m.advance(now)
	waiting := make([]WaitingRequest, 0, m.arrivals.Len)
	for _, l := range m.lanes {
		for i, p := range m.project(l) {
			waiting = append(waiting, m.waitingOf(p.ticket, i+1, p.at))
		}
		for t := range l.aside.All {
			waiting = append(waiting, m.waitingOf(t, 0, m.returnTime(t)))
		}
	}
	slices.SortStableFunc(waiting, func(a, b WaitingRequest) int {
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
func (m *Machine) Find(now time.Time, id string) (WaitingRequest, bool) {
	m.advance(now)
	t := m.find(id)
	if t == nil {
		return WaitingRequest{}, false
	}
	if t.state == aside {
		return m.waitingOf(t, 0, m.returnTime(t)), true
	}
	position, eta, _ := m.Position(now, t)
	return m.waitingOf(t, position, m.now+eta), true
}

// Position returns a waiting request's place, from 1, and when it will start if
// nobody else arrives; false if it does not wait in line. It costs as much as
// its lane has waiting.
func (m *Machine) Position(now time.Time, t *Ticket) (position int, eta time.Duration, ok bool) {
	m.advance(now)
	if t.state != inLine && t.state != atHead {
		return 0, 0, false
	}
	for i, p := range m.project(t.lane) {
		if p.ticket == t {
			return i + 1, p.at - m.now, true
		}
	}
	return 0, 0, false
}

// Cancel takes the request of that ID out of those that wait. By names the person that
// asked, for the events; [Machine.Dropped] names it, with [ErrCancelled].
func (m *Machine) Cancel(now time.Time, id, by string) bool {
	m.advance(now)
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
	for t := range m.arrivals.All {
		if t.ID() == id {
			return t
		}
	}
	return nil
}

// returnTime returns about when one that stands aside comes back.
func (m *Machine) returnTime(t *Ticket) time.Duration {
	if t.since == never {
		return m.earliestStart(t.lane)
	}
	return t.since
}

func (m *Machine) waitingOf(t *Ticket, position int, at time.Duration) WaitingRequest {
	eta := (at - m.now).Milliseconds()
	w := WaitingRequest{
		ID: t.ID(), Lane: t.lane.name, User: t.user.name, Priority: t.priority.String(),
		Position: position, WaitedMs: (m.now - t.arrived).Milliseconds(), EtaMs: &eta,
		Backoff: t.state == aside, Attempt: int(t.attempts) + 1, Guess: m.provisional(t.lane),
	}
	if w.Backoff {
		w.Aside = t.reason.String()
	}
	return w
}
