package limiter

import (
	"math"
	"testing"
	"time"
)

// Starts within a tenth of a second may arrive at the API in another order than they
// were sent. So what the first answer of several says is left is less by those that
// may have come after it: a lane of which nothing was known keeps a reserve for them.
func TestTheFirstAnswerOfSeveralLeavesAReserveForTheOthers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer uint64 // whose answer comes first
		left   int    // and what it reports
		want   int    // what the bucket holds then
	}{
		{"the one sent first came in first", 1, 49, 46}, // three more were sent
		{"the one sent last came in first", 4, 49, 46},  // the three before it are still to come
		{"the one sent last came in last", 4, 46, 43},   // nobody knows, so they count twice
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Limiter{}
			for range 4 {
				a.Start(0, Cost(0, 0))
			}
			a.ReportLimits(0, c.answer, Report{Requests: Limit{PerMinute: 50, Remaining: c.left}}, 0)
			if got := holds(a, Requests, 0); got != c.want {
				t.Errorf("holds %d requests, want %d", got, c.want)
			}
		})
	}
}

// Where the model knows better than any order of arrivals explains, it stays within
// what they explain; starts that are further apart keep their order.
func TestOnlyStartsCloseToEachOtherMayArriveInAnotherOrder(t *testing.T) {
	for _, c := range []struct {
		name   string
		known  int // what was left before, by the model
		answer uint64
		left   int
		want   int
	}{
		// The starts are at 0, 50 and 140 ms: the first and the third are not close.
		{"more is left than the model knows", 10, 4, 40, 39},  // the second may come after the third
		{"less is left than the model knows", 50, 2, 40, 39},  // the second may have come before the first
		{"the model is one of the orders", 43, 3, 41, 41 - 1}, // third not in yet, and the first may be in or not
	} {
		t.Run(c.name, func(t *testing.T) {
			a := learned(t, Report{Requests: Limit{PerMinute: 50, Remaining: c.known}})
			for _, at := range []time.Duration{0, 50 * time.Millisecond, 140 * time.Millisecond} {
				a.Start(at, Cost(0, 0))
			}
			now := 150 * time.Millisecond
			a.ReportLimits(now, c.answer, Report{Requests: Limit{PerMinute: 50, Remaining: c.left}}, 0)
			if got := holds(a, Requests, now); got != c.want {
				t.Errorf("holds %d requests, want %d", got, c.want)
			}
		})
	}
}

// A full bucket begins to refill when the request that takes from it arrives, which
// may be a tenth of a second after it was sent: whether the model or the answer says
// that it was full.
func TestAFullBucketRefillsFromTheArrivalOn(t *testing.T) {
	for _, known := range []int{60, 10} { // what was left before, by the model
		a := learned(t, Report{Requests: Limit{PerMinute: 60, Remaining: known}})
		sent := 2 * time.Second
		n := a.Start(sent, Cost(0, 0))
		a.ReportLimits(sent+500*time.Millisecond, n, Report{Requests: Limit{PerMinute: 60, Remaining: 59}}, 0)
		for after, want := range map[time.Duration]float64{
			500 * time.Millisecond: 59.4,
			600 * time.Millisecond: 59.5,
			jitter + time.Second:   60,
		} {
			if got := a.buckets[Requests].levelAt(sent + after); math.Abs(got-want) > 1e-6 {
				t.Errorf("%d left before: %v after the start it holds %.3f, want %.3f", known, after, got, want)
			}
		}
	}
}
