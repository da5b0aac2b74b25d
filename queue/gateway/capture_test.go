package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue/gateway"
)

// captured serves a gateway that captures in front of an upstream, lets use use it, and returns
// what was captured, as it is and as records.
func captured(t *testing.T, upstream http.HandlerFunc, use func(r *rig)) (text string, records []gateway.CaptureRecord) {
	t.Helper()
	server := httptest.NewServer(upstream)
	defer server.Close()
	var b bytes.Buffer
	capture := gateway.NewCapture(&b, 1<<20, func(err error) { t.Errorf("ended: %v", err) })
	s := unspaced()
	s.Attempts = 1
	use(newRig(t, server.URL, s, func(o *gateway.Options) { o.Capture = capture }))
	capture.Close()
	for line := range strings.Lines(b.String()) {
		var r gateway.CaptureRecord
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		records = append(records, r)
	}
	return b.String(), records
}

// A record has the limits as the headers tell them, the wait, the codes, the tokens and sizes.
func TestCaptureHasWhatTheAnswersTell(t *testing.T) {
	date := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	answers := []func(h http.Header) (status int, body string){
		func(h http.Header) (int, string) {
			h.Set("Anthropic-Ratelimit-Requests-Limit", "50")
			h.Set("Anthropic-Ratelimit-Requests-Remaining", "49")
			h.Set("Anthropic-Ratelimit-Requests-Reset", date.Add(2*time.Second).Format(time.RFC3339))
			h.Set("Anthropic-Fast-Input-Tokens-Limit", "30000")
			return 200, `{"type":"message","usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":100,"output_tokens":7}}`
		},
		func(h http.Header) (int, string) {
			h.Set("Retry-After", "7")
			h.Set("X-Should-Retry", "false")
			return 429, `{"type":"error","error":{"type":"rate_limit_error","message":"no","details":{"error_code":"ramp_limit_exceeded"}}}`
		},
		func(h http.Header) (int, string) {
			h.Set("Retry-After", date.Add(9*time.Second).Format(http.TimeFormat))
			return 529, `{"type":"error","error":{"type":"overloaded_error","message":"no"}}`
		},
	}
	n := 0
	_, records := captured(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = readAll(new(bytes.Buffer), r)
		w.Header().Set("Date", date.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		status, body := answers[n](w.Header())
		n++
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}, func(r *rig) {
		for range answers {
			_ = r.post("/v1/messages", hello, "X-Should-Retry", "false")
		}
	})
	if len(records) != 3 {
		t.Fatalf("got %d records, want 3", len(records))
	}
	for i, want := range []string{
		`"model":"sonnet-5-5","stream":false,"bytes":1000,"input":15,"cacheRead":100,"output":7,"status":200`,
		`"status":429,"failure":"rate limited","errorType":"rate_limit_error","errorCode":"ramp_limit_exceeded"`,
		`"status":529,"failure":"overloaded","errorType":"overloaded_error"`,
	} {
		if line, err := json.Marshal(records[i]); err != nil || !strings.Contains(string(line), want) {
			t.Errorf("record %d: got %s, %v, want %s", i, line, err, want)
		}
	}
	limits, err := json.Marshal(records[0].Limits)
	if want := `[{"name":"ratelimit-requests","limit":50,"remaining":49,"resetMs":2000},{"name":"fast-input-tokens","limit":30000}]`; err != nil || string(limits) != want {
		t.Errorf("got %s, %v, want %s", limits, err, want)
	}
	if ms := *records[0].DateMs; ms < -70_000 || ms > -59_000 {
		t.Errorf("the clock is %d ms ahead, want about -60,000", ms)
	}
	if a := records[1].RetryAfter; a == nil || *a != (gateway.CaptureRetryAfter{Form: "seconds", Ms: 7000}) || records[1].ShouldRetry != "false" {
		t.Errorf("got %+v, %q", a, records[1].ShouldRetry)
	}
	if a := records[2].RetryAfter; a == nil || *a != (gateway.CaptureRetryAfter{Form: "date", Ms: 9000}) {
		t.Errorf("got %+v", a)
	}
}

// Whatever clients and the API send, nothing that names or quotes anybody is in a capture.
func TestCaptureHasNoNamesKeysAndTexts(t *testing.T) {
	const secret = "Zq7secret"
	bodies := []string{
		`{"type":"message","id":"msg_%[1]s","model":"%[1]s","content":[{"text":"%[1]s"}],"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"%[1]s"}}`,
		`{"type":"error","error":{"type":"%[1]s","message":"%[1]s","details":{"error_code":"%[1]s"}},"request_id":"%[1]s"}`,
		"%[1]s",
	}
	n := 0
	text, records := captured(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = readAll(new(bytes.Buffer), r)
		h := w.Header()
		h.Set("Content-Type", "application/json")
		for _, name := range []string{
			"Request-Id", "Anthropic-Organization-Id", "Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Reset", "Anthropic-Ratelimit-" + secret + "-Limit",
			"Retry-After", "X-Should-Retry", "Set-Cookie", "Anthropic-Workspace-Id", "Cf-Ray", "Date",
		} {
			h.Set(name, secret)
		}
		status := []int{200, 429, 400, 500}[n%4]
		body := bodies[n%len(bodies)]
		if n++; strings.Contains(body, "%") {
			body = fmt.Sprintf(body, secret)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}, func(r *rig) {
		for range 12 {
			_ = r.post("/v1/messages?beta="+secret, `{"model":"claude-`+secret+`","max_tokens":10,"system":"`+secret+`","metadata":{"user_id":"`+secret+`"},"messages":[{"role":"user","content":"`+secret+`"}]}`,
				"X-Api-Key", "sk-"+secret, "X-Paceline-User", secret, "X-Paceline-Request-Id", secret, "Idempotency-Key", secret, "User-Agent", secret,
				"X-Claude-Code-Session-Id", secret, "X-Stainless-Timeout", "1")
		}
	})
	if len(records) < 12 {
		t.Errorf("got %d records, want one for each call", len(records))
	}
	if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
		t.Errorf("a secret is in\n%s", text)
	}
}

// broken is a file on a disk that is full after some bytes, or blocks.
type broken struct {
	mu    sync.Mutex
	left  int
	block chan struct{} // nil: it does not block
}

var errDisk = errors.New("no space left on device")

func (b *broken) Write(p []byte) (int, error) {
	if b.block != nil {
		<-b.block
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left -= len(p); b.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

// A disk that is full, or a file that is as large as it may be, ends the capture, once, and no
// request; nor does any wait for a disk that blocks.
func TestCaptureEndsAndRequestsGoOn(t *testing.T) {
	for what, c := range map[string]struct {
		file *broken
		most int64
		want error
	}{
		"a full disk":        {&broken{left: 500}, 1 << 20, errDisk},
		"as large as may be": {&broken{left: 1 << 20}, 500, nil},
		"a disk that blocks": {&broken{left: 1 << 20, block: make(chan struct{})}, 1 << 20, nil},
	} {
		t.Run(what, func(t *testing.T) {
			var ends []error
			capture := gateway.NewCapture(c.file, c.most, func(err error) { ends = append(ends, err) })
			r := newRig(t, simulated(t), unspaced(), func(o *gateway.Options) { o.Capture = capture })
			for range 300 { // more than wait to be written
				if a := r.post("/v1/messages", hello); a.status != 200 || a.err != nil {
					t.Fatalf("got %d, %v, want 200", a.status, a.err)
				}
			}
			if c.file.block != nil {
				close(c.file.block)
			}
			capture.Close()
			capture.Close()
			if blocks := c.file.block != nil; blocks && len(ends) > 0 || !blocks && (len(ends) != 1 || c.want != nil && !errors.Is(ends[0], c.want)) {
				t.Errorf("ended with %v", ends)
			}
		})
	}
}
