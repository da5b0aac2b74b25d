package gateway_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"paceline/queue"
)

// refused is what a client is told of a refusal of ours.
type refused struct {
	status                         int
	kind                           anthropic.ErrorType
	why, retryAfter, position, eta string
	shouldRetry                    string
}

func refusedOf(b *bubble, err error) refused {
	b.Helper()
	e := apiErrorOf(b, err)
	h := e.Response.Header
	if e.RequestID == "" || e.RequestID != h.Get("X-Paceline-Request-Id") {
		b.Errorf("request-id: got %q, want ours, %q", e.RequestID, h.Get("X-Paceline-Request-Id"))
	}
	return refused{
		e.StatusCode, e.Type(), h.Get("X-Paceline-Refused"), h.Get("Retry-After"),
		h.Get("X-Paceline-Position"), h.Get("X-Paceline-Eta-Ms"), h.Get("X-Should-Retry"),
	}
}

func TestFullQueueIsA429ThatTheSDKDoesNotRetry(t *testing.T) {
	s := unspaced()
	s.MinDelay, s.MaxInFlight, s.MaxQueue = 7*time.Second, 10, 1
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		ask := func() { _, _ = client.Messages.New(b.Context(), question("hello")) }
		first := b.background(ask)
		b.seen()
		second := b.background(ask)
		b.seen()
		began := time.Now()
		_, err := client.Messages.New(b.Context(), question("hello"))
		if got, want := refusedOf(b, err), (refused{429, "rate_limit_error", "queue-full", "14", "2", "14000", "false"}); got != want {
			b.Errorf("got %+v, want %+v", got, want)
		}
		if took := time.Since(began); took != 0 {
			b.Errorf("the refusal took %v: the SDK has tried again", took)
		}
		first()
		second()
		if got, want := b.counts(), (counts{successful: 2, refused: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

// A refusal always says when to come again, even if the queue thinks: at once.
func TestRefusalAlwaysSaysWhenToComeAgain(t *testing.T) {
	s := unspaced()
	s.MaxInFlight, s.MaxQueue = 1, 1
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		ask := func() { _, _ = client.Messages.New(b.Context(), question("hello")) }
		first := b.background(ask)
		b.seen()
		second := b.background(ask)
		b.seen()
		_, err := client.Messages.New(b.Context(), question("hello"))
		if got := refusedOf(b, err); got.why != "queue-full" || got.retryAfter != "1" {
			b.Errorf("got %+v, want queue-full and a retry-after of 1", got)
		}
		first()
		second()
	})
}

// Who gives up before its turn is told at the door, and not left to wait for
// nothing.
func TestWaitLongerThanTheClientsTimeoutIsRefusedAtOnce(t *testing.T) {
	s := unspaced()
	s.MinDelay, s.MaxDelay = 30*time.Second, time.Minute
	for _, c := range []struct {
		name    string
		option  option.RequestOption
		maxWait time.Duration
		refused bool
	}{
		{"time-out of 20 s", option.WithRequestTimeout(20 * time.Second), time.Hour, true},
		{"time-out of 40 s", option.WithRequestTimeout(40 * time.Second), time.Hour, false},
		{"max-wait of 20 s", option.WithRequestTimeout(10 * time.Minute), 20 * time.Second, true},
		{"time-out that is no number", option.WithHeader("X-Stainless-Timeout", "soon"), time.Hour, false},
		{"negative time-out", option.WithHeader("X-Stainless-Timeout", "-1"), time.Hour, false},
		{"infinite time-out", option.WithHeader("X-Stainless-Timeout", "Inf"), time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.MaxWait = c.maxWait
			inBubble(t, s, func(b *bubble) {
				client := b.sdk()
				if _, err := client.Messages.New(b.Context(), question("hello")); err != nil {
					b.Fatal(err)
				}
				time.Sleep(4 * time.Second) // 1 s for the answer, and 25 s are left
				began := time.Now()
				_, err := client.Messages.New(b.Context(), question("hello"), c.option)
				if !c.refused {
					if err != nil || len(b.seen()) != 2 {
						b.Errorf("got %v and %d calls, want an answer", err, len(b.seen()))
					}
					return
				}
				if got, want := refusedOf(b, err), (refused{429, "rate_limit_error", "wait-too-long", "25", "1", "25000", "false"}); got != want {
					b.Errorf("got %+v, want %+v", got, want)
				}
				if took := time.Since(began); took != 0 {
					b.Errorf("the refusal took %v, want none", took)
				}
				if got := len(b.seen()); got != 1 {
					b.Errorf("the API was called %d times, want once", got)
				}
			})
		})
	}
}

// One that waits already fails at once, too, when a pause leaves it no time.
func TestPauseThatIsTooLongEndsTheWait(t *testing.T) {
	s := unspaced()
	s.MinDelay, s.MaxWait = 10*time.Second, time.Minute
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		var met, waits error
		first := b.background(func() {
			_, met = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-sim-error", "429"),
				option.WithHeader("x-sim-retry-after", "100"), option.WithHeader("x-sim-latency", "2s"))
		})
		b.seen()
		second := b.background(func() { _, waits = client.Messages.New(b.Context(), question("hello")) })
		began := time.Now()
		first()
		second()
		if took := time.Since(began); took != 2*time.Second {
			b.Errorf("the answers came after %v, want them with the pause", took)
		}
		if got, want := refusedOf(b, waits), (refused{429, "rate_limit_error", "wait-too-long", "100", "1", "100000", "false"}); got != want {
			b.Errorf("the one that waits: got %+v, want %+v", got, want)
		}
		e := apiErrorOf(b, met)
		if h := e.Response.Header; h.Get("Retry-After") != "100" || h.Get("X-Paceline-Refused") != "" || e.RequestID != b.seen()[0].requestID {
			b.Errorf("the one that met the limit: got %q, want the API's own answer", h)
		}
		if got, want := b.counts(), (counts{failed: 2}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

// While paceline stops, clients are told to come again, and the SDKs do.
func TestDrainingIsA503ThatTheSDKRetries(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk()
		var running error
		first := b.background(func() {
			_, running = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-sim-latency", "60s"))
		})
		b.seen()
		drained := b.background(func() { _ = b.queue.Shutdown(context.Background()) })
		synctest.Wait()
		began := time.Now()
		_, err := client.Messages.New(b.Context(), question("hello"))
		if got, want := refusedOf(b, err), (refused{503, "overloaded_error", "draining", "5", "", "", ""}); got != want {
			b.Errorf("got %+v, want %+v", got, want)
		}
		if took := time.Since(began); took != 10*time.Second {
			b.Errorf("the SDK gave up after %v, want two more tries, each after our 5 s", took)
		}
		first()
		drained()
		if running != nil {
			b.Errorf("the request that ran: %v", running)
		}
	})
}

// What waits when the time for draining is over is told to come again, too.
func TestEndOfDrainingFailsWaitingRequests(t *testing.T) {
	s := unspaced()
	s.MinDelay = time.Minute
	inBubble(t, s, func(b *bubble) {
		client := b.sdk(option.WithMaxRetries(0))
		var runs, waits error
		first := b.background(func() {
			_, runs = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-sim-latency", "50s"))
		})
		b.seen()
		second := b.background(func() { _, waits = client.Messages.New(b.Context(), question("hello")) })
		b.seen()
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		defer cancel()
		_ = b.queue.Shutdown(ctx)
		first()
		second()
		for name, err := range map[string]error{"running": runs, "waiting": waits} {
			if got, want := refusedOf(b, err), (refused{503, "overloaded_error", "draining", "5", "", "", ""}); got != want {
				b.Errorf("%s: got %+v, want %+v", name, got, want)
			}
		}
	})
}

// The last word is the queue's, and not the answer that an attempt met before.
func TestRefusalSaysWhatHappenedLast(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk(option.WithMaxRetries(0), option.WithHeader("x-sim-error", "429"), option.WithHeader("x-sim-retry-after", "60"))
		var failure error
		wait := b.background(func() { _, failure = client.Messages.New(b.Context(), question("hello")) })
		if got := len(b.seen()); got != 1 {
			b.Fatalf("the API was called %d times, want once", got)
		}
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		_ = b.queue.Shutdown(ctx)
		wait()
		if got, want := refusedOf(b, failure), (refused{503, "overloaded_error", "draining", "5", "", "", ""}); got != want {
			b.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// An operator's cancelling ends the wait with an error that the SDK does not
// retry: it would stand in line again.
func TestCancelledByAnOperator(t *testing.T) {
	s := unspaced()
	s.MinDelay = time.Minute
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		first := b.background(func() { _, _ = client.Messages.New(b.Context(), question("hello")) })
		b.seen()
		var waits error
		second := b.background(func() {
			_, waits = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-paceline-request-id", "mine"))
		})
		b.seen()
		if w, err := b.queue.Find(queue.RequestQuery{ID: "mine"}); err != nil || w.Position != 1 || *w.EtaMs != 60_000 {
			b.Errorf("find: got %+v, %v, want it as number 1 in 60 s", w, err)
		}
		if err := b.queue.Cancel(queue.RequestQuery{ID: "mine"}, "ops"); err != nil {
			b.Errorf("cancel: %v", err)
		}
		second()
		if got, want := refusedOf(b, waits), (refused{503, "api_error", "cancelled", "", "", "", "false"}); got != want {
			b.Errorf("got %+v, want %+v", got, want)
		}
		first()
		if got, want := b.counts(), (counts{successful: 1, cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

// Errors of ours have the API's shape everywhere.
func TestOurOwnErrorsHaveTheAPIsShape(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		for _, c := range []struct {
			method, path string
			header       []string
			status       int
			kind, why    string
		}{
			{"GET", "/v2/nothing", nil, 404, "not_found_error", "path"},
			{"TRACE", "/v1/messages", nil, 405, "invalid_request_error", "method"},
			{"GET", "/v1/models", nil, 413, "request_too_large", "too-large"},
			{"POST", "/model/anthropic.claude-v2/invoke", nil, 404, "not_found_error", "path"},
			{"POST", "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict", nil, 404, "not_found_error", "path"},
			{"POST", "/v1/messages", []string{"X-Paceline-Priority", "urgent"}, 400, "invalid_request_error", "invalid"},
			{"POST", "/v1/messages", []string{"X-Paceline-Request-Id", "a b"}, 400, "invalid_request_error", "invalid"},
			{"POST", "/v1/messages/../../secret", nil, 404, "not_found_error", "path"},
		} {
			a := b.ask(c.method, c.path, hello, c.header...)
			id := a.header.Get("X-Paceline-Request-Id")
			if a.status != c.status || a.header.Get("X-Paceline-Refused") != c.why || id == "" || a.header.Get("Request-Id") != id {
				b.Errorf("%s %s %q: got %d %q", c.method, c.path, c.header, a.status, a.header)
			}
			e := errorIn(b, a.body)
			if e.Type != "error" || e.Error.Type != c.kind || e.Error.Message == "" || e.RequestID != id {
				b.Errorf("%s %s: got %s", c.method, c.path, a.body)
			}
		}
		if got := len(b.seen()); got != 0 {
			b.Errorf("the API was called %d times", got)
		}
		a := b.ask("TRACE", "/v1/messages", "")
		if got := a.header.Get("Allow"); got != "GET, HEAD, POST, PUT, PATCH, DELETE" {
			b.Errorf("allow: got %q", got)
		}
	})
}

// apiError is an error on the wire.
type apiError struct {
	Type  string
	Error struct {
		Type    string
		Message string
	}
	RequestID string `json:"request_id"`
}

func errorIn(b *bubble, body string) (e apiError) {
	b.Helper()
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		b.Errorf("%s: %v", body, err)
	}
	return e
}
