package queue

import (
	"cmp"

	"paceline/queue/internal/list"
)

// merger finds where many tickets belong in lists that are in some order: in about as
// many steps as there are tickets, the ones in the lists included. The tickets for one list
// must come in its order.
type merger struct {
	order func(a, b *Ticket) int
	stops map[*list.List[*Ticket]][]stop
	steps int // so far
}

// stop is a node that was in a list before the first ticket came, and the least ticket
// from it to the end.
type stop struct {
	node  *list.Node[*Ticket]
	least *Ticket
}

// place is a [placer]: all that was behind that node is greater.
func (m *merger) place(l *list.List[*Ticket], t *Ticket) *list.Node[*Ticket] {
	stops, ok := m.stops[l]
	if !ok {
		stops = m.stopsOf(l)
	}
	for m.steps++; len(stops) > 0 && m.order(stops[0].least, t) <= 0; m.steps++ {
		stops = stops[1:]
	}
	m.stops[l] = stops
	if len(stops) == 0 {
		return l.Last
	}
	return stops[0].node.Prev
}

func (m *merger) stopsOf(l *list.List[*Ticket]) []stop {
	if m.stops == nil {
		m.stops = map[*list.List[*Ticket]][]stop{}
	}
	stops := make([]stop, l.Len)
	var least *Ticket
	n := l.Last
	for i := range stops {
		if least == nil || m.order(n.Item, least) < 0 {
			least = n.Item
		}
		stops[l.Len-1-i] = stop{n, least}
		n = n.Prev
	}
	m.steps += l.Len
	return stops
}

// byArrival, bySince and byStart are orders of tickets: by their arrival, by when they come
// back, and by their latest start.
func byArrival(a, b *Ticket) int { return cmp.Compare(a.id, b.id) }

func bySince(a, b *Ticket) int { return cmp.Compare(a.since, b.since) }

func byStart(a, b *Ticket) int {
	return cmp.Or(cmp.Compare(a.started, b.started), cmp.Compare(a.id, b.id))
}
