package queue

import (
	"errors"
	"math"
	"time"
)

// Waiting returns the waiting requests: those in line in the order of their starts, then
// those that stand aside. Its cost grows with their number.
func (m *Machine) Waiting(now time.Time) []WaitingRequest {
	return m.WaitingPage(now, WaitingQuery{Limit: m.arrivals.Len}).Waiting
}

// WaitingPage returns some of the waiting requests, in the order of [Machine.Waiting] or
// longest first.
func (m *Machine) WaitingPage(now time.Time, query WaitingQuery) WaitingPage {
	p := newWaitingList(query)
	defer m.endList(p)
	m.fillSome(now, p, math.MaxInt)
	return p.page
}

// Find returns the request that is meant, if it waits; else the error is [ErrNotWaiting] or
// [ErrManyUsers].
func (m *Machine) Find(now time.Time, query RequestQuery) (WaitingRequest, error) {
	m.advance(now)
	t, err := m.ids.find(&query, &m.arrivals)
	if err != nil {
		return WaitingRequest{}, err
	}
	return m.waitingAnywhere(t), nil
}

// waitingAnywhere tells of t, which waits in line or aside.
func (m *Machine) waitingAnywhere(t *Ticket) WaitingRequest {
	if t.state == aside {
		at := m.returnTime(t)
		return m.waitingOf(t, 0, at, likelyStart{at: at})
	}
	position, at, likely := m.place(t)
	return m.waitingOf(t, position, at, likely)
}

// Position returns a waiting request's place, from 1, and when it will start if
// nobody else arrives; false if it does not wait in line.
func (m *Machine) Position(now time.Time, t *Ticket) (position int, eta time.Duration, ok bool) {
	m.advance(now)
	if t.state != inLine && t.state != atHead {
		return 0, 0, false
	}
	position, at, _ := m.place(t)
	return position, at - m.now, true
}

// Cancel takes the request that is meant out of those that wait; [Machine.Dropped] names it,
// with [ErrCancelled]. By names the person that asked, for the events. The error is
// [ErrNotWaiting], [ErrStarted] or [ErrManyUsers]; then nothing has changed.
func (m *Machine) Cancel(now time.Time, query RequestQuery, by string) error {
	m.advance(now)
	t, err := m.toChange(&query)
	if err != nil {
		return err
	}
	m.cancel(t, by)
	return nil
}

// cancel takes t, which waits, out for a person.
func (m *Machine) cancel(t *Ticket, by string) {
	m.leave(t, by)
	m.dropped = append(m.dropped, Drop{t, ErrCancelled})
}

// toChange returns the request that is meant, if it waits. Where it does not, the cost grows
// with how many run.
func (m *Machine) toChange(query *RequestQuery) (*Ticket, error) {
	t, err := m.ids.find(query, &m.arrivals)
	if errors.Is(err, ErrNotWaiting) {
		for runs := range m.active.All {
			if runs.ID() == query.ID && query.asks(runs.user) {
				return nil, ErrStarted
			}
		}
	}
	return t, err
}

// returnTime returns about when one that stands aside comes back.
func (m *Machine) returnTime(t *Ticket) time.Duration {
	if t.since == never {
		return m.earliestStart(t.lane)
	}
	return t.since
}

func (m *Machine) waitingOf(t *Ticket, position int, at time.Duration, likely likelyStart) WaitingRequest {
	wait, known := at-m.now, !m.unforeseeable(t.lane) && !m.endsBefore(at)
	w := WaitingRequest{
		ID: t.ID(), Lane: t.lane.name, User: t.user.name, Priority: t.priority.String(),
		Position: position, WaitedMs: (m.now - t.arrived).Milliseconds(),
		Backoff: t.state == aside, Attempt: int(t.attempts) + 1, Guess: m.limitsUnknown(t.lane),
		Group: t.user.group, Session: t.session, Subagent: t.subagent,
		Since: Time{m.wallTime(t.arrived)}, CameBack: t.cameBack,
	}
	if t.class != classOf(t.priority) {
		w.Class = priorityOf(t.class).String()
	}
	if known {
		likely.at = max(likely.at, at)
		between := t.lane.interval(&m.settings, t.class, position, wait, likely, m.now)
		if t.state == aside { // it does not come back sooner
			between.early = wait
		}
		w.EtaMs = ptr(wait.Milliseconds())
		w.EtaEarlyMs, w.EtaLateMs = ptr(between.early.Milliseconds()), ptr(between.late.Milliseconds())
	}
	if p := &t.lane.pause; !known && p.active(m.now) && !m.endsBefore(p.opens()) {
		w.EtaEarlyMs = ptr((p.opens() - m.now).Milliseconds())
	}
	if w.Backoff {
		w.Aside = t.reason.String()
		if t.reason == forOthers && m.breakerOf(t.lane) == NetworkError {
			w.Aside = "connection"
		}
	}
	return w
}
