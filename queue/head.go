package queue

import (
	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// head is the requests of a lane that start before all others, by their latest starts: the
// API has refused them, or a limit has held them back. The zero head is empty.
type head struct {
	list.List[*Ticket]
	amount limiter.Amount // what they cost
	of     map[*user]int  // how many are of each user
}

// insert puts t behind the one at.
func (h *head) insert(t *Ticket, at *list.Node[*Ticket]) {
	h.InsertAfter(&t.place, at)
	h.amount.Add(t.cost)
	if h.of == nil {
		h.of = map[*user]int{}
	}
	h.of[t.user]++
	t.state = atHead
}

// replace puts t into the place of another one, with what that has paid for its turn.
func (h *head) replace(other, t *Ticket) {
	h.insert(t, other.place.Prev)
	h.remove(other)
	t.class, t.started, t.refusals = other.class, other.started, other.refusals
	t.line, t.charge, t.byLimits = other.line, other.charge, other.byLimits
	other.charge, other.refusals = 0, 0
}

// remove takes t out.
func (h *head) remove(t *Ticket) {
	h.Remove(&t.place)
	if h.of[t.user]--; h.of[t.user] == 0 {
		delete(h.of, t.user)
	}
	if h.amount.Sub(t.cost); h.Len == 0 {
		h.amount = limiter.Amount{} // no rounding is left over
	}
}
