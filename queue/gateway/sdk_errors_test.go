package gateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// apiErrorOf returns the SDK's typed error; the test ends if it is none.
func apiErrorOf(b *bubble, err error) *anthropic.Error {
	b.Helper()
	e, ok := errors.AsType[*anthropic.Error](err)
	if !ok {
		b.Fatalf("got %T: %v, want the SDK's error type", err, err)
	}
	return e
}

// Each row of the API's table of errors: the SDK raises the error that it knows,
// the API is called as often as we say and no more, and the queue counts it.
func TestEveryErrorReachesTheSDKAfterOurAttemptsAlone(t *testing.T) {
	s := unspaced()
	s.MaxWait = 20 * time.Second
	for _, c := range []struct {
		outcome string
		status  int
		kind    anthropic.ErrorType
		calls   int
		counts  counts
	}{
		{"400", 400, "invalid_request_error", 1, counts{failed: 1}},
		{"400-spend", 400, "invalid_request_error", 1, counts{failed: 1}},
		{"401", 401, "authentication_error", 1, counts{failed: 1}},
		{"402", 402, "billing_error", 1, counts{failed: 1}},
		{"403", 403, "permission_error", 1, counts{failed: 1}},
		{"404", 404, "not_found_error", 1, counts{failed: 1}},
		{"408", 408, "timeout_error", 3, counts{failed: 1, retries: 2}},
		{"409", 409, "conflict_error", 3, counts{failed: 1, retries: 2}},
		{"413", 413, "request_too_large", 1, counts{failed: 1}},
		{"429", 429, "rate_limit_error", 21, counts{failed: 1, retries: 20, rateLimited: 20}},   // each second, until max-wait
		{"429-bare", 429, "rate_limit_error", 3, counts{failed: 1, retries: 2, rateLimited: 2}}, // it may be about this request alone
		{"spend_cap", 429, "rate_limit_error", 1, counts{failed: 1}},
		{"500", 500, "api_error", 3, counts{failed: 1, retries: 2}},
		{"504", 504, "timeout_error", 3, counts{failed: 1, retries: 2}},
		{"529", 529, "overloaded_error", 3, counts{failed: 1, retries: 2}},
	} {
		for _, way := range []string{"plain", "streamed"} {
			t.Run(c.outcome+" "+way, func(t *testing.T) {
				inBubble(t, s, func(b *bubble) {
					client := b.sdk(option.WithHeader("x-sim-error", c.outcome))
					var err error
					if way == "plain" {
						_, err = client.Messages.New(b.Context(), question("hello"))
					} else {
						_, err = streamed(b, client, question("hello"))
					}
					e := apiErrorOf(b, err)
					if e.StatusCode != c.status || e.Type() != c.kind {
						b.Errorf("got %d %s, want %d %s", e.StatusCode, e.Type(), c.status, c.kind)
					}
					calls := b.seen()
					if len(calls) != c.calls {
						b.Fatalf("the API was called %d times, want %d", len(calls), c.calls)
					}
					if want := calls[len(calls)-1].requestID; e.RequestID != want || !strings.Contains(e.RawJSON(), want) {
						b.Errorf("request-id: got %q, want that of the last call, %q, and in the body, too", e.RequestID, want)
					}
					h := e.Response.Header
					if h.Get("X-Should-Retry") != "false" || h.Get("X-Paceline-Refused") != "" {
						b.Errorf("x-should-retry %q, x-paceline-refused %q, want false and none", h.Get("X-Should-Retry"), h.Get("X-Paceline-Refused"))
					}
					if got := b.counts(); got != c.counts {
						b.Errorf("the queue counts %+v, want %+v", got, c.counts)
					}
				})
			})
		}
	}
}

// What fails at first and then works is a success for the SDK, which hears
// nothing of the rest.
func TestFailuresThatPassDoNotReachTheSDK(t *testing.T) {
	for _, c := range []struct {
		outcome  string
		calls    int
		counts   counts
		attempts string
		least    time.Duration // until the last call
	}{
		{"429*3", 4, counts{successful: 1, retries: 3, rateLimited: 3}, "4", 3 * time.Second},
		{"429-bare*2", 3, counts{successful: 1, retries: 2, rateLimited: 2}, "3", 0},
		{"529*2", 3, counts{successful: 1, retries: 2}, "3", 0},
		{"500*1", 2, counts{successful: 1, retries: 1}, "2", 0},
		{"409*2", 3, counts{successful: 1, retries: 2}, "3", 0},
		{"reset*2", 3, counts{successful: 1, retries: 2, resent: 2}, "3", 0},
	} {
		for _, way := range []string{"plain", "streamed"} {
			t.Run(c.outcome+" "+way, func(t *testing.T) {
				inBubble(t, unspaced(), func(b *bubble) {
					client := b.sdk(option.WithHeader("x-sim-error", c.outcome), option.WithHeader("x-sim-id", "one"))
					var answer *http.Response
					var err error
					if way == "plain" {
						_, err = client.Messages.New(b.Context(), question("hello"), option.WithResponseInto(&answer))
					} else {
						_, err = streamed(b, client, question("hello"), option.WithResponseInto(&answer))
					}
					if err != nil {
						b.Fatal(err)
					}
					calls := b.seen()
					if len(calls) != c.calls {
						b.Fatalf("the API was called %d times, want %d", len(calls), c.calls)
					}
					for _, call := range calls {
						if got := call.header.Get("X-Stainless-Retry-Count"); got != "0" {
							b.Errorf("the SDK has tried again: retry count %q", got)
						}
						if call.body != calls[0].body {
							b.Errorf("an attempt had another body: %s", call.body)
						}
					}
					if got := calls[len(calls)-1].at; got < c.least || got > c.least+5*time.Second {
						b.Errorf("the last call came after %v, want %v and a little", got, c.least)
					}
					if got := answer.Header.Get("X-Paceline-Attempts"); got != c.attempts {
						b.Errorf("x-paceline-attempts: got %s, want %s", got, c.attempts)
					}
					if got := b.counts(); got != c.counts {
						b.Errorf("the queue counts %+v, want %+v", got, c.counts)
					}
				})
			})
		}
	}
}

// A rate limit pauses the lane for everybody, not only for whom it met.
func TestRateLimitOfOneIsWaitedForByAll(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		if err := b.api.FailNext("429"); err != nil {
			b.Fatal(err)
		}
		client := b.sdk()
		var waits []func()
		var failed [3]error
		for i := range failed {
			waits = append(waits, b.background(func() {
				_, failed[i] = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-sim-retry-after", "9"))
			}))
			b.seen()
		}
		for i, wait := range waits {
			wait()
			if failed[i] != nil {
				b.Errorf("request %d: %v", i+1, failed[i])
			}
		}
		for i, call := range b.seen()[1:] {
			if call.at < time.Second {
				b.Errorf("call %d came after %v, in the pause", i+2, call.at)
			}
		}
		if got, want := b.counts(), (counts{successful: 3, retries: 1, rateLimited: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

// No answer at all is an error of ours, and says so.
func TestUnreachableAPIIsAnErrorOfOurs(t *testing.T) {
	s := unspaced()
	s.MaxRun = 30 * time.Second
	for _, c := range []struct {
		outcome, refused string
		status           int
		kind             anthropic.ErrorType
		calls            int
		counts           counts
	}{
		{"reset", "unreachable", 502, "api_error", 3, counts{failed: 1, retries: 2, resent: 2}},
		{"silence", "silent", 504, "timeout_error", 1, counts{failed: 1}},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			inBubble(t, s, func(b *bubble) {
				client := b.sdk(option.WithHeader("x-sim-error", c.outcome))
				_, err := client.Messages.New(b.Context(), question("hello"))
				e := apiErrorOf(b, err)
				if e.StatusCode != c.status || e.Type() != c.kind {
					b.Errorf("got %d %s, want %d %s", e.StatusCode, e.Type(), c.status, c.kind)
				}
				h := e.Response.Header
				if got := h.Get("X-Paceline-Refused"); got != c.refused {
					b.Errorf("x-paceline-refused: got %q, want %q", got, c.refused)
				}
				if e.RequestID == "" || e.RequestID != h.Get("X-Paceline-Request-Id") {
					b.Errorf("request-id: got %q, want ours, %q", e.RequestID, h.Get("X-Paceline-Request-Id"))
				}
				if got := len(b.seen()); got != c.calls {
					b.Errorf("the API was called %d times, want %d", got, c.calls)
				}
				if got := b.counts(); got != c.counts {
					b.Errorf("the queue counts %+v, want %+v", got, c.counts)
				}
			})
		})
	}
}

// An answer that has begun is never asked for again by us: the SDK hears of it as
// it would from the API.
func TestAnswersThatBreakOffAreNotTriedAgain(t *testing.T) {
	s := unspaced()
	s.MaxRun = 30 * time.Second
	for _, c := range []struct {
		outcome string
		typed   bool // the error is one of the API's
	}{
		{"stream-error", true}, {"half-body", false}, {"reset-mid-stream", false}, {"silence-mid-stream", false}, {"garbage", false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			inBubble(t, s, func(b *bubble) {
				client := b.sdk(option.WithHeader("x-sim-error", c.outcome))
				got, err := streamed(b, client, question("hello"))
				if err == nil {
					b.Fatalf("got no error, and %s", got.RawJSON())
				}
				if len(got.Content) != 1 || got.Content[0].Text == "" {
					b.Errorf("got %+v, want what came before the end", got.Content)
				}
				if e, ok := errors.AsType[*anthropic.Error](err); ok != c.typed || ok && e.Type() != "overloaded_error" {
					b.Errorf("got %T: %v", err, err)
				}
				if got := len(b.seen()); got != 1 {
					b.Errorf("the API was called %d times, want once", got)
				}
				want := counts{failed: 1}
				if c.outcome == "garbage" { // passed on as it is; the SDK does not want the rest
					want = counts{cancelled: 1}
				}
				if got := b.counts(); got != want {
					b.Errorf("the queue counts %+v, want %+v", got, want)
				}
			})
		})
	}
}

// Of a plain answer that breaks off, the SDK knows by itself, and asks again as it
// would without us. We do not, because the API has billed it.
func TestPlainAnswerThatBreaksOffIsTheSDKsToAskAgain(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk(option.WithHeader("x-sim-error", "half-body"))
		_, err := client.Messages.New(b.Context(), question("hello"))
		if err == nil {
			b.Fatal("half an answer passed for a whole one")
		}
		var tries []string
		for _, call := range b.seen() {
			tries = append(tries, call.header.Get("X-Stainless-Retry-Count"))
		}
		if got := strings.Join(tries, " "); got != "0 1 2" {
			b.Errorf("the API saw the SDK's tries %q, want 0 1 2, each once", got)
		}
		if got, want := b.counts(), (counts{failed: 3}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

// x-should-retry of the API has the last word.
func TestAPIsWishOnRetriesIsObeyed(t *testing.T) {
	for _, c := range []struct {
		status      int
		shouldRetry string
		calls       int
	}{
		{529, "false", 1}, {400, "true", 3}, {429, "false", 1},
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Should-Retry", c.shouldRetry)
				w.Header().Set("Retry-After-Ms", "20")
				w.WriteHeader(c.status)
			})
			client := b.sdk()
			_, err := client.Messages.New(b.Context(), question("hello"))
			if e := apiErrorOf(b, err); e.StatusCode != c.status {
				b.Errorf("%d %s: got %d", c.status, c.shouldRetry, e.StatusCode)
			}
			if got := len(b.seen()); got != c.calls {
				b.Errorf("%d with x-should-retry %s: called %d times, want %d", c.status, c.shouldRetry, got, c.calls)
			}
		})
	}
}

// retry-after in all its forms is waited for before the next attempt.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		status      int
		name, value string
		least, most time.Duration
	}{
		{429, "Retry-After", "7", 7 * time.Second, 7 * time.Second},
		{429, "Retry-After", "7.5", 7500 * time.Millisecond, 7500 * time.Millisecond},
		{429, "Retry-After-Ms", "1234", 1234 * time.Millisecond, 1234 * time.Millisecond},
		{429, "Retry-After", "Sat, 01 Jan 2000 00:00:11 GMT", 11 * time.Second, 11 * time.Second}, // the bubble's clock begins with 2000
		{529, "Retry-After", "7", 7 * time.Second, 7 * time.Second},
		{429, "Retry-After", "soon", 0, time.Second}, // as one without: its own back-off
		{429, "Retry-After", "-5", 0, time.Second},
		{429, "Retry-After", "NaN", 0, time.Second},
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			n := 0
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if n++; n == 1 {
					w.Header().Set(c.name, c.value)
					w.WriteHeader(c.status)
					return
				}
				_, _ = w.Write([]byte(`{"type":"message"}`))
			})
			if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
				b.Errorf("%d %s %s: got %d", c.status, c.name, c.value, a.status)
			}
			calls := b.seen()
			if len(calls) != 2 {
				b.Fatalf("%d %s %s: %d calls, want 2", c.status, c.name, c.value, len(calls))
			}
			if got := calls[1].at - calls[0].at; got < c.least || got > c.most {
				b.Errorf("%d %s %s: the second call came after %v, want %v", c.status, c.name, c.value, got, c.least)
			}
		})
	}
}

// net/http sends a request with an Idempotency-Key again by itself. Nobody would
// count that call, and nobody would wait for its turn.
func TestNoAttemptIsMadeBehindTheQueuesBack(t *testing.T) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		inBubble(t, unspaced(), func(b *bubble) {
			if a := b.ask("POST", "/v1/messages", hello); a.status != 200 { // leaves a connection
				b.Fatalf("got %d %s", a.status, a.body)
			}
			a := b.ask("POST", "/v1/messages", hello, name, "1", "X-Sim-Error", "reset")
			if a.status != 502 || a.header.Get("X-Paceline-Attempts") != "3" {
				b.Errorf("got %d after %s attempts, want 502 after 3", a.status, a.header.Get("X-Paceline-Attempts"))
			}
			calls := b.seen()[1:]
			if len(calls) != 3 {
				b.Errorf("%s: the API was called %d times, want 3", name, len(calls))
			}
			for _, call := range calls {
				if call.header.Get(name) != "1" {
					b.Errorf("%s has not gone upstream", name)
				}
			}
		})
	}
}

// What is not paced is not tried again here, so the SDK does it, as it would
// without us.
func TestUnpacedFailuresAreTheSDKsToTryAgain(t *testing.T) {
	for _, c := range []struct {
		outcome string
		status  int // zero: it works
		calls   int
	}{
		{"reset*2", 0, 3}, {"reset", 502, 3}, {"529*1", 0, 2}, {"529", 529, 3}, {"400", 400, 1},
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			client := b.sdk(option.WithHeader("x-sim-error", c.outcome), option.WithHeader("x-sim-id", "one"))
			_, err := client.Messages.CountTokens(b.Context(), anthropic.MessageCountTokensParams{
				Model: anthropic.ModelClaudeHaiku5_5, Messages: question("hello").Messages,
			})
			if c.status == 0 && err != nil || c.status != 0 && apiErrorOf(b, err).StatusCode != c.status {
				b.Errorf("%s: got %v, want %d", c.outcome, err, c.status)
			}
			if got := len(b.seen()); got != c.calls {
				b.Errorf("%s: the API was called %d times, want %d", c.outcome, got, c.calls)
			}
		})
	}
}
