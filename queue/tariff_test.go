package queue

import (
	"fmt"
	"math"
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

// The unit follows the starts until limits are told: then the price of a request is the
// same whenever it is fixed.
func TestTheUnitStaysOnceLimitsAreTold(t *testing.T) {
	var f tariff
	start := func(times, input int) {
		amount := Cost{Input: input}.amount()
		for range times {
			f.started(&amount)
		}
	}
	dear := Cost{Input: 600}.amount()
	for _, input := range []int{100, 200, 300} {
		start(1, input)
	}
	told := limiter.Amount{limiter.Input: 10_000}
	f.tell(told)
	if got := f.cost(&dear); got != 3 {
		t.Errorf("at the mean of the starts: got %v, want 3", got)
	}
	start(10*meanStarts, 400)
	if got := f.cost(&dear); got != 3 {
		t.Errorf("after dearer starts: got %v, want 3", got)
	}
	none := &list.Node[*Ticket]{Item: &Ticket{}}
	if got := f.price(none).cost; got < 1.99 {
		t.Errorf("one of which nothing is known: got %v, want as much as the starts of late, 2", got)
	}
	f.tell(limiter.Amount{})
	if p := f.price(none); p.cost < 1.99 || p.told {
		t.Errorf("limits are told no more: got %v by told limits: %v, want 2 and false", p.cost, p.told)
	}
}

// Limits that are told no more for a while, and then again, change no prices.
func TestTheUnitOutlastsATimeWithoutLimits(t *testing.T) {
	var f tariff
	start := func(times, input int) {
		amount := Cost{Input: input}.amount()
		for range times {
			f.started(&amount)
		}
	}
	told, dear := limiter.Amount{limiter.Input: 100_000}, Cost{Input: 1000}.amount()
	start(1, 100)
	f.tell(told)
	start(10*meanStarts, 1000)
	before := f.cost(&dear)
	f.tell(limiter.Amount{})
	start(1, 1000)
	f.tell(told)
	if after := f.cost(&dear); math.Abs(after-before) > before/100 {
		t.Errorf("it costs %v, and cost %v before", after, before)
	}
}
