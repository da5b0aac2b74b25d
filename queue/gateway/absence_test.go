package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
)

// Clients that cut after a minute and come back at once wait no longer than patient ones, and
// none of them is called twice, however large their bodies are.
func TestWhoGivesUpAndComesBackHasItsPlace(t *testing.T) {
	settings := queue.DefaultSettings()
	settings.MinDelay, settings.MaxDelay, settings.Step = 10*time.Second, 10*time.Second, 0
	const users, impatient = 24, 12
	waits := func(cut time.Duration) (all []time.Duration) {
		inBubble(t, settings, func(b *bubble) {
			all = make([]time.Duration, users)
			var wait sync.WaitGroup
			for u := range users {
				size := 1
				if u%2 == 0 {
					size = 100_000 // in a file
				}
				body := strings.Replace(hello, "hello", strings.Repeat("hello ", size), 1)
				began := time.Now()
				wait.Go(func() {
					time.Sleep(time.Duration(u) * time.Millisecond) // in this order
					for {
						ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
						if u >= impatient && cut > 0 {
							ctx, cancel = context.WithTimeout(b.Context(), cut)
						}
						a := b.askWith(ctx, "POST", "/v1/messages", body, "X-Paceline-User", fmt.Sprint("user", u))
						cancel()
						if a.err == nil {
							all[u] = time.Since(began)
							return
						}
					}
				})
			}
			wait.Wait()
			if calls := len(b.seen()); calls != users {
				t.Errorf("cut after %v: %d calls for %d messages", cut, calls, users)
			}
		})
		return all
	}
	patient := waits(0)
	for u, got := range waits(62*time.Second + 500*time.Millisecond) { // never while a call runs
		if most := patient[u] + patient[u]/20; got > most {
			t.Errorf("user %d waited %v, want %v at most", u, got, most)
		}
	}
}

// Three tries of a client times three of ours are not nine calls: some clients ignore
// x-should-retry.
func TestRetriesOfAClientDoNotMultiply(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(529)
			_, _ = w.Write([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`))
		})
		for range 3 {
			if a := b.ask("POST", "/v1/messages", hello); a.status != 529 {
				t.Errorf("got %d, want 529", a.status)
			}
			time.Sleep(time.Second)
		}
		if calls := len(b.seen()); calls != 5 {
			t.Errorf("%d calls, want 5", calls)
		}
	})
}
