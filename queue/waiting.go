package queue

import (
	"container/heap"
	"math"
	"slices"
	"time"
)

// Waiting returns the waiting requests: those in line in the order of their starts, then
// those that stand aside. Its cost grows with their number.
func (m *Machine) Waiting(now time.Time) []WaitingRequest {
	all, _ := m.WaitingPage(now, m.arrivals.Len, 0)
	return all
}

// WaitingPage returns up to limit of the waiting requests, from offset on, in the order of
// [Machine.Waiting], and how many wait in all.
func (m *Machine) WaitingPage(now time.Time, limit, offset int) (page []WaitingRequest, total int) {
	p := waitingPage{limit: limit, offset: offset}
	m.fillSome(now, &p, math.MaxInt)
	return p.requests, m.arrivals.Len
}

// waitingPage is a part of the list of who waits, while it is filled.
type waitingPage struct {
	limit, offset int // how many more to list, and to skip before
	requests      []WaitingRequest
	lanes         []*lane     // that are still to be looked at
	runs          waitingHeap // all that come later, of the other lanes
	begun         bool
}

// fillSome goes on with a page by about so many steps, and reports whether there is more to
// do. From one time to the next things may change a little.
func (m *Machine) fillSome(now time.Time, p *waitingPage, steps int) (more bool) {
	m.advance(now)
	if !p.begun {
		p.begun, p.lanes, p.runs.now = true, slices.Clone(m.heap), m.now
		p.requests = make([]WaitingRequest, 0, min(p.limit, max(m.arrivals.Len-p.offset, 0)))
	}
	for ; len(p.lanes) > 0 && steps > 0; steps -= stepsOfLane {
		m.addRuns(&p.runs, p.lanes[0])
		p.lanes = p.lanes[1:]
	}
	for ; p.needs() && steps > 0; steps-- {
		r := &p.runs.runs[0]
		switch {
		case !r.waits(r.ticket): // it has left since it was come to
		case p.offset > 0:
			p.offset--
		default:
			p.limit--
			p.requests = append(p.requests, m.waitingOf(r.ticket, r.position, r.at, r.likely))
		}
		if m.nextWaiting(r) {
			heap.Fix(&p.runs, 0)
		} else {
			heap.Pop(&p.runs)
		}
	}
	return len(p.lanes) > 0 || p.needs()
}

// stepsOfLane is how many steps the look at a lane counts for.
const stepsOfLane = 16

// needs reports whether more requests are to be listed, and there are some.
func (p *waitingPage) needs() bool { return p.limit > 0 && p.runs.Len() > 0 }

// Find returns the request of that ID, if it waits: the earliest, if there are
// several.
func (m *Machine) Find(now time.Time, id string) (WaitingRequest, bool) {
	m.advance(now)
	t := m.ids.find(id, &m.arrivals)
	switch {
	case t == nil:
		return WaitingRequest{}, false
	case t.state == aside:
		at := m.returnTime(t)
		return m.waitingOf(t, 0, at, likelyStart{at: at}), true
	}
	position, at, likely := m.place(t)
	return m.waitingOf(t, position, at, likely), true
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

// Cancel takes the request of that ID out of those that wait. By names the person that
// asked, for the events; [Machine.Dropped] names it, with [ErrCancelled].
func (m *Machine) Cancel(now time.Time, id, by string) bool {
	m.advance(now)
	t := m.ids.find(id, &m.arrivals)
	if t == nil {
		return false
	}
	m.leave(t, by)
	m.dropped = append(m.dropped, Drop{t, ErrCancelled})
	return true
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
	if w.Backoff {
		w.Aside = t.reason.String()
	}
	return w
}
