package sim

import (
	"errors"
	"testing"
	"time"

	"paceline/queue"
)

// A queue is told of each answer what a gateway would tell it.
func TestErrOfADecision(t *testing.T) {
	told := Headers{Requests: LimitHeader{Limit: 50}}
	for _, c := range []struct {
		d    Decision
		want queue.Error
	}{
		{Decision{Status: 429, RetryAfter: 2 * time.Second, Headers: told}, queue.Error{Class: queue.RateLimited, RetryAfter: 2 * time.Second}},
		{Decision{Status: 429, Headers: told}, queue.Error{Class: queue.RateLimited}},
		{Decision{Status: 429}, queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		{Decision{Status: 429, ErrorCode: "ramp_limit_exceeded", RetryAfter: time.Second}, queue.Error{Class: queue.RateLimited, RetryAfter: time.Second, Ramp: true}},
		{Decision{Status: 529}, queue.Error{Class: queue.Overloaded}},
		{Decision{Status: 200, ErrorType: "overloaded_error"}, queue.Error{Class: queue.Overloaded}},
		{Decision{Status: 500}, queue.Error{Class: queue.ServerError}},
		{Decision{Status: 504}, queue.Error{Class: queue.Timeout}},
		{Decision{}, queue.Error{Class: queue.NetworkError}},
		{Decision{Status: 400}, queue.Error{Class: queue.ClientError}},
		{Decision{Status: 413}, queue.Error{Class: queue.ClientError}},
	} {
		e, ok := errors.AsType[*queue.Error](c.d.Err())
		if !ok {
			t.Fatalf("%+v: got %v, want a *queue.Error", c.d, c.d.Err())
		}
		got := *e
		if got.Err = nil; got != c.want {
			t.Errorf("%+v: got %+v, want %+v", c.d, got, c.want)
		}
	}
	if err := (Decision{Status: 200}).Err(); err != nil {
		t.Errorf("of an answer: got %v, want none", err)
	}
	const words = "529 overloaded_error: Overloaded"
	if err := (Decision{Status: 529, ErrorType: "overloaded_error", Message: "Overloaded"}).Err(); err.Error() != words {
		t.Errorf("got %q, want %q", err, words)
	}
}

func TestToldByHeaders(t *testing.T) {
	reset := noon.Add(30 * time.Second)
	h := Headers{
		Requests: LimitHeader{50, 20, reset}, InputTokens: LimitHeader{30_000, 1000, noon.Add(time.Minute)},
		OutputTokens: LimitHeader{8000, 0, time.Time{}}, Tokens: LimitHeader{8000, 0, reset},
	}
	want := queue.Limits{
		Requests: queue.Limit{PerMinute: 50, Remaining: 20, FullIn: 30 * time.Second},
		Input:    queue.Limit{PerMinute: 30_000, Remaining: 1000, FullIn: time.Minute},
		Output:   queue.Limit{PerMinute: 8000},
	}
	if got := h.Told(noon); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	h.Tokens.Limit = 20_000 // a limit of its own
	want.Tokens = queue.Limit{PerMinute: 20_000, FullIn: 30 * time.Second}
	if got := h.Told(noon); got != want {
		t.Errorf("with a limit of all tokens: got %+v, want %+v", got, want)
	}
}
