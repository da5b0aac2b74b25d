package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

// planned is when a request will start if nobody else arrives.
type planned struct {
	ticket  *Ticket
	at      time.Duration
	arrived time.Duration // as the line was copied: of the ticket it may change
	likely  likelyStart
}

// projection is the line of a lane, copied to be played forward. Once it is copied it needs
// neither the lane nor the machine: a [Queue] plays it outside of its lock.
type projection struct {
	lineCopy
	settings Settings
	limits   *limiter.Limiter
	at       time.Duration   // when the first may start
	paused   time.Duration   // until then nobody starts but as a probe
	free     []time.Duration // when the running calls will probably end; nil: there are slots for all
	took     time.Duration   // how long calls took lately
	begun    time.Duration   // when the copy was
	changes  uint64          // of the machine until then
	joined   []*Ticket       // have joined the line since then
}

// newProjection returns a projection of l that has nobody in its line yet.
func (m *Machine) newProjection(l *lane) *projection {
	s := &m.settings
	p := &projection{
		lineCopy: newLineCopy(l, len(m.users.waiting)), settings: *s, limits: l.limits.Forecast(m.now),
		at: m.earliestStart(l), paused: l.pause.until, free: m.slotsFreeAt(l),
		begun: m.now, changes: m.changes,
	}
	p.took, _ = m.metrics.response.Average(m.now)
	if !s.adaptive() {
		p.at = max(p.at, l.pace.nextStart(s, l.inLine()))
	}
	return p
}

// project plays l forward, see [projection.play], and again with newcomers.
func (m *Machine) project(l *lane) plan {
	m.projections++
	p := m.newProjection(l)
	p.copyAll()
	played := p.play()
	if come, period := l.newcomers.again(m.now); len(come) > 0 && l.inLine() < longLine && !m.unforeseeable(l) {
		p = m.newProjection(l)
		p.copyAll()
		p.playWith(come, period, &played)
	}
	return played
}

// play plays the line forward: order, aging, pace, pause and slots, with calls that take as
// long as they did lately. It takes about n log n.
func (p *projection) play() plan {
	p.finish()
	s, n := &p.settings, p.len()
	played := plan{entries: make([]planned, 0, n), index: make(map[*Ticket]int32, n), changes: p.changes, made: p.begun}
	slices.Sort(p.free)
	at := p.at
	slot := at
	for left := n; left > 0; left-- {
		if busy := len(p.free) - s.concurrency(); busy >= 0 {
			slot = max(slot, p.free[busy])
		}
		copied, starts := p.start(max(at, slot))
		next := copied.original()
		slot = max(starts, p.paused) // nobody is before the one ahead, and a probe is one alone
		played.index[next] = int32(len(played.entries))
		played.entries = append(played.entries, planned{next, starts, copied.arrived, likelyStart{at: starts}})
		if p.free != nil {
			p.free = append(p.free, starts+p.took)
		}
		if at = slot; !s.adaptive() {
			at += s.Spacing(left - 1)
		}
	}
	p.choose(&played)
	return played
}

// choose chooses whom to promise their starts.
func (p *projection) choose(played *plan) {
	for class := range played.toPromise {
		played.toPromise[class] = chosen(played.entries, func(t *Ticket) bool { return p.class[t] == uint8(class) })
	}
}

// start starts the next request, at a time or as soon after it as the limits allow. It returns
// the copy.
func (p *projection) start(at time.Duration) (t *Ticket, starts time.Duration) {
	first := p.first()
	if !p.settings.adaptive() {
		return p.take(first, at), at
	}
	first.firstAt = cmp.Or(first.firstAt, max(at, 1))
	opens, by := p.limits.Next(first.cost)
	next, starts := first, max(at, opens)
	if opens > at && by.IsBucket() {
		if passer, earlier := p.order.passer(p.limits, first, opens, at); passer != nil {
			next, starts = passer, max(at, earlier)
		}
	}
	p.limits.Start(starts, next.cost)
	if next != first {
		after, _ := p.limits.Next(first.cost)
		first.delayed += after - opens
	}
	return p.take(next, starts), starts
}

// first returns the first in line, as a copy.
func (p *projection) first() *Ticket {
	if len(p.heads) > 0 {
		return p.heads[0]
	}
	return p.order.next()
}

// take starts t, a copy, at a time, and returns it.
func (p *projection) take(t *Ticket, at time.Duration) *Ticket {
	if t.state == atHead {
		p.heads = p.heads[1:]
	} else {
		p.order.takeTurn(t)
		p.order.correct(t, p.limits.ProbableCost(t.cost))
	}
	p.order.started(t.class, at, p.settings.Aging)
	return t
}

// earliestStart returns when the first in line may start, as far as pauses and breakers
// go.
func (m *Machine) earliestStart(l *lane) time.Duration {
	at := max(m.now, l.pause.opens())
	if m.settings.adaptive() {
		at = max(at, l.overload.Next())
		if l.networkHolds() {
			at = max(at, m.network.Next())
		}
	}
	return at
}

// manyRun is how many running calls are looked at for when they end: of more it is taken
// that they end evenly.
const manyRun = 2000

// slotsFreeAt returns when the running calls of l will probably end; nil where there are
// slots for all.
func (m *Machine) slotsFreeAt(l *lane) []time.Duration {
	if l.running+l.inLine() <= m.settings.concurrency() {
		return nil
	}
	took, _ := m.metrics.response.Average(m.now)
	free := make([]time.Duration, 0, l.running+1)
	if m.active.Len > manyRun {
		for i := range l.running {
			free = append(free, m.now+took*time.Duration(i+1)/time.Duration(l.running))
		}
		return free
	}
	for t := range m.active.All {
		if t.lane == l {
			free = append(free, max(m.now, t.started+took))
		}
	}
	return free
}

// emptyAt returns when all who wait in l will have started if nobody else arrives.
func (m *Machine) emptyAt(l *lane) time.Duration { return m.emptyWithout(l, 0) }

// emptyWithout is emptyAt without so many of those who wait, of the average cost.
func (m *Machine) emptyWithout(l *lane, less int) time.Duration {
	return m.startedAt(l, l.meanWork(l.waiting()-less))
}

// startedAt returns when so much of what waits in l will have started, those that stand aside
// as well: not before they are back, and from then on by pace and limits.
func (m *Machine) startedAt(l *lane, w work) time.Duration {
	at := m.eta(l, m.now, w.requests, w)
	if n := min(l.aside.Len, w.requests); n > 0 {
		back, last := m.returnTime(l.aside.First.Item), m.returnTime(l.aside.Last.Item)
		at = max(at, last, m.eta(l, back, n, l.meanWork(n)))
	}
	return at
}

// eta returns an upper bound of when the last of the first so many of n requests in the line of
// l starts, with what they cost, if the first of them may start from a time on. It takes
// constant time: the spacings summed over the shrinking line, or the wait for a slot if that is
// longer.
func (m *Machine) eta(l *lane, from time.Duration, n int, first work) time.Duration {
	s := &m.settings
	took, _ := m.metrics.response.Average(m.now)
	if s.adaptive() {
		at := max(m.earliestStart(l), l.pause.until, l.limits.LastStart(from, first.requests, first.amount))
		if turns := (l.running + first.requests - 1) / s.AdaptiveInFlight; turns > 0 {
			at = max(at, from+took*time.Duration(turns))
		}
		return at
	}
	at := max(from, l.pace.nextStart(s, n), l.pause.until)
	left := n - first.requests // behind the last of them
	paced := at + s.sumSpacing(left+1, n-1, 0)
	floor := min(took/time.Duration(s.MaxInFlight), time.Hour) // between two starts, by the slots
	switch held := max(s.MaxInFlight-l.running+1, 1); {        // the first that may have to wait for a slot
	case first.requests < held:
		return paced
	case floor <= s.MinDelay: // only until those that run have ended
		return max(paced, max(at, l.pace.last+took)+s.sumSpacing(left+1, n-held, 0))
	default:
		return at + took + s.sumSpacing(left+1, n-1, floor)
	}
}
