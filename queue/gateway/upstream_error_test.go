package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// headerOf returns a header of names and values.
func headerOf(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// tooMany is the body of a 429 with an error code, if there is one.
func tooMany(code string) string {
	details := ""
	if code != "" {
		details = `,"details":{"error_code":"` + code + `"}`
	}
	return `{"type":"error","error":{"type":"rate_limit_error","message":"Too many."` + details + `},"request_id":"req_1"}`
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// A 429 may be about a bucket, about how fast the traffic rises, about money, or
// about its request alone. Once the last two paused everybody.
func TestWhatA429IsAbout(t *testing.T) {
	const untilDecember = 7*24*time.Hour + 12*time.Hour // from noon on 23 November
	limits := limited("requests", "50", "0")
	undated := func(c queue.Cap) queue.Error {
		return queue.Error{Class: queue.SpendCap, Cap: c, RetryAfter: queue.CapRetry, Undated: true}
	}
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   queue.Error
	}{
		"a bucket":          {headerOf("retry-after", "7"), tooMany(""), queue.Error{Class: queue.RateLimited, RetryAfter: 7 * time.Second}},
		"a bucket, at once": {headerOf("retry-after", "0"), tooMany(""), queue.Error{Class: queue.RateLimited}},
		"in milliseconds":   {headerOf("retry-after-ms", "250"), tooMany(""), queue.Error{Class: queue.RateLimited, RetryAfter: 250 * time.Millisecond}},
		"limits, no time":   {limits, tooMany(""), queue.Error{Class: queue.RateLimited}},
		"limits of the fast mode": {
			headerOf("anthropic-fast-input-tokens-remaining", "0"), tooMany(""), queue.Error{Class: queue.RateLimited},
		},
		"one request":             {headerOf(), tooMany(""), queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		"one request, no body":    {headerOf(), "", queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		"one request, other code": {headerOf(), tooMany("extra_usage_required"), queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		"a time that is none":     {headerOf("retry-after", "soon"), tooMany(""), queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		"one request of a subscription": {
			headerOf("anthropic-ratelimit-unified-status", "allowed", "anthropic-ratelimit-unified-reset", unix(noon.Add(time.Hour))),
			tooMany(""), queue.Error{Class: queue.RateLimited, RequestScoped: true},
		},
		"a subscription's window": {
			headerOf("anthropic-ratelimit-unified-status", "rejected", "anthropic-ratelimit-unified-reset", unix(noon.Add(9000*time.Second))),
			tooMany(""), queue.Error{Class: queue.RateLimited, RetryAfter: 9000 * time.Second},
		},
		"a subscription, no time": {
			headerOf("anthropic-ratelimit-unified-status", "rejected"), tooMany(""), queue.Error{Class: queue.RateLimited},
		},
		"a rise": {
			headerOf("retry-after", "5"), tooMany("ramp_limit_exceeded"), queue.Error{Class: queue.RateLimited, RetryAfter: 5 * time.Second, Ramp: true},
		},
		"a rise, no time":  {headerOf(), tooMany("ramp_limit_exceeded"), queue.Error{Class: queue.RateLimited, Ramp: true}},
		"the tier's cap":   {headerOf(), tooMany("enforced_spend_limit_reached"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
		"the contract's":   {headerOf(), tooMany("contract_spend_limit_reached"), undated(queue.ContractCap)},
		"the linked one's": {headerOf(), tooMany("linked_organization_spend_limit_reached"), undated(queue.LinkedCap)},
		"on hold":          {limits, tooMany("organization_on_hold"), undated(queue.OnHold)},
		"a bucket, but not to be tried again": {
			headerOf("retry-after", "1", "x-should-retry", "false"), tooMany(""), queue.Error{Class: queue.RateLimited, RetryAfter: time.Second, Retry: queue.RetryNo},
		},
		"a workspace's cap":  {headerOf("retry-after", "60"), tooMany("workspace_spend_limit_reached"), queue.Error{Class: queue.RateLimited, RetryAfter: time.Minute}},
		"the cap, zipped":    {headerOf("content-encoding", "gzip"), zipped(t, tooMany("enforced_spend_limit_reached")), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
		"the cap, unzipped":  {headerOf("content-encoding", "gzip"), tooMany("enforced_spend_limit_reached"), queue.Error{Class: queue.RateLimited, RequestScoped: true}},
		"the cap, told back": {headerOf("x-should-retry", "false"), tooMany("enforced_spend_limit_reached"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember, Retry: queue.RetryNo}},
	} {
		got := *(&upstreamError{status: http.StatusTooManyRequests, header: c.header, body: []byte(c.body)}).classify(false, noon)
		if got.Err = nil; got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
	overloaded := upstreamError{status: 529, header: headerOf(), body: []byte(tooMany("enforced_spend_limit_reached"))}
	if got := overloaded.classify(false, noon); got.Class != queue.Overloaded || got.RequestScoped || got.RetryAfter != 0 {
		t.Errorf("a 529: got %+v, want it overloaded", got)
	}
}

// An end of credit may have another status than 429: then it once looked like a caller's
// mistake, or like a key that is dead.
func TestEndsOfCreditOfAnyStatus(t *testing.T) {
	said := func(kind, message, code string) string {
		return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q,"details":{"error_code":%q}},"request_id":"req_1"}`, kind, message, code)
	}
	const own, workspace = "You have reached your specified API usage limits.", "You have reached your specified workspace API usage limits."
	const untilDecember = 7*24*time.Hour + 12*time.Hour // from noon on 23 November
	for name, c := range map[string]struct {
		status  int
		body    string
		callers bool // the key is the client's
		want    queue.Error
	}{
		"on hold":     {400, said("invalid_request_error", "x", "organization_on_hold"), false, queue.Error{Class: queue.SpendCap, Cap: queue.OnHold, RetryAfter: queue.CapRetry, Undated: true}},
		"linked":      {402, said("billing_error", "x", "linked_organization_spend_limit_reached"), false, queue.Error{Class: queue.SpendCap, Cap: queue.LinkedCap, RetryAfter: queue.CapRetry, Undated: true, RequestScoped: true}},
		"billing":     {402, said("billing_error", "x", "some_other"), false, queue.Error{Class: queue.KeyRefused}},
		"own":         {400, said("invalid_request_error", own+" You will regain access on 2026-12-01 at 00:00 UTC.", ""), true, queue.Error{Class: queue.SpendCap, Cap: queue.OwnCap, RetryAfter: untilDecember, CallerKey: true}},
		"own, no day": {400, said("invalid_request_error", own, ""), false, queue.Error{Class: queue.SpendCap, Cap: queue.OwnCap, RetryAfter: queue.CapRetry, Undated: true}},
		"own, past":   {400, said("invalid_request_error", own+" You will regain access on 2026-11-01 at 00:00 UTC.", ""), false, queue.Error{Class: queue.SpendCap, Cap: queue.OwnCap, RetryAfter: queue.CapRetry, Undated: true}},
		"own, absurd": {400, said("invalid_request_error", own+" You will regain access on 2126-12-01 at 00:00 UTC.", ""), false, queue.Error{Class: queue.SpendCap, Cap: queue.OwnCap, RetryAfter: queue.CapRetry, Undated: true}},
		"a workspace's, with our key": {
			400, said("invalid_request_error", workspace+" You will regain access on 2026-12-01 at 00:00 UTC.", ""), false, queue.Error{Class: queue.SpendCap, Cap: queue.WorkspaceCap, RetryAfter: untilDecember},
		},
		"a workspace's, with the client's key": {
			400, said("invalid_request_error", workspace+" You will regain access on 2026-12-01 at 00:00 UTC.", ""), true,
			queue.Error{Class: queue.SpendCap, Cap: queue.WorkspaceCap, RetryAfter: untilDecember, CallerKey: true, RequestScoped: true},
		},
		"quoted":  {400, said("invalid_request_error", "messages.0.content: "+own, ""), false, queue.Error{Class: queue.ClientError}},
		"a 404":   {404, said("not_found_error", own, ""), false, queue.Error{Class: queue.ClientError}},
		"a 529":   {529, said("overloaded_error", "x", "organization_on_hold"), false, queue.Error{Class: queue.Overloaded}},
		"mistake": {400, said("invalid_request_error", "max_tokens: Field required", ""), false, queue.Error{Class: queue.ClientError}},
	} {
		got := *(&upstreamError{status: c.status, header: headerOf(), body: []byte(c.body)}).classify(c.callers, noon)
		if got.Err = nil; got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// An error code that nobody knows is shown, and nothing is made of it.
func TestUnknownErrorCodesAreShown(t *testing.T) {
	for code, want := range map[string]string{
		"some_new_limit_reached":        "429 rate_limit_error (some_new_limit_reached)",
		"":                              "429 rate_limit_error",
		"\x1b[31m\u202e":                `429 rate_limit_error (\x1b[31m\u202e)`,
		strings.Repeat("a", 100) + "\n": "429 rate_limit_error (" + strings.Repeat("a", maxErrorCode) + ")",
	} {
		encoded, _ := json.Marshal(code)
		body := `{"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":` + string(encoded) + `}}}`
		got := (&upstreamError{status: 429, header: headerOf("retry-after", "3"), body: []byte(body)}).classify(false, noon)
		if got.Error() != want || got.Class != queue.RateLimited || got.RetryAfter != 3*time.Second {
			t.Errorf("%q: got %q of class %v after %v, want %q", code, got.Error(), got.Class, got.RetryAfter, want)
		}
	}
}

// exchangeOf is an exchange whose answer is recorded.
func exchangeOf(t *testing.T) (*exchange, *httptest.ResponseRecorder) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", nil)
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return &exchange{gateway: &Gateway{queue: q}, w: w, r: r, control: http.NewResponseController(w), id: "pr_1"}, w
}

// What no bucket holds fails with the API's own answer. Why waiting does not help
// stands in the header: without it the client only saw a limit, and waited.
func TestOversizeIsTheAPIsAnswerWithTheReason(t *testing.T) {
	const sentence = "the request needs about 90000 input tokens, and the account's limit is 30000 a minute: make it smaller, or raise the limit"
	body := zipped(t, tooMany(""))
	for name, c := range map[string]struct {
		limit  string
		reason string
	}{
		"a limit":       {"input tokens", sentence},
		"a name broken": {"input\r\ntokens", `the request needs about 90000 input\r\ntokens, and the account's limit is 30000 a minute: make it smaller, or raise the limit`},
	} {
		x, w := exchangeOf(t)
		f := &upstreamError{
			status: 429, body: []byte(body),
			header: headerOf("content-type", "application/json", "content-encoding", "gzip", "retry-after", "60", "x-paceline-reason", "theirs"),
		}
		said := f.classify(false, noon)
		(&call{exchange: x, last: f}).conclude(context.Background(), &queue.OversizeError{Limit: c.limit, Needs: 90_000, PerMinute: 30_000, Err: said})
		h := w.Header()
		if w.Code != 429 || w.Body.String() != body || h.Get("Content-Encoding") != "gzip" || h.Get("Retry-After") != "60" || h.Get("X-Should-Retry") != "false" {
			t.Errorf("%s: got %d %v %q, want the API's answer, not to be tried again", name, w.Code, h, w.Body)
		}
		if got := h.Get("X-Paceline-Reason"); got != c.reason {
			t.Errorf("%s: the reason is %q, want %q", name, got, c.reason)
		}
	}

	x, w := exchangeOf(t)
	f := &upstreamError{status: 429, header: headerOf("retry-after", "60"), body: []byte(tooMany(""))}
	(&call{exchange: x, last: f}).conclude(context.Background(), errors.Join(f.classify(false, noon), queue.ErrWaitTooLong))
	if got, ok := w.Header()["X-Paceline-Reason"]; ok || w.Code != 429 {
		t.Errorf("a refusal of another kind: got %d with the reason %q, want 429 without", w.Code, got)
	}
}
