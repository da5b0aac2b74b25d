package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMessageGoesThroughTheQueue(t *testing.T) {
	r := newRig(t, simulated(t), unspaced())
	a := r.post("/v1/messages", hello)
	if a.status != 200 || !strings.Contains(a.body, `"type":"message"`) {
		t.Fatalf("got %d %s, want 200 and a message", a.status, a.body)
	}
	for _, name := range []string{"Request-Id", "X-Paceline-Request-Id", "X-Paceline-Waited-Ms", "X-Paceline-Simulated", "Anthropic-Ratelimit-Requests-Limit"} {
		if a.header.Get(name) == "" {
			t.Errorf("the answer has no %s", name)
		}
	}
	if got := a.header.Get("X-Paceline-Attempts"); got != "1" {
		t.Errorf("attempts: got %q, want 1", got)
	}
	org := a.header.Get("Anthropic-Organization-Id")
	if got, want := a.header.Get("X-Paceline-Lane"), org+"/sonnet-5-5"; got != want {
		t.Errorf("lane: got %q, want %q", got, want)
	}
	if m := r.queue.Report().Metrics; m.Successful != 1 {
		t.Errorf("the queue counts %+v, want one success", m)
	}
}

func TestStreamIsComplete(t *testing.T) {
	r := newRig(t, simulated(t), unspaced())
	a := r.post("/v1/messages", strings.Replace(hello, "{", `{"stream":true,`, 1))
	if a.status != 200 || !strings.HasSuffix(a.body, "\n\n") || !strings.Contains(a.body, "event: message_stop") {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if m := r.queue.Report().Metrics; m.Successful != 1 {
		t.Errorf("the queue counts %+v, want one success", m)
	}
}

// The API gets what the client wrote, to the byte, and again with each attempt.
func TestBodyIsSentOnAsItIs(t *testing.T) {
	for _, size := range []int{0, 1, 255 << 10, 256 << 10, 256<<10 + 1, 3 << 20} {
		text := strings.Repeat("x\u00e9\\u0041 ", size/8+1)[:size]
		body := `{ "model" : "claude-sonnet-5-5" ,"unknown":{"a":[1,2.50,1e400]},  "text":"` + text + `"}` + "\n"
		var got []string
		upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var b strings.Builder
			_, _ = readAll(&b, r)
			got = append(got, b.String())
			if len(got) == 1 {
				w.Header().Set("Retry-After-Ms", "1") // a pause is shorter than a back-off
				w.WriteHeader(429)
				return
			}
			_, _ = w.Write([]byte(`{"type":"message"}`))
		}))
		r := newRig(t, upstream.URL, unspaced())
		a := r.post("/v1/messages", body)
		if a.status != 200 || a.header.Get("X-Paceline-Attempts") != "2" {
			t.Errorf("%d bytes: got %d after %s attempts, want 200 after 2", size, a.status, a.header.Get("X-Paceline-Attempts"))
		}
		for i, b := range got {
			if b != body {
				t.Errorf("%d bytes, attempt %d: the body was changed: %d bytes came", size, i+1, len(b))
			}
		}
		upstream.Close()
	}
}
