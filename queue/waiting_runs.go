package queue

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// waitingRun is a part of those that wait, in the order of the list of who waits: some of
// one lane. It stands at one of them.
type waitingRun struct {
	ticket   *Ticket
	position int
	at       time.Duration
	likely   likelyStart

	lane    *lane
	aside   bool      // they stand aside; else in line
	entries []planned // that are still to come,
	joined  []*Ticket // or those that have joined the line since its plan was made
}

// addRuns adds those that wait in l.
func (m *Machine) addRuns(to *waitingHeap, l *lane) {
	add := func(r waitingRun) {
		if m.nextWaiting(&r) {
			heap.Push(to, r)
		}
	}
	if l.inLine() > 0 {
		p := m.planOf(l)
		add(waitingRun{lane: l, entries: p.entries[p.left:]})
		add(waitingRun{lane: l, joined: p.joined})
	}
	if l.aside.Len > 0 {
		add(waitingRun{lane: l, aside: true, entries: m.returning(l)})
	}
}

// returning returns those of l that stand aside, by when they come back.
func (m *Machine) returning(l *lane) []planned {
	entries := make([]planned, 0, l.aside.Len)
	for t := range l.aside.All {
		entries = append(entries, planned{ticket: t, at: m.returnTime(t), arrived: t.arrived, likely: likelyStart{at: m.returnTime(t)}})
	}
	slices.SortStableFunc(entries, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
	return entries
}

// waits reports whether one of the run still does.
func (r *waitingRun) waits(t *Ticket) bool {
	if r.aside {
		return t.lane == r.lane && t.state == aside
	}
	return r.lane.has(t)
}

// nextWaiting goes on to the next of a run; false if there is none.
func (m *Machine) nextWaiting(r *waitingRun) bool {
	for len(r.entries) > 0 {
		e := r.entries[0]
		r.entries = r.entries[1:]
		if !r.waits(e.ticket) { // it has left since it was projected
			continue
		}
		r.ticket, r.at, r.likely = e.ticket, max(e.at, m.now), e.likely
		if !r.aside {
			r.position = min(r.position+1, r.lane.inLine())
		}
		return true
	}
	for len(r.joined) > 0 {
		t := r.joined[0]
		r.joined = r.joined[1:]
		if r.waits(t) {
			r.ticket = t
			r.position, r.at, r.likely = m.place(t)
			return true
		}
	}
	return false
}

// waitingHeap orders runs by where they stand, for container/heap: those in line by their
// starts, then those that stand aside.
type waitingHeap struct {
	runs []waitingRun
	now  time.Duration
}

func (h *waitingHeap) Len() int { return len(h.runs) }

func (h *waitingHeap) Less(i, j int) bool {
	a, b := &h.runs[i], &h.runs[j]
	if asideA, asideB := a.ticket.state == aside, b.ticket.state == aside; asideA != asideB {
		return asideB
	}
	return cmp.Or(
		cmp.Compare((a.at-h.now).Milliseconds(), (b.at-h.now).Milliseconds()),
		cmp.Compare(a.lane.name, b.lane.name), cmp.Compare(a.position, b.position), cmp.Compare(a.ticket.id, b.ticket.id)) < 0
}

func (h *waitingHeap) Swap(i, j int) { h.runs[i], h.runs[j] = h.runs[j], h.runs[i] }

// Push implements heap.Interface.
func (h *waitingHeap) Push(x any) { h.runs = append(h.runs, x.(waitingRun)) }

// Pop implements heap.Interface.
func (h *waitingHeap) Pop() any {
	last := h.runs[len(h.runs)-1]
	h.runs = h.runs[:len(h.runs)-1]
	return last
}
