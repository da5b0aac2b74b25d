package sim

import (
	"net/http"
	"testing"
	"time"
)

// The fast mode of a model draws from buckets of its own, and from no others.
func TestTheFastModeHasBucketsOfItsOwn(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 2, InputTokensPerMinute: 10_000, OutputTokensPerMinute: 10_000})
	s.Fast = GroupLimits{"": {InputTokensPerMinute: 3000, OutputTokensPerMinute: 2000}}
	a := newAccount(t, s)
	call := Call{Model: "claude-opus-5-5", InputTokens: 1000, OutputTokens: 10, Took: time.Second}
	var d Decision
	for i := range uint64(3) { // more than the usual requests
		call.ID, call.Fast = i, true
		if d = a.Arrive(noon, call); !d.Admitted() {
			t.Fatalf("fast call %d: %d %s, want it admitted", i, d.Status, d.Message)
		}
	}
	h := http.Header{}
	d.Headers.write(h)
	if got := h.Get("anthropic-fast-input-tokens-limit") + " " + h.Get("anthropic-fast-input-tokens-remaining") + " " + h.Get("anthropic-ratelimit-input-tokens-limit"); got != "3000 0 " {
		t.Errorf("headers: limit, remaining and the usual limit are %q, want 3000, 0 and none", got)
	}
	call.ID = 4
	if d := a.Arrive(noon, call); d.Status != http.StatusTooManyRequests {
		t.Errorf("a fourth fast call: got %d, want 429", d.Status)
	}
	call.ID, call.Fast = 5, false
	if d := a.Arrive(noon, call); !d.Admitted() || d.Headers.InputTokens.Remaining != 9000 {
		t.Errorf("the usual speed: %d with %d input tokens left, want 200 and 9000", d.Status, d.Headers.InputTokens.Remaining)
	}
}

// A limit of 0 refuses each call of the fast mode, and is told.
func TestAFastModeWithoutLimitsIsNever(t *testing.T) {
	a := newAccount(t, plainAccount(Limits{}))
	d := a.Arrive(noon, Call{Model: "claude-opus-5-5", Fast: true})
	h := http.Header{}
	d.Headers.write(h)
	if d.Status != http.StatusTooManyRequests || d.RetryAfter != time.Minute || h.Get("anthropic-fast-input-tokens-limit") != "0" || h.Get("anthropic-fast-output-tokens-limit") != "0" {
		t.Errorf("got %+v and %v, want a 429 whose limits are 0", d, h)
	}
}
