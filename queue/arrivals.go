package queue

import "paceline/queue/internal/list"

// arrivals are the requests that wait, in the order of their arrival. The zero arrivals
// are none.
type arrivals struct {
	list.List[*Ticket]
	near  *list.Node[*Ticket] // where one last came back; nil: nowhere
	steps int                 // in search of places, so far
}

// insert puts t by its number. Most are new, and the last. One that comes back, after a
// refusal or because its caller does, is looked for from both ends, and from where the one
// before it came back: many come back one after the other.
func (a *arrivals) insert(t *Ticket) {
	first, last, near := a.First, a.Last, a.near
	if last == nil || last.Item.id < t.id {
		a.InsertAfter(&t.arrival, last)
		return
	}
	for a.near = &t.arrival; ; a.steps++ {
		switch {
		case first.Item.id > t.id:
			a.InsertAfter(&t.arrival, first.Prev)
			return
		case last.Item.id < t.id:
			a.InsertAfter(&t.arrival, last)
			return
		case near != nil && near.Item.id < t.id && near.Next.Item.id > t.id:
			a.InsertAfter(&t.arrival, near)
			return
		}
		first, last = first.Next, last.Prev
		switch {
		case near == nil:
		case near.Item.id < t.id:
			near = near.Next
		default:
			near = near.Prev
		}
	}
}

// remove takes t out.
func (a *arrivals) remove(t *Ticket) {
	if a.near == &t.arrival {
		if a.near = t.arrival.Next; a.near == nil {
			a.near = t.arrival.Prev
		}
	}
	a.Remove(&t.arrival)
}
