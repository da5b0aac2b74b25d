package queue

import (
	"time"

	"paceline/queue/internal/list"
)

// SetPriority gives the request that is meant, if it waits, another priority. There it joins
// its user's line by its arrival, and its age in the class begins again: else one that is
// lowered would be raised at once. One that stands aside, or at the head of its lane, keeps
// that place if it is raised; one that is lowered waits for a turn again. By names the person
// that asked, for the events. The error is [ErrNotWaiting], [ErrStarted] or [ErrManyUsers];
// then nothing has changed.
func (m *Machine) SetPriority(now time.Time, query RequestQuery, p Priority, by string) error {
	m.advance(now)
	t, err := m.toChange(&query)
	if err != nil {
		return err
	}
	from := t.priority
	if from == p { // it counts as another one for its age
		from = priorityOf(t.class)
	}
	if m.setPriority(t, p) {
		m.emit(&Event{Kind: KindPriority, User: t.user.name, Group: t.user.group, Lane: t.lane.name, By: by, From: from.String(), To: p.String()})
	}
	return nil
}

// setPriority gives t, which waits, a priority, and reports whether that is another one.
func (m *Machine) setPriority(t *Ticket, p Priority) bool {
	l, class := t.lane, classOf(p)
	if t.priority == p && t.class == class {
		return false
	}
	t.priority, t.set = p, true
	if class == t.class { // it was raised for its age, and stays there
		return true
	}
	lower := class > t.class
	t.lowered = lower
	l.settlePromises(t, m.now, false)
	if lower {
		t.expected = never // it starts later than it was expected to
	}
	if t.state == inLine || t.state == atHead && lower {
		l.take(t)
		t.class = class
		l.order.move(t, m.now)
		if lower {
			l.order.ageAgain(t)
		}
	}
	t.class = class
	l.outdatePlan(m.now - m.freshFor())
	m.reschedule(l)
	return true
}

// move puts t, which comes from another class, into its user's line by its arrival.
func (o *order) move(t *Ticket, now time.Duration) {
	c, s := o.enter(t, now)
	s.line.of(t).searchFrom(t.neighbour())
	s.line.insert(t)
	o.settle(c, s)
}

// neighbours is how many others of its user that came just before and after a request are
// looked at for one that stands beside the place it moves to.
const neighbours = 32

// neighbour returns the nearest of the same user, by arrival, that stands in the line which t
// enters, and comes from the same kind of thread; nil if none is near.
func (t *Ticket) neighbour() *Ticket {
	before, after := t.mine.Prev, t.mine.Next
	for range neighbours {
		for _, n := range [...]**list.Node[*Ticket]{&before, &after} {
			if *n == nil {
				continue
			}
			if other := (*n).Item; other.state == inLine && other.line == t.line && other.subagent == t.subagent {
				return other
			}
			if n == &before {
				*n = (*n).Prev
			} else {
				*n = (*n).Next
			}
		}
	}
	return nil
}

// ageAgain lets the age of t in its class begin again, if it is the next of its user.
func (o *order) ageAgain(t *Ticket) {
	if t.line.line.first() == t {
		o.classes[t.class].noteTurn(t.line)
	}
}

// outdatePlan lets the plan of l be made again before it is fresh, for the order has changed,
// and one that is being made. It serves until then.
func (l *lane) outdatePlan(fresh time.Duration) {
	l.projection = nil
	l.plan.made = min(l.plan.made, fresh-1)
}
