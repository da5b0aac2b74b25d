package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
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
		"a rise, no time":    {headerOf(), tooMany("ramp_limit_exceeded"), queue.Error{Class: queue.RateLimited, Ramp: true}},
		"the tier's cap":     {headerOf(), tooMany("enforced_spend_limit_reached"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
		"the contract's":     {headerOf(), tooMany("contract_spend_limit_reached"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
		"the linked one's":   {headerOf(), tooMany("linked_organization_spend_limit_reached"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
		"on hold":            {limits, tooMany("organization_on_hold"), queue.Error{Class: queue.SpendCap, RetryAfter: untilDecember}},
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

// exchangeOf is an exchange whose answer is recorded.
func exchangeOf(t *testing.T) (*exchange, *httptest.ResponseRecorder) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", nil)
	return &exchange{gateway: &Gateway{}, w: w, r: r, control: http.NewResponseController(w), id: "pr_1"}, w
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
