package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/list"
)

// waitingRun is a part of those that wait, in the order of the list of who waits: some of
// one lane. It stands at one of them.
type waitingRun struct {
	ticket   *Ticket
	position int
	at       time.Duration

	lane    *lane
	entries []planned           // that are still to come, in line
	kept    bool                // the entries are the lane's plan
	aside   *list.Node[*Ticket] // that comes next, aside
	failed  bool                // those aside have failed as a try; else the others
}

// waitingRuns returns all that wait.
func (m *Machine) waitingRuns() (runs waitingHeap) {
	runs = waitingHeap{runs: make([]waitingRun, 0, len(m.lanes)), now: m.now}
	add := func(r waitingRun) {
		if m.nextWaiting(&r) {
			runs.runs = append(runs.runs, r)
		}
	}
	for _, l := range m.lanes {
		if l.waiting() == 0 {
			continue
		}
		p := m.planOf(l)
		add(waitingRun{lane: l, entries: p.entries[p.left:], kept: true})
		if len(p.joined) > 0 {
			add(waitingRun{lane: l, entries: m.joinedPlan(l, p)})
		}
		if l.aside.Len > 0 {
			add(waitingRun{lane: l, aside: l.aside.First})
			add(waitingRun{lane: l, aside: l.aside.First, failed: true})
		}
	}
	return runs
}

// joinedPlan returns those that have joined the line of l since its plan was made.
func (m *Machine) joinedPlan(l *lane, p *plan) (entries []planned) {
	slices.SortFunc(p.joined, func(a, b *Ticket) int { return cmp.Compare(a.id, b.id) })
	p.joined = slices.Compact(p.joined)
	for _, t := range p.joined {
		if _, ok := p.of(t); !ok && l.has(t) {
			_, at := m.place(t)
			entries = append(entries, planned{t, at})
		}
	}
	slices.SortStableFunc(entries, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
	return entries
}

// nextWaiting goes on to the next of a run; false if there is none.
func (m *Machine) nextWaiting(r *waitingRun) bool {
	for len(r.entries) > 0 {
		e := r.entries[0]
		r.entries = r.entries[1:]
		if !r.lane.has(e.ticket) { // it has left since it was projected
			continue
		}
		r.ticket, r.at = e.ticket, max(e.at, m.now)
		if r.position++; !r.kept {
			r.position, _ = m.place(e.ticket)
		}
		return true
	}
	for ; r.aside != nil; r.aside = r.aside.Next {
		if t := r.aside.Item; r.failed == (t.since == never) {
			r.ticket, r.at, r.aside = t, m.returnTime(t), r.aside.Next
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
