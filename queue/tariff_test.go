package queue

import (
	"fmt"
	"testing"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

func TestAStartCostsItsDominantShare(t *testing.T) {
	told := limiter.Amount{limiter.Requests: 100, limiter.Input: 10_000, limiter.Output: 1000}
	usual := Cost{Input: 100, Output: 10}.amount() // a hundredth of each
	at := func(c Cost) *list.Node[*Ticket] {
		return &list.Node[*Ticket]{Item: &Ticket{cost: c.amount()}}
	}
	for _, c := range []struct {
		name string
		told limiter.Amount
		cost Cost
		want string
	}{
		{"nothing is told", limiter.Amount{}, Cost{Input: 5000}, "1"},
		{"the usual", told, Cost{Input: 100, Output: 10}, "1"},
		{"by requests", told, Cost{}, "1"},
		{"by input", told, Cost{Input: 1000}, "10"},
		{"by output", told, Cost{Input: 200, Output: 300}, "30"},
		{"what no bucket holds", told, Cost{Input: 1_000_000}, "100"},
		{"only requests are told", limiter.Amount{limiter.Requests: 100}, Cost{Input: 1_000_000}, "1"},
	} {
		f := tariff{perMinute: c.told}
		f.started(&usual)
		if got := f.price(at(c.cost)).cost; fmt.Sprintf("%.3g", got) != c.want {
			t.Errorf("%s: got %.3g, want %s", c.name, got, c.want)
		}
	}
	none := tariff{perMinute: told}
	if p := none.price(at(Cost{Input: 5000})); p.cost != 1 || p.told {
		t.Errorf("before the first start: got %v by told limits: %v, want 1 and false", p.cost, p.told)
	}
}

func TestTheUnitFollowsTheStarts(t *testing.T) {
	f := tariff{perMinute: limiter.Amount{limiter.Input: 10_000}}
	for _, input := range []int{100, 200, 300} {
		amount := Cost{Input: input}.amount()
		f.started(&amount)
	}
	if got := f.mean[limiter.Input]; got != 200 {
		t.Errorf("got a mean of %v, want 200", got)
	}
	large := Cost{Input: 2000}.amount()
	for range 10 * meanStarts {
		f.started(&large)
	}
	if got := f.mean[limiter.Input]; got < 1990 {
		t.Errorf("got a mean of %v, want that it forgets", got)
	}
}
