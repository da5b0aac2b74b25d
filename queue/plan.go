package queue

import "time"

// A [Queue] keeps the projections of its lanes for a while, so that they are not worked
// out for each one that asks for its place: for so long for each request that waits, that
// about a tenth of the time goes into it. That is a quarter of a second where 10,000 wait.
// Where few wait they are always as things are.
const (
	manyWait   = 100
	planAge    = 25 * time.Microsecond
	maxPlanAge = 2500 * time.Millisecond
)

// plan is a projection of a lane that is kept. The zero plan is none.
type plan struct {
	entries []planned // in the order of the starts
	left    int       // so many at its beginning have left the line since
	joined  []*Ticket // have joined it since, or have come back
	made    time.Duration
	changes uint64 // of the machine until then
}

// serves reports whether the plan can still be used.
func (m *Machine) serves(p *plan) bool {
	age, n := m.now-p.made, m.arrivals.Len
	switch {
	case p.entries == nil:
		return false
	case m.keepPlans > 0 && n >= m.keepPlans:
		return age <= min(planAge*time.Duration(n), maxPlanAge)
	default:
		return age == 0 && p.changes == m.changes
	}
}

// planOf returns the plan of a lane.
func (m *Machine) planOf(l *lane) *plan {
	p := &l.plan
	if !m.serves(p) {
		*p = plan{entries: m.project(l), made: m.now, changes: m.changes}
		for i := range p.entries {
			p.entries[i].ticket.planned = int32(i)
		}
		m.projections++
		m.reviewPromises(l)
	}
	for p.left < len(p.entries) && !l.has(p.entries[p.left].ticket) {
		p.left++
	}
	return p
}

// dropOldPlan drops a plan that is not used again, for it keeps tickets that are done.
func (m *Machine) dropOldPlan(l *lane) {
	if l.plan.entries != nil && !m.serves(&l.plan) {
		l.plan = plan{}
	}
}

// noteJoined notes that t has joined the line of l.
func (l *lane) noteJoined(t *Ticket) {
	if l.plan.entries != nil {
		l.plan.joined = append(l.plan.joined, t)
	}
}

// of returns the entry of a ticket that stands in line; false if it has joined since.
func (p *plan) of(t *Ticket) (i int, ok bool) {
	i = int(t.planned)
	return i, i >= p.left && i < len(p.entries) && p.entries[i].ticket == t
}

// place returns the position of one that stands in line, and when it will start. One that
// is not in the plan yet counts as the last, or as the last of those at the head.
func (m *Machine) place(t *Ticket) (position int, at time.Duration) {
	l := t.lane
	p := m.planOf(l)
	i, ok := p.of(t)
	switch {
	case ok:
		return i - p.left + 1, max(p.entries[i].at, m.now)
	case t.state == atHead:
		return l.head.Len, max(l.opens(&m.settings, m.now), m.now)
	default:
		return l.inLine(), m.emptyAt(l)
	}
}

// has reports whether t stands in the line of l, or at its head.
func (l *lane) has(t *Ticket) bool {
	return t.lane == l && (t.state == inLine || t.state == atHead)
}
