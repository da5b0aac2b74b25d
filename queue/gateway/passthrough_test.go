package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"paceline/queue"
)

func itoa(n int) string { return strconv.Itoa(n) }

// What is not paced does not wait for what is, and is none of the queue's
// business.
func TestUnpacedRoutesDoNotWait(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxInFlight = 1
	here, release := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/v1/messages" {
			close(here)
			<-release
		}
		_, _ = fmt.Fprintf(w, "%s %s %s %d", r.Method, r.URL.RequestURI(), body, r.ContentLength)
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, s)
	done := make(chan answer)
	go func() { done <- r.post("/v1/messages", hello) }()
	<-here
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/messages/count_tokens", hello},
		{"POST", "/v1/messages/batches", `{"requests":[]}`},
		{"GET", "/v1/messages/batches?limit=20", ""},
		{"GET", "/v1/messages/batches/msgbatch_1/results", ""},
		{"POST", "/v1/messages/batches/msgbatch_1/cancel", ""},
		{"DELETE", "/v1/messages/batches/msgbatch_1", ""},
		{"GET", "/v1/models?after_id=x", ""},
		{"GET", "/v1/models/claude-sonnet-5-5", ""},
		{"POST", "/v1/files", strings.Repeat("file", 200_000)},
		{"GET", "/v1/files/file_1/content", ""},
		{"DELETE", "/v1/files/file_1", "with a body"},
	} {
		a := send(t.Context(), t, c.method, r.url+c.path, strings.NewReader(c.body))
		if want := fmt.Sprintf("%s %s %s %d", c.method, c.path, c.body, len(c.body)); a.status != 200 || a.body != want {
			t.Errorf("%s %s: got %d %.100q, want %.100q", c.method, c.path, a.status, a.body, want)
		}
		if a.header.Get("X-Paceline-Lane") != "unpaced" || a.header.Get("X-Paceline-Request-Id") == "" {
			t.Errorf("%s: the header is %v", c.path, a.header)
		}
	}
	if m := r.queue.Report().Metrics; m.TotalRequests != 1 {
		t.Errorf("the queue counts %d, want the one message", m.TotalRequests)
	}
	close(release)
	if a := <-done; a.status != 200 {
		t.Errorf("the message: got %d", a.status)
	}
}

func TestHeadHasALengthAndNoBody(t *testing.T) {
	url, heads := recorder(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12345\r\n\r\n")
	r := newRig(t, url, unspaced())
	a := r.talk("HEAD /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if !strings.Contains(a, "\r\nContent-Length: 12345\r\n") || !strings.HasSuffix(a, "\r\n\r\n") {
		t.Errorf("got %q", a)
	}
	if line, _, _ := strings.Cut(<-heads, "\n"); line != "HEAD /v1/models HTTP/1.1" {
		t.Errorf("the API was asked %q", line)
	}
}

// A large answer goes through as it comes: its beginning is here before its end
// exists.
func TestLargeAnswersAreNotCollected(t *testing.T) {
	next := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 8 {
			_, _ = w.Write(make([]byte, 1<<20))
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced())
	q, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/v1/files/file_1/content", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	for range 8 {
		if _, err := io.ReadFull(a.Body, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		next <- struct{}{}
	}
	if n, err := a.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// Nothing is tried again for an unpaced request, and its errors are the API's.
func TestUnpacedErrorsPassUnchanged(t *testing.T) {
	url, heads := recorder(t, "HTTP/1.1 529 Overloaded\r\nContent-Type: application/json\r\nX-Should-Retry: true\r\nContent-Length: 4\r\n\r\nfull")
	r := newRig(t, url, unspaced())
	a := r.post("/v1/messages/count_tokens", hello)
	if a.status != 529 || a.body != "full" || a.header.Get("X-Should-Retry") != "true" || a.header.Get("X-Paceline-Attempts") != "1" {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
	if len(heads) != 1 {
		t.Errorf("the API was asked %d times", len(heads))
	}
}

func TestUnpacedAndUnreachable(t *testing.T) {
	r := newRig(t, newHostile(t, func(w *wire) { w.reset() }), unspaced())
	a := r.post("/v1/messages/count_tokens", hello)
	if a.status != 502 || apiErrorType(a.body) != "api_error" || a.header.Get("X-Paceline-Refused") != "unreachable" || a.header.Get("X-Should-Retry") != "" {
		t.Errorf("got %d %q %v, want 502 that may be tried again", a.status, a.body, a.header)
	}
}

func TestUnpacedAnswerThatBreaksOffIsSeenAsBroken(t *testing.T) {
	r := newRig(t, newHostile(t, func(w *wire) {
		if _, ok := w.request(); ok {
			w.say(jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + chunk("{"))
		}
	}), unspaced())
	if a := r.post("/v1/messages/count_tokens", hello); a.err == nil {
		t.Errorf("the answer looks whole: %d %q", a.status, a.body)
	}
}

// Whoever leaves an unpaced request ends the API's answer, too, and is told from
// an API that broke off.
func TestUnpacedHangUpEndsTheCall(t *testing.T) {
	for name, begun := range map[string]bool{"before the header": false, "in the body": true} {
		t.Run(name, func(t *testing.T) {
			ended, here := make(chan struct{}), make(chan struct{})
			inHostileBubble(t, unspaced(), func(w *wire) {
				defer close(ended)
				if _, ok := w.request(); !ok {
					return
				}
				if begun {
					w.say(jsonHead + "Content-Length: 100\r\n\r\n{")
				}
				close(here)
				_, _ = io.Copy(io.Discard, bufio.NewReader(w.in)) // until it is given up
			}, func(b *hostileBubble) {
				ctx, leave := context.WithCancel(b.Context())
				wait := b.background(func() { b.askWith(ctx, "GET", "/v1/models", "") })
				<-here
				b.counts()
				leave()
				wait()
				<-ended
				b.counts()
				if text := b.log.String(); !strings.Contains(text, `"status":499`) {
					t.Errorf("the log says %s", text)
				}
			})
		})
	}
}
