package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"paceline/queue"
)

// The rows of the API's error table, as the official SDK tells them.
func TestEveryErrorRow(t *testing.T) {
	_, url := serve(t, fast())
	for _, c := range []struct {
		outcome string
		status  int
		kind    string
		after   string
	}{
		{"400", 400, "invalid_request_error", ""},
		{"400-spend", 400, "invalid_request_error", ""},
		{"401", 401, "authentication_error", ""},
		{"402", 402, "billing_error", ""},
		{"403", 403, "permission_error", ""},
		{"404", 404, "not_found_error", ""},
		{"408", 408, "timeout_error", ""},
		{"409", 409, "conflict_error", ""},
		{"413", 413, "request_too_large", ""},
		{"418", 418, "invalid_request_error", ""},
		{"429", 429, "rate_limit_error", "1"},
		{"429-bare", 429, "rate_limit_error", ""},
		{"spend_cap", 429, "rate_limit_error", ""},
		{"contract_spend_limit_reached", 429, "rate_limit_error", ""},
		{"linked_organization_spend_limit_reached", 402, "billing_error", ""},
		{"organization_on_hold", 400, "invalid_request_error", ""},
		{"ramp_limit_exceeded", 429, "rate_limit_error", "5"},
		{"claude-code-spend", 429, "rate_limit_error", "3600"},
		{"unknown-code", 429, "rate_limit_error", ""},
		{"400-spend-workspace", 400, "invalid_request_error", ""},
		{"lacking", 429, "rate_limit_error", ""},
		{"unified", 429, "rate_limit_error", ""},
		{"500", 500, "api_error", ""},
		{"503", 503, "api_error", ""},
		{"504", 504, "timeout_error", ""},
		{"529", 529, "overloaded_error", ""},
	} {
		for _, body := range []string{hello, streamed} {
			w, err := httpClient(t).Do(newRequest(t, "POST", url+"/v1/messages", body, "x-sim-error", c.outcome))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(w.Body)
			_ = w.Body.Close()
			kind, _ := refusal(t, w, got)
			if w.StatusCode != c.status || kind != c.kind || w.Header.Get("retry-after") != c.after {
				t.Errorf("%s: got %d %s, retry-after %q, want %d %s, %q",
					c.outcome, w.StatusCode, kind, w.Header.Get("retry-after"), c.status, c.kind, c.after)
			}
			code := map[string]string{"spend_cap": "enforced_spend_limit_reached", "contract_spend_limit_reached": c.outcome,
				"linked_organization_spend_limit_reached": c.outcome, "organization_on_hold": c.outcome, "ramp_limit_exceeded": c.outcome,
				"unknown-code": "some_new_limit_reached"}[c.outcome]
			if coded := strings.Contains(string(got), `"details":{"error_code":"`+code+`"}`); coded != (code != "") {
				t.Errorf("%s: got %s, want the code %q", c.outcome, got, code)
			}
		}
		client := sdk(url, option.WithMaxRetries(0), option.WithHeader("x-sim-error", c.outcome))
		_, err := client.Messages.New(t.Context(), ask1("Hello"))
		told, ok := errors.AsType[*anthropic.Error](err)
		if !ok || told.StatusCode != c.status || !strings.HasPrefix(told.RequestID, "req_") {
			t.Errorf("%s: the SDK got %v, want status %d and a request id", c.outcome, err, c.status)
		}
	}
}

func TestForcedRetryAfter(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	const date = "Mon, 23 Nov 2026 12:00:00 GMT"
	for _, outcome := range []string{"429", "529"} {
		w := do(t, h, "POST", "/v1/messages", hello, "x-sim-error", outcome, "x-sim-retry-after", date)
		if got := w.Header().Get("retry-after"); got != date {
			t.Errorf("%s: got retry-after %q, want %q", outcome, got, date)
		}
	}
	if got := do(t, h, "POST", "/v1/messages", hello, "x-sim-error", "429").Header().Get("retry-after"); got != "1" {
		t.Errorf("the next one: got retry-after %q, want 1", got)
	}
}

func TestErrorsHoldAtEveryAddress(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/messages", "no JSON"},
		{"POST", "/v1/messages/count_tokens", hello},
		{"POST", "/v1/messages/count_tokens", "no JSON"},
		{"GET", "/v1/models", ""},
		{"GET", "/v1/models/x", ""},
		{"GET", "/v1/messages/batches", ""},
	} {
		if w := do(t, h, c.method, c.path, c.body, "x-sim-error", "529"); w.Code != 529 {
			t.Errorf("%s %s: got %d %s, want 529", c.method, c.path, w.Code, w.Body)
		}
	}
}

// The SDK tries again by itself, and gets through when the error has come as often
// as was asked for.
func TestErrorsSoManyTimes(t *testing.T) {
	t.Parallel()
	h, url := serve(t, fast())
	for i, c := range []struct {
		outcome string
		retries int
		ok      bool
	}{
		{"500*2", 2, true}, {"500*2", 1, false}, {"reset*1", 1, true}, {"none*3", 0, true}, {"none", 0, true},
	} {
		client := sdk(url, option.WithMaxRetries(c.retries), option.WithHeader("x-sim-error", c.outcome),
			option.WithHeader("x-sim-id", fmt.Sprint("request ", i)))
		_, err := client.Messages.New(t.Context(), ask1("Hello"))
		if (err == nil) != c.ok {
			t.Errorf("%s with %d retries: got %v", c.outcome, c.retries, err)
		}
	}
	for i := range maxIDs + 100 {
		if !h.overrides.count(fmt.Sprint("many ", i), 1) {
			t.Fatalf("the first attempt of request %d: got an answer, want the error", i)
		}
	}
	if n, m := len(h.overrides.attempts), len(h.overrides.ids); n != maxIDs || m != maxIDs {
		t.Errorf("after many: got %d counts and %d names, want %d", n, m, maxIDs)
	}
	if h.overrides.count(fmt.Sprint("many ", maxIDs+99), 1) {
		t.Error("the last name was forgotten first")
	}
}

func TestFailNext(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	if err := h.FailNext("529*2", "spend_cap", "none"); err != nil {
		t.Fatal(err)
	}
	if w := do(t, h, "GET", "/v1/models", ""); w.Code != 200 {
		t.Errorf("models: got %d, want 200", w.Code)
	}
	for i, want := range []int{529, 529, 429, 200, 400, 200} {
		var header []string
		if want == 200 || want == 400 {
			header = []string{"x-sim-error", map[bool]string{true: "none", false: "400"}[want == 200]}
		}
		if i == 3 {
			header = []string{"x-sim-error", "400"} // FailNext comes first
		}
		if w := do(t, h, "POST", "/v1/messages", hello, header...); w.Code != want {
			t.Errorf("request %d: got %d, want %d", i, w.Code, want)
		}
	}
	if err := h.FailNext("529", "oops"); err == nil || !strings.HasPrefix(err.Error(), "sim: fail next: no such outcome") {
		t.Errorf("unknown outcome: got %v", err)
	}
	for range maxQueued / maxTimes {
		if err := h.FailNext(fmt.Sprint("529*", maxTimes)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.FailNext("529"); err == nil {
		t.Error("one too many: got no error")
	}
}

// broken sends a request and says how its answer broke off, and what came of it.
func broken(t *testing.T, url, body string, header ...string) (status int, got string, err error) {
	t.Helper()
	w, err := httpClient(t).Do(newRequest(t, "POST", url+"/v1/messages", body, header...))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = w.Body.Close() }()
	all, err := io.ReadAll(w.Body)
	return w.StatusCode, string(all), err
}

func TestConnectionsThatBreak(t *testing.T) {
	_, url := serve(t, fast())
	for _, c := range []struct {
		outcome, body string
		status        int
		err           error
		begin, end    string
	}{
		{"reset", hello, 0, syscall.ECONNRESET, "", ""},
		{"reset", streamed, 0, syscall.ECONNRESET, "", ""},
		{"reset-mid-stream", streamed, 200, io.ErrUnexpectedEOF, "event: message_start\n", "}\n\n"},
		{"reset-mid-stream", hello, 200, io.ErrUnexpectedEOF, `{"id":"msg_`, ""},
		{"half-body", hello, 200, io.ErrUnexpectedEOF, `{"id":"msg_`, ""},
		{"half-body", streamed, 200, io.ErrUnexpectedEOF, "event: message_start\n", `event: content_block_delta` + "\n" + `data: {"type":"content_block_delta"`},
		{"stream-error", streamed, 200, nil, "event: message_start\n",
			"event: error\ndata: " + `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded (simulated)"}}` + "\n\n"},
		{"cut", hello, 200, nil, `{"id":"msg_`, ""},
		{"cut", streamed, 200, nil, "event: message_start\n", "}\n\n"},
		{"garbage", hello, 200, nil, "<html>", "</html>\n"},
		{"garbage", streamed, 200, nil, "event: message_start\n", "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			status, got, err := broken(t, url, c.body, "x-sim-error", c.outcome, "x-sim-tokens", "9")
			if status != c.status || !errors.Is(err, c.err) {
				t.Fatalf("got %d and %v, want %d and %v", status, err, c.status, c.err)
			}
			if !strings.HasPrefix(got, c.begin) || !strings.Contains(got, c.end) {
				t.Errorf("got %q, want it to begin with %q and end with %q", got, c.begin, c.end)
			}
			if c.outcome != "garbage" && strings.Contains(got, "message_stop") || c.status == 200 && c.body == hello && json.Valid([]byte(got)) {
				t.Errorf("got %q, want no whole answer", got)
			}
			if n := strings.Count(got, "text_delta"); c.body == streamed && c.status == 200 && c.outcome != "garbage" && n != 4 {
				t.Errorf("got %d pieces, want 4 of 9", n)
			}
		})
	}
}

// What comes with 200 and is no answer.
func TestSuccessesThatAreNoAnswer(t *testing.T) {
	_, url := serve(t, fast())
	for outcome, want := range map[string]string{"page": "<!DOCTYPE html>", "empty": "", "error-200": `{"type":"error","error":`} {
		for _, body := range []string{hello, streamed} {
			status, got, err := broken(t, url, body, "x-sim-error", outcome)
			if status != 200 || err != nil || !strings.HasPrefix(got, want) || (got == "") != (want == "") {
				t.Errorf("%s: got %d %q, %v, want 200 and %q", outcome, status, got, err, want)
			}
		}
	}
}

func TestSDKRaisesAnErrorInTheStream(t *testing.T) {
	_, url := serve(t, fast())
	client := sdk(url, option.WithHeader("x-sim-error", "stream-error"), option.WithHeader("x-sim-tokens", "9"))
	stream := client.Messages.NewStreaming(t.Context(), ask1("Hello"))
	var got anthropic.Message
	for stream.Next() {
		if err := got.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err == nil || !strings.Contains(err.Error(), "overloaded_error") {
		t.Errorf("got %v, want an overloaded_error", err)
	}
	if len(got.Content) != 1 || got.Content[0].Text == "" {
		t.Errorf("got %+v before, want some text", got.Content)
	}
}

func TestSilenceEndsWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	h := NewHandler(newAPI(t, 1, fast()))
	for _, outcome := range []string{"silence", "silence-mid-stream"} {
		for _, body := range []string{hello, streamed} {
			ended := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				h.ServeHTTP(w, r)
			}))
			client := httpClient(t)
			client.Timeout = 200 * time.Millisecond
			w, err := client.Do(newRequest(t, "POST", server.URL+"/v1/messages", body, "x-sim-error", outcome, "x-sim-tokens", "4"))
			if (err == nil) != (outcome == "silence-mid-stream") {
				t.Fatalf("%s: got %v", outcome, err)
			}
			if err == nil {
				got, err := io.ReadAll(w.Body)
				_ = w.Body.Close()
				if err == nil || len(got) == 0 {
					t.Errorf("%s: got %q and %v, want a part and a time-out", outcome, got, err)
				}
			}
			<-ended
			server.Close()
		}
	}
}

// What chance and an outage make fail comes over HTTP as the API tells it.
func TestFailuresComeOverHTTP(t *testing.T) {
	for class, want := range map[queue.Class]string{
		queue.Overloaded: "529 overloaded_error: Overloaded", queue.ServerError: "500 api_error: Internal server error",
		queue.Timeout: "504 timeout_error: Request timed out", queue.RateLimited: "429 rate_limit_error: this request would exceed the rate limit of 50 requests per minute",
	} {
		var failure *queue.Error
		switch class {
		case queue.Overloaded:
			failure = overloaded()
		case queue.RateLimited:
			failure = rateLimited(50, 2*time.Second)
		default:
			for kind := 0.0; failure == nil || failure.Class != class; kind += 0.1 {
				failure = failureError(kind)
			}
		}
		p := asProblem(failure)
		if got := fmt.Sprintf("%d %s: %s", p.status, p.kind, p.message); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if after := map[bool]string{true: "2"}[class == queue.RateLimited]; p.retryAfter != after {
			t.Errorf("%v: got retry-after %q, want %q", class, p.retryAfter, after)
		}
	}
	c := fast()
	c.Overloaded = 1
	h, url := serve(t, c)
	if status, got, _ := broken(t, url, hello); status != 529 || !strings.Contains(got, `"message":"Overloaded"`) {
		t.Errorf("all overloaded: got %d %s", status, got)
	}
	if status, got, _ := broken(t, url, hello, "x-sim-error", "none"); status != 200 {
		t.Errorf("x-sim-error: none: got %d %s, want an answer", status, got)
	}
	c.Overloaded = 0
	if err := h.api.SetConditions(c); err != nil {
		t.Fatal(err)
	}
	h.api.SetOutage(true)
	counts := map[int]int{}
	for range 30 {
		status, _, _ := broken(t, url, hello, "x-sim-latency", "0s")
		counts[status]++
	}
	if counts[0] < 15 || counts[0]+counts[500] != 30 {
		t.Errorf("an outage: got %v, want mostly resets, else 500", counts)
	}
}
