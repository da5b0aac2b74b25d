package loadtest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// Users who give up send the same message again, on another connection, until there is an
// answer. Whoever waits in a queue is no worse off for that, and nobody is called twice.
func TestUsersWhoGiveUpSendTheSameAgain(t *testing.T) {
	slow := queue.DefaultSettings()
	slow.MinDelay, slow.MaxDelay, slow.Step = 10*time.Second, 10*time.Second, 0
	plan := Plan{Users: 24, Messages: 1}
	for name, c := range map[string]struct {
		giveUp time.Duration // no call runs then
		change func(*Target)
		again  int // messages that are sent again
		keys   int // different ones on the wire
	}{
		// 7 are answered within 62.5 s, 6 each time that the others give up.
		"at once":            {62500 * time.Millisecond, func(*Target) {}, 17 + 11 + 5, 1},
		"with a key of each": {62500 * time.Millisecond, func(to *Target) { to.IdempotencyKeys = true }, 17 + 11 + 5, 24},
		// A turn comes after they are back, and before their old connections close.
		"before they close": {59 * time.Second, func(to *Target) { to.Overlap = 2 * time.Second }, 18 + 12 + 6, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				patient := runThrough(t, slow, plan, func(*Target) {})
				got := runThrough(t, slow, plan, func(to *Target) {
					to.GiveUp = c.giveUp
					c.change(to)
				})
				check(t, "succeeded", got.Succeeded, 24)
				check(t, "sent again", got.SentAgain, c.again)
				check(t, "calls", got.calls, 24)
				check(t, "max", got.Times.Max, patient.Times.Max)
				check(t, "average", got.Times.Average, patient.Times.Average)
				check(t, "keys", len(slices.Compact(slices.Sorted(slices.Values(got.keys)))), c.keys)
			})
		})
	}
}

// passed is the result of a load that went through a queue, and what came to the queue.
type passed struct {
	Result
	calls int
	keys  []string // of each time that something was sent
}

// runThrough runs a plan through a queue of its own, which knows its requests as a gateway
// does.
func runThrough(t *testing.T, s queue.Settings, plan Plan, change func(*Target)) (p passed) {
	t.Helper()
	h := newPaced(t, s, UsualService)
	var mu sync.Mutex
	to, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		p.keys = append(p.keys, r.Header.Get("Idempotency-Key"))
		mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	defer stop()
	change(&to)
	r, err := Run(t.Context(), plan, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Result, p.calls = r, len(h.users)
	return p
}

// A user who has given up is not shown a late answer, and one whose answer has begun stays.
func TestAnAnswerThatHasBegunIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, stop := serve(t, newPaced(t, queue.DefaultSettings(), 9*time.Second))
		defer stop()
		target.Stream, target.GiveUp = true, 5*time.Second
		r, err := Run(t.Context(), Plan{Users: 1, Messages: 1}, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "sent again", r.SentAgain, 0)
		check(t, "took", r.Times.Max, 9*time.Second)
	})
}

// The time-out of a message holds over all of its sendings.
func TestGivingUpEndsWithTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := target(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		to.Timeout, to.GiveUp, to.Overlap = 10*time.Second, 3*time.Second, 2*time.Second
		r, err := Run(t.Context(), Plan{Users: 2, Messages: 1}, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "failed", r.Failed, 2)
		check(t, "sent again", r.SentAgain, 6)
		check(t, "took", r.Took, 10*time.Second)
		if !strings.HasPrefix(r.Outcomes[0].Kind, "time-out") {
			t.Errorf("got %q, want a time-out", r.Outcomes[0].Kind)
		}
	})
}

// A panic of a sending that its user has given up ends the test as any other does.
func TestPanicOfWhatWasGivenUpIsReturned(t *testing.T) {
	for _, late := range []time.Duration{0, time.Minute} { // after its connection is closed
		synctest.Test(t, func(t *testing.T) {
			var sent atomic.Int32
			to := target(func(r *http.Request) (*http.Response, error) {
				if sent.Add(1) > 1 {
					return nil, http.ErrHandlerTimeout
				}
				<-r.Context().Done()
				time.Sleep(late)
				panic("oh no")
			})
			to.GiveUp = time.Second
			_, err := Run(t.Context(), Plan{Users: 1, Messages: 1}, to, nil)
			if e, ok := errors.AsType[*PanicError](err); !ok || e.Value != "oh no" || len(e.Stack) == 0 {
				t.Errorf("%v late: got %v, want the panic with its stack", late, err)
			}
		})
	}
}
