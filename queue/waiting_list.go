package queue

import (
	"container/heap"
	"slices"
	"strings"
	"time"
)

// waitingList is a part of the list of who waits, while it is made.
type waitingList struct {
	WaitingQuery // of which Limit and Offset are what is still to be listed, and to be skipped before
	text         string
	page         WaitingPage
	begun        bool

	lanes []*lane     // by turn: that are still to be looked at
	runs  waitingHeap // all that come later, of the other lanes

	walk *walk // longest first; else nil
}

// newWaitingList returns a list that nobody is in yet.
func newWaitingList(query WaitingQuery) *waitingList {
	query.Limit, query.Offset = max(query.Limit, 0), max(query.Offset, 0)
	return &waitingList{WaitingQuery: query, text: strings.ToLower(query.Text)}
}

// How many steps the look at a lane counts for, and at a request that may not match.
const (
	stepsOfLane  = 16
	stepsOfMatch = 4
)

// fillSome goes on with a list by about so many steps, and reports whether there is more to
// do. From one time to the next things may change a little.
func (m *Machine) fillSome(now time.Time, p *waitingList, steps int) (more bool) {
	m.advance(now)
	if !p.begun {
		m.beginList(p)
	}
	step := 1
	if p.filters() {
		step = stepsOfMatch
	}
	for ; len(p.lanes) > 0 && steps > 0; steps -= stepsOfLane {
		m.addRuns(&p.runs, p.lanes[0])
		p.lanes = p.lanes[1:]
	}
	for ; p.goesOn() && p.runs.Len() > 0 && steps > 0; steps -= step {
		r := &p.runs.runs[0]
		if r.waits(r.ticket) && p.takes(r.ticket) { // else it has left since it was come to
			p.page.Waiting = append(p.page.Waiting, m.waitingOf(r.ticket, r.position, r.at, r.likely).SeenBy(p.Viewer))
		}
		if m.nextWaiting(r) {
			heap.Fix(&p.runs, 0)
		} else {
			heap.Pop(&p.runs)
		}
	}
	for ; p.goesOn() && p.walks() && steps > 0; steps -= step {
		if t := p.walk.step(); p.takes(t) {
			p.page.Waiting = append(p.page.Waiting, m.waitingAnywhere(t).SeenBy(p.Viewer))
		}
	}
	p.page.Total = m.arrivals.Len
	if !p.filters() {
		p.page.Matching = p.page.Total
	}
	return len(p.lanes) > 0 || p.goesOn() && (p.runs.Len() > 0 || p.walks())
}

func (m *Machine) beginList(p *waitingList) {
	p.begun, p.runs.now = true, m.now
	p.page.Waiting = make([]WaitingRequest, 0, min(p.Limit, max(m.arrivals.Len-p.Offset, 0)))
	if p.LongestFirst {
		p.walk = m.beginWalk()
	} else {
		p.lanes = slices.Clone(m.heap)
	}
}

// endList ends a list that is made, or was given up.
func (m *Machine) endList(p *waitingList) { m.endWalk(p.walk) }

// walks reports whether a list that is made longest first has not come to its end.
func (p *waitingList) walks() bool { return p.walk != nil && !p.walk.over() }

// filters reports whether not all that wait are asked for. Then those that match are counted,
// and so all are looked at.
func (p *waitingList) filters() bool { return p.User != "" || p.Lane != "" || p.text != "" }

// goesOn reports whether more are to be listed, or counted.
func (p *waitingList) goesOn() bool { return p.Limit > 0 || p.filters() }

// takes counts t, the next in the order of the list, and reports whether it is to be listed.
func (p *waitingList) takes(t *Ticket) bool {
	switch {
	case p.filters() && !p.matches(t):
		return false
	case p.filters():
		p.page.Matching++
	}
	switch {
	case p.Offset > 0:
		p.Offset--
		return false
	case p.Limit == 0:
		return false
	}
	p.Limit--
	return true
}

// matches reports whether t is asked for.
func (p *waitingList) matches(t *Ticket) bool {
	id, user := t.ID(), p.Viewer.user(t.user.group, t.user.name)
	if !p.Viewer.sees(t.user.group) {
		id = ""
	}
	if p.User != "" && user != p.User || p.Lane != "" && t.lane.name != p.Lane {
		return false
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), p.text) }
	return p.text == "" || has(id) || has(user) || has(t.lane.name) || has(t.priority.String())
}
