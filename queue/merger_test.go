package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"paceline/queue/internal/list"
)

// mergeTest is an order in which some wait, and others that have waited elsewhere.
type mergeTest struct {
	order  *order
	others []*Ticket
}

func newMergeTest(seed uint64) mergeTest {
	r := rand.New(rand.NewPCG(seed, 0))
	o := &order{tariff: &tariff{}}
	users := []*user{{name: "a", payer: &payer{}}, {name: "b", payer: &payer{}}}
	var now time.Duration
	var others []*Ticket
	for id := range uint64(r.IntN(60)) {
		t := &Ticket{}
		t.init(id+1, users[r.IntN(2)], Priority(r.IntN(2)), now)
		now += time.Duration(r.IntN(3)) * time.Second
		if r.IntN(2) == 0 {
			others = append(others, t)
		} else {
			o.join(t, now, r.IntN(5) == 0)
		}
	}
	return mergeTest{o, others}
}

// merge puts the others into the order.
func (m *mergeTest) merge(find placer) { m.order.merge(m.others, 0, find) }

// lists returns what is in the lists of an order, as numbers.
func (m *mergeTest) lists() (all []string) {
	for i := range m.order.classes {
		for s := range m.order.classes[i].users.All {
			var line []uint64
			for t := range s.line.all {
				line = append(line, t.id)
			}
			all = append(all, fmt.Sprint(s.key.user.name, " in class ", i, ": ", line))
		}
	}
	slices.Sort(all)
	return all
}

// arrivedBefore is the placer of a single ticket, by its arrival.
func arrivedBefore(l *list.List[*Ticket], t *Ticket) *list.Node[*Ticket] {
	at := l.Last
	for at != nil && at.Item.id > t.id {
		at = at.Prev
	}
	return at
}

// Many that come from another lane go where each of them would go alone.
func TestAMergeOfManyIsThatOfEach(t *testing.T) {
	for seed := range uint64(2000) {
		many, each := newMergeTest(seed), newMergeTest(seed)
		merger := merger{order: byArrival}
		many.merge(merger.place)
		each.merge(arrivedBefore)
		if got, want := many.lists(), each.lists(); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%q, want\n%q", seed, got, want)
		}
	}
}

// Lanes with one user each join in about as many steps as they have requests, however these
// have come.
func TestLanesJoinInFewSteps(t *testing.T) {
	const n = 1000
	merger := merger{order: byArrival}
	o := &order{tariff: &tariff{}}
	u := &user{name: "u", payer: &payer{}}
	for id := range uint64(n) {
		ticket := &Ticket{}
		ticket.init(id+n+1, u, Normal, 0)
		o.join(ticket, time.Second, false)
	}
	others := make([]*Ticket, n)
	for i := range others {
		others[i] = &Ticket{}
		others[i].init(uint64(i)+1, u, Normal, 0)
	}
	o.merge(others, 0, merger.place)
	if merger.steps > 4*n {
		t.Errorf("%d steps for %d and %d, want %d at most", merger.steps, n, n, 4*n)
	}
}
