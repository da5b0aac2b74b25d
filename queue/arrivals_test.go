package queue

import (
	"slices"
	"testing"
)

// Those that come back one after the other find their places in a few steps, wherever
// among many these are.
func TestManyThatComeBackFindTheirPlaces(t *testing.T) {
	const n, back = 10_000, 1000
	for _, c := range []struct {
		name  string
		first int // of those that come back
		every int
	}{{"the oldest", 0, 1}, {"the newest", n - back, 1}, {"in the middle", n / 2, 1}, {"here and there", 0, 3}} {
		t.Run(c.name, func(t *testing.T) {
			var a arrivals
			tickets := make([]Ticket, n)
			for i := range tickets {
				tickets[i].init(uint64(i+1), nil, Normal, 0)
				a.insert(&tickets[i].place)
			}
			var gone []*Ticket
			for i := range back {
				gone = append(gone, &tickets[c.first+c.every*i])
				a.remove(&gone[i].place)
			}
			for _, ticket := range gone {
				a.insert(&ticket.place)
			}
			if most := n + 10*back; a.steps > most { // the first one has no one to follow
				t.Errorf("%d steps, want %d at most", a.steps, most)
			}
			var ids []uint64
			for ticket := range a.All {
				ids = append(ids, ticket.id)
			}
			if len(ids) != n || !slices.IsSorted(ids) {
				t.Error("they are not all there, in the order of their arrival")
			}
		})
	}
}
