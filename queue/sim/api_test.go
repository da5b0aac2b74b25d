package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
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

// outcomeText says in one line what came of a call and how long it took.
func outcomeText(a *API, r Request) string {
	start := time.Now()
	answer, err := a.Call(context.Background(), r)
	if err != nil {
		return fmt.Sprintf("%v after %v", err, time.Since(start))
	}
	return fmt.Sprintf("%+v after %v", answer, time.Since(start))
}

// TestCallRepeats calls for 20 users at once, in two orders of goroutines, and
// wants the same outcome for each request both times, and others under
// another seed.
func TestCallRepeats(t *testing.T) {
	run := func(seed uint64, users []int) map[Request]string {
		outcomes := map[Request]string{}
		synctest.Test(t, func(t *testing.T) {
			c := free()
			c.Overloaded, c.Failures = 0.2, 0.2
			a := newAPI(t, seed, c)
			var mu sync.Mutex
			var wg sync.WaitGroup
			for _, u := range users {
				wg.Go(func() {
					for n := range uint64(10) {
						r := Request{User: fmt.Sprintf("user_%d", u), Number: n}
						got := outcomeText(a, r)
						mu.Lock()
						outcomes[r] = got
						mu.Unlock()
					}
				})
			}
			wg.Wait()
		})
		return outcomes
	}
	var users []int
	for u := range 20 {
		users = append(users, u)
	}
	forth := run(1, users)
	slices.Reverse(users)
	if back := run(1, users); !maps.Equal(forth, back) {
		t.Errorf("the order of goroutines changed the outcomes:\n%v\n%v", forth, back)
	}
	same := 0
	for r, got := range run(2, users) {
		if got == forth[r] {
			same++
		}
	}
	if same > len(forth)/20 { // a time-out looks the same each time
		t.Errorf("another seed: %d of %d outcomes are the same, want hardly any", same, len(forth))
	}
}

func TestCallAttemptsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, 1, free())
		first := outcomeText(a, Request{User: "user_101", Number: 1, Attempt: 1})
		second := outcomeText(a, Request{User: "user_101", Number: 1, Attempt: 2})
		if first == second {
			t.Errorf("both attempts: %s, want different outcomes", first)
		}
	})
}

func TestCallTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := free()
		c.Overloaded, c.Failures = 0, 0
		a := newAPI(t, 1, c)
		const n = 5000
		took := make([]time.Duration, n)
		for i := range took {
			start := time.Now()
			answer, err := a.Call(t.Context(), Request{User: "user_101", Number: uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if answer.ID == "" || answer.InputTokens < 1 || answer.OutputTokens < 1 {
				t.Fatalf("got %+v, want an id and tokens", answer)
			}
			took[i] = time.Since(start)
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
	})
}

func TestCallFailsAtTheSetRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := free()
		c.Overloaded, c.Failures = 0.1, 0.06
		a := newAPI(t, 1, c)
		const n = 20_000
		got := map[queue.Class]float64{}
		for i := range uint64(n) {
			_, err := a.Call(t.Context(), Request{User: "user_101", Number: i})
			if e, ok := errors.AsType[*queue.Error](err); ok {
				got[e.Class]++
			} else if err != nil {
				t.Fatalf("got %v, want a *queue.Error", err)
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
	})
}

func TestCallIsRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := DefaultConditions()
		c.PerMinute, c.Burst, c.Overloaded, c.Failures = 30, 1, 0, 0
		a := newAPI(t, 1, c)
		call := func(n uint64) *queue.Error {
			_, err := a.Call(t.Context(), Request{User: "user_101", Number: n})
			e, _ := errors.AsType[*queue.Error](err)
			return e
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = call(1) })
		synctest.Wait()
		e := call(2)
		wg.Wait()
		if e == nil || e.Class != queue.RateLimited || e.RetryAfter != 2*time.Second {
			t.Fatalf("a second call at once: got %#v, want a rate limit with retry-after 2s", e)
		}
		const words = "429 rate_limit_error: this request would exceed the rate limit of 30 requests per minute"
		if e.Error() != words {
			t.Errorf("got %q, want %q", e, words)
		}
		time.Sleep(e.RetryAfter)
		if e := call(3); e != nil {
			t.Errorf("after retry-after: got %v, want an answer", e)
		}
		c.PerMinute = 0
		if err := a.SetConditions(c); err != nil {
			t.Fatal(err)
		}
		for n := range uint64(5) {
			if e := call(10 + n); e != nil {
				t.Errorf("without a limit: got %v, want an answer", e)
			}
		}
	})
}

func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := free()
		c.Overloaded, c.Failures = 0, 0
		a := newAPI(t, 1, c)
		a.SetOutage(true)
		if !a.Outage() {
			t.Error("Outage after SetOutage(true): got false, want true")
		}
		got := map[string]int{}
		for n := range uint64(200) {
			start := time.Now()
			_, err := a.Call(t.Context(), Request{User: "user_101", Number: n})
			e, ok := errors.AsType[*queue.Error](err)
			if !ok {
				t.Fatalf("call %d in an outage: got %v, want a *queue.Error", n, err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("call %d failed after %v, want under 1s", n, took)
			}
			got[e.Class.String()+": "+e.Error()]++
		}
		network, server := got["network: connection refused"], got["server: 500 api_error: Internal server error"]
		if network+server != 200 || network < 150 || server < 10 {
			t.Errorf("got %v, want mostly refused connections and some 500s", got)
		}
		a.SetOutage(false)
		if _, err := a.Call(t.Context(), Request{User: "user_101"}); err != nil {
			t.Errorf("after the outage: got %v, want an answer", err)
		}
	})
}

func TestCallObeysItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := free()
		c.Median, c.P99 = time.Minute, time.Minute
		c.Overloaded, c.Failures = 0, 0
		a := newAPI(t, 1, c)
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		time.AfterFunc(3*time.Second, func() { cancel(why) })
		start := time.Now()
		_, err := a.Call(ctx, Request{User: "user_101"})
		if took := time.Since(start); !errors.Is(err, why) || took != 3*time.Second {
			t.Errorf("got %v after %v, want the cause after 3s", err, took)
		}
	})
}
