package queue

import "paceline/queue/internal/list"

// arrivals are tickets in the order of their arrival: all that wait, those of a user, or
// those of a user's line, where a few are out of order. The zero arrivals are none.
type arrivals struct {
	list.List[*Ticket]
	near  *list.Node[*Ticket] // where one last came back; nil: nowhere
	steps int                 // in search of places, so far
}

// insert puts a ticket by its node and its number. Most are new, and the last.
func (a *arrivals) insert(n *list.Node[*Ticket]) {
	if a.Last == nil || a.Last.Item.id < n.Item.id {
		a.PushBack(n)
		return
	}
	a.InsertAfter(n, a.before(n.Item))
	a.near = n
}

// before returns the node behind which t belongs, which does not belong behind all; nil for
// the front. One that comes back, after a refusal or because its caller does, is looked
// for from both ends, and from where the one before it came back: many come back one after
// the other.
func (a *arrivals) before(t *Ticket) *list.Node[*Ticket] {
	first, last, near := a.First, a.Last, a.near
	for ; ; a.steps++ {
		switch {
		case first.Item.id > t.id:
			return first.Prev
		case last.Item.id < t.id:
			return last
		case near != nil && near.Item.id < t.id && near.Next.Item.id > t.id:
			return near
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

// searchFrom lets the next search for a place begin at t, too, which is one of them, or nil.
func (a *arrivals) searchFrom(t *Ticket) {
	if t != nil {
		a.near = &t.place
	}
}

// remove takes a ticket out.
func (a *arrivals) remove(n *list.Node[*Ticket]) {
	if a.near == n {
		if a.near = n.Next; a.near == nil {
			a.near = n.Prev
		}
	}
	a.Remove(n)
}
