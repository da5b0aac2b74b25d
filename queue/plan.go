package queue

import "time"

// A [Queue] keeps the projections of its lanes for a while, so that they are not worked
// out for each one that asks for its place: for so long for each request that waits, that
// about a tenth of the time goes into it. Where 10,000 wait that is a quarter of a second, and
// a projection is used for half a second if the next one takes that long. Where few wait they
// are always as things are. That of a long line is made outside of the lock, see
// [Queue.planLong].
const (
	manyWait   = 100
	longLine   = 1000
	planAge    = 25 * time.Microsecond
	maxPlanAge = 2500 * time.Millisecond
)

// plan is a projection of a lane that is kept. The zero plan is none.
type plan struct {
	entries   []planned         // in the order of the starts
	index     map[*Ticket]int32 // of each in entries, or behind them in joined
	left      int               // so many at the beginning of entries have left the line since
	joined    []*Ticket         // have joined it since, or have come back
	toPromise [3][]planned      // by class: those that are promised their start
	sooner    time.Duration     // may starts be, see [limiter.Limiter.Blur],
	later     time.Duration     // and later
	made      time.Duration     // when the making began
	changes   uint64            // of the machine until then
}

// serves reports whether the plan of l can be used: for twice as long as it is fresh, so that
// the next one can be made meanwhile.
func (m *Machine) serves(l *lane) bool { return m.planYounger(l, 2*m.freshFor()) }

// fresh reports whether the plan of l need not be made again.
func (m *Machine) fresh(l *lane) bool { return m.planYounger(l, m.freshFor()) }

// freshFor returns how old a plan may be: zero where it has to be of now.
func (m *Machine) freshFor() time.Duration {
	if n := m.arrivals.Len; m.keepPlans > 0 && n >= m.keepPlans {
		return min(planAge*time.Duration(n), maxPlanAge)
	}
	return 0
}

// planYounger reports whether l has a plan that is no older than an age.
func (m *Machine) planYounger(l *lane, age time.Duration) bool {
	p := &l.plan
	switch {
	case p.entries == nil:
		return false
	case age > 0:
		return m.now-p.made <= age
	default:
		return p.made == m.now && p.changes == m.changes
	}
}

// planOf returns the plan of a lane.
func (m *Machine) planOf(l *lane) *plan {
	if !m.serves(l) {
		m.keepPlan(l, m.project(l))
	}
	p := &l.plan
	for n := longLine; n > 0 && p.left < len(p.entries) && !l.has(p.entries[p.left].ticket); n-- {
		p.left++
	}
	return p
}

// planSome makes the plans of the first of some lanes, those that are not fresh, until that was
// about a piece of work. It returns the rest, and a lane with a long line that it came to.
func (m *Machine) planSome(now time.Time, lanes []*lane) (rest []*lane, long *lane) {
	m.advance(now)
	for work := 0; len(lanes) > 0 && work < longLine; work++ {
		l := lanes[0]
		switch n := l.inLine(); {
		case n == 0 || m.fresh(l):
		case n >= longLine:
			return lanes[1:], l
		case work > 0 && work+n > longLine: // the next piece begins with it
			return lanes, nil
		default:
			m.keepPlan(l, m.project(l))
			work += n + min(m.active.Len, manyRun)/16
		}
		lanes = lanes[1:]
	}
	return lanes, nil
}

// beginPlan begins to make the plan of a lane in pieces; nil if it need not be made.
func (m *Machine) beginPlan(now time.Time, l *lane) *projection {
	m.advance(now)
	if l.index < 0 || m.fresh(l) {
		return nil
	}
	m.projections++
	l.projection = m.newProjection(l)
	return l.projection
}

// endPlan keeps what was played of a projection as the plan of its lane, and reports whether
// it does: not if the lane has gone, has joined another one, or was joined since, or if the
// settings have changed. One that took longer than plans are fresh counts as fresh yet, for
// it would never be used.
func (m *Machine) endPlan(now time.Time, p *projection, played plan) bool {
	m.advance(now)
	l := p.lane
	if l.projection != p {
		return false
	}
	l.projection = nil
	for _, t := range p.joined {
		played.join(t)
	}
	played.made = max(played.made, m.now-m.freshFor())
	m.keepPlan(l, played)
	return true
}

// keepPlan makes p, which is new, the plan of a lane.
func (m *Machine) keepPlan(l *lane, p plan) {
	if m.settings.adaptive() {
		p.sooner, p.later = l.limits.Blur(m.now)
	}
	l.plan = p
	m.reviewPromises(l)
}

// dropOldPlan drops a plan that is not used again, for it keeps tickets that are done.
func (m *Machine) dropOldPlan(l *lane) {
	if l.plan.entries != nil && !m.serves(l) {
		l.plan = plan{}
	}
}

// noteJoined notes that t has joined the line of l.
func (l *lane) noteJoined(t *Ticket) {
	if l.plan.entries != nil {
		l.plan.join(t)
	}
	if l.projection != nil {
		l.projection.joined = append(l.projection.joined, t)
	}
}

// join notes that t has joined the line. One that has left it, and comes back before its
// turn, has its place again.
func (p *plan) join(t *Ticket) {
	if i, known := p.index[t]; known && int(i) >= p.left {
		return
	}
	p.index[t] = int32(len(p.entries) + len(p.joined))
	p.joined = append(p.joined, t)
}

// give gives t, if it is not in the plan, the place that another one has had.
func (p *plan) give(t, of *Ticket) {
	_, known := p.index[t]
	if i, ok := p.of(of); ok && !known {
		delete(p.index, of)
		p.entries[i].ticket, p.index[t] = t, int32(i)
	}
}

// of returns the entry of a ticket that stands in line; false if it has joined since.
func (p *plan) of(t *Ticket) (i int, ok bool) {
	at, known := p.index[t]
	i = int(at)
	return i, known && i >= p.left && i < len(p.entries)
}

// place returns the position of one that stands in line, and when it will start. One that
// is not in the plan yet counts as the last, or as the last of those at the head.
func (m *Machine) place(t *Ticket) (position int, at time.Duration, likely likelyStart) {
	l := t.lane
	p := m.planOf(l)
	i, ok := p.of(t)
	switch {
	case ok:
		return min(i-p.left+1, l.inLine()), max(p.entries[i].at, m.now), p.entries[i].likely
	case t.state == atHead:
		at = max(l.opens(&m.settings, m.now), m.now)
		return l.head.Len, at, likelyStart{at: at}
	default:
		w := l.lineWork()
		at = m.eta(l, m.now, w.requests, w)
		return w.requests, at, likelyStart{at: at}
	}
}

// has reports whether t stands in the line of l, or at its head.
func (l *lane) has(t *Ticket) bool {
	return t.lane == l && (t.state == inLine || t.state == atHead)
}
