package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
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
	p := projection{settings: s, order: l.order.clone(), heads: make([]Ticket, l.head.Len), limits: l.limits.Forecast()}
	n := l.head.First
	for i := range p.heads {
		p.heads[i].copyOf(n.Item)
		n = n.Next
	}
	free, concurrency := m.slotsFreeAt(l), s.concurrency()
	took, _ := m.metrics.response.Average(m.now)
	plan := make([]planned, 0, l.inLine())
	at := m.earliestStart(l)
	if !s.Adaptive {
		at = max(at, l.pace.nextStart(s, l.inLine()))
	}
	slot := at
	for left := l.inLine(); left > 0; left-- {
		if len(free) >= concurrency {
			slot = max(slot, free[len(free)-concurrency])
		}
		next, starts := p.start(max(at, slot))
		slot = max(starts, l.pause.until) // nobody is before the one ahead, and a probe is one alone
		plan = append(plan, planned{next, starts})
		free = append(free, starts+took)
		if at = slot; !s.Adaptive {
			at += s.Spacing(left - 1)
		}
	}
	return plan
}

// projection is the line of a lane, played forward.
type projection struct {
	settings *Settings
	order    *order
	heads    []Ticket // those at the lane's head
	limits   *limiter.Limiter
}

// start starts the next request, at a time or as soon after it as the limits allow.
func (p *projection) start(at time.Duration) (t *Ticket, starts time.Duration) {
	first := p.first()
	if !p.settings.Adaptive {
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
		return &p.heads[0]
	}
	return p.order.next()
}

// take starts t at a time, and returns its original.
func (p *projection) take(t *Ticket, at time.Duration) *Ticket {
	if t.state == atHead {
		p.heads = p.heads[1:]
	} else {
		p.order.takeTurn(t)
	}
	p.order.started(t.class, at, p.settings.Aging)
	return t.original()
}

// clone returns a copy with tickets of its own.
func (o *order) clone() *order {
	prices := *o.tariff
	copied, tickets := &order{tariff: &prices, len: o.len, lastStart: o.lastStart}, make([]Ticket, o.len)
	for i := range o.classes {
		from, into := &o.classes[i], &copied.classes[i]
		into.clock, into.len, into.amount = from.clock, from.len, from.amount
		from.root.copyTo(&into.root, &tickets)
		for s := range from.users.All {
			s.twin.listed = &into.users
			into.users.PushBack(&s.twin.node)
		}
		for s := range from.idle.All {
			s.twin.listed = &into.idle
			into.idle.PushBack(&s.twin.node)
		}
		from.root.forgetCopies()
	}
	return copied
}

// earliestStart returns when the first in line may start, as far as pauses and breakers
// go.
func (m *Machine) earliestStart(l *lane) time.Duration {
	at := max(m.now, l.pause.opens())
	if m.settings.Adaptive {
		at = max(at, l.overload.Next(), m.network.Next())
	}
	return at
}

// slotsFreeAt returns when the running calls will probably end, in order.
func (m *Machine) slotsFreeAt(l *lane) []time.Duration {
	took, _ := m.metrics.response.Average(m.now)
	free := make([]time.Duration, 0, l.running+l.inLine())
	for t := range m.active.All {
		if t.lane == l {
			free = append(free, max(m.now, t.started+took))
		}
	}
	slices.Sort(free)
	return free
}

// emptyAt returns an upper bound of when the last in line starts if nobody else arrives.
func (m *Machine) emptyAt(l *lane) time.Duration { return m.emptyWithout(l, 0) }

// emptyWithout is emptyAt without so many of those in line, of the average cost.
func (m *Machine) emptyWithout(l *lane, less int) time.Duration {
	amount, n := l.head.amount, l.inLine()
	for i := range l.order.classes {
		amount.Add(l.order.classes[i].amount)
	}
	left := max(n-less, 0)
	for d := range amount {
		amount[d] *= float64(left) / float64(max(n, 1))
	}
	return m.eta(l, left, left, amount)
}

// eta returns an upper bound of when the one at position of n in line starts, where all up
// to it cost an amount, in constant time: the spacings summed over the shrinking line, or
// the wait for a slot if that is longer.
func (m *Machine) eta(l *lane, position, n int, amount limiter.Amount) time.Duration {
	s := &m.settings
	took, _ := m.metrics.response.Average(m.now)
	if s.Adaptive {
		at := max(m.earliestStart(l), l.pause.until, l.limits.LastStart(m.now, position, amount))
		if turns := (l.running + position - 1) / s.AdaptiveInFlight; turns > 0 {
			at = max(at, m.now+took*time.Duration(turns))
		}
		return at
	}
	floor := min(took/time.Duration(s.MaxInFlight), time.Hour)
	at := max(m.now, l.pace.nextStart(s, n), l.pause.until)
	if l.running+position > s.MaxInFlight {
		at += took
	} else {
		floor = 0
	}
	return at + s.sumSpacing(n-position+1, n-1, floor)
}
