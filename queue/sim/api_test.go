package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"paceline/queue"
)

func newAPI(t *testing.T, seed uint64, c Conditions) *API {
	t.Helper()
	a, err := NewAPI(seed, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// free are conditions that refuse nothing.
func free() Conditions {
	c := DefaultConditions()
	c.PerMinute = 0
	return c
}

// decided is what came of a call.
type decided struct {
	after   time.Duration
	answer  answer
	failure *queue.Error
}

// decideAll decides about n calls at once, each with random numbers of its own.
func decideAll(seed uint64, n int, c Conditions, outage bool) (all []decided) {
	var b requestBucket
	for i := range uint64(n) {
		var d decided
		d.after, d.answer, d.failure = decide(noon, newRand(seed, "call", i), c, outage, &b)
		all = append(all, d)
	}
	return all
}

// The draws of a call are its own: what happens to it depends neither on the others nor,
// but for what they change, on the conditions.
func TestCallRepeats(t *testing.T) {
	first, again, other := decideAll(1, 200, free(), false), decideAll(1, 200, free(), false), decideAll(2, 200, free(), false)
	c := free()
	c.Overloaded = 0.5
	strained := decideAll(1, 200, c, false)
	overloaded, same := 0, 0
	for i, d := range first {
		if d.failure == nil && d != again[i] {
			t.Errorf("call %d: got %+v, and %+v the second time", i, d, again[i])
		}
		if d.failure == nil && d.answer.id == other[i].answer.id {
			same++
		}
		if s := strained[i]; s.failure != nil {
			overloaded++
		} else if s != d {
			t.Errorf("call %d: got %+v under more load, want %+v", i, s, d)
		}
	}
	if same > 0 || overloaded < 60 || overloaded > 140 {
		t.Errorf("got %d answers of another seed, and %d of 200 calls overloaded, want none and about half", same, overloaded)
	}
}

func TestCallTakesItsTime(t *testing.T) {
	c := free()
	c.Overloaded, c.Failures = 0, 0
	const n = 5000
	var took []time.Duration
	for _, d := range decideAll(1, n, c, false) {
		if d.failure != nil || d.answer.id == "" || d.answer.outputTokens < 1 {
			t.Fatalf("got %+v, want an id and tokens", d)
		}
		took = append(took, d.after)
	}
	slices.Sort(took)
	if got := took[n/2]; got < 1100*time.Millisecond || got > 1300*time.Millisecond {
		t.Errorf("median: got %v, want 1.1s to 1.3s", got)
	}
	if got := took[n*99/100]; got < 5*time.Second || got > 7*time.Second {
		t.Errorf("p99: got %v, want 5s to 7s", got)
	}
	if got := took[n-1]; got > slowest {
		t.Errorf("slowest: got %v, want at most %v", got, slowest)
	}
}

func TestCallFailsAtTheSetRates(t *testing.T) {
	c := free()
	c.Overloaded, c.Failures = 0.1, 0.06
	const n = 20_000
	got := map[queue.Class]float64{}
	for _, d := range decideAll(1, n, c, false) {
		if d.failure != nil {
			got[d.failure.Class]++
		}
	}
	for class, want := range map[queue.Class]float64{
		queue.Overloaded: 0.1, queue.ServerError: 0.02, queue.Timeout: 0.02, queue.NetworkError: 0.02,
	} {
		if share := got[class] / n; math.Abs(share-want) > 5*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%v: got %.3f of the calls, want %.3f", class, share, want)
		}
		delete(got, class)
	}
	if len(got) > 0 {
		t.Errorf("got classes %v too, want none else", got)
	}
}

func TestCallIsRateLimited(t *testing.T) {
	c := DefaultConditions()
	c.PerMinute, c.Burst, c.Overloaded, c.Failures = 30, 1, 0, 0
	var b requestBucket
	b.set(noon, c.PerMinute, c.Burst)
	call := func(at time.Time, n uint64) *queue.Error {
		_, _, failure := decide(at, newRand(1, "call", n), c, false, &b)
		return failure
	}
	if e := call(noon, 1); e != nil {
		t.Fatalf("the first call: got %v, want an answer", e)
	}
	e := call(noon, 2)
	if e == nil || e.Class != queue.RateLimited || e.RetryAfter != 2*time.Second {
		t.Fatalf("a second call at once: got %#v, want a rate limit with retry-after 2s", e)
	}
	const words = "429 rate_limit_error: this request would exceed the rate limit of 30 requests per minute"
	if e.Error() != words {
		t.Errorf("got %q, want %q", e, words)
	}
	if e := call(noon.Add(e.RetryAfter), 3); e != nil {
		t.Errorf("after retry-after: got %v, want an answer", e)
	}
}

func TestOutage(t *testing.T) {
	c := free()
	c.Overloaded, c.Failures = 0, 0
	a := newAPI(t, 1, c)
	a.SetOutage(true)
	if !a.Outage() {
		t.Error("Outage after SetOutage(true): got false, want true")
	}
	got := map[string]int{}
	for i, d := range decideAll(1, 200, c, true) {
		if d.failure == nil || d.after > time.Second {
			t.Fatalf("call %d in an outage: got %v after %v, want a failure within a second", i, d.failure, d.after)
		}
		got[d.failure.Class.String()+": "+d.failure.Error()]++
	}
	network, server := got["network: connection refused"], got["server: 500 api_error: Internal server error"]
	if network+server != 200 || network < 150 || server < 10 {
		t.Errorf("got %v, want mostly refused connections and some 500s", got)
	}
}
