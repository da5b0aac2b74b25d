package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// chatEvents takes a stream of the route apart: its text, its error, and whether
// it ended with [DONE].
func chatEvents(b *bubble, body string) (text, failure string, done bool) {
	b.Helper()
	if body != "" && !strings.HasSuffix(body, "\n\n") {
		b.Errorf("the last event has no end: %q", body)
	}
	for event := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		data, ok := strings.CutPrefix(event, "data: ")
		switch {
		case !ok || done || strings.Contains(data, "\n"):
			b.Errorf("event %q, after [DONE]: %v", event, done)
		case data == "[DONE]":
			done = true
		default:
			var e struct{ Text, Error, Details string }
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				b.Errorf("event %q: %v", event, err)
			}
			text += e.Text
			failure += e.Error + e.Details
		}
	}
	return text, failure, done
}

func TestChatStreams(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		for _, c := range []struct{ query, body, model string }{
			{"?stream=true", `{"message":"m","userId":"u"}`, "claude-sonnet-5-5"},
			{"", `{"message":"m","userId":"u","isVoiceMode":true}`, "claude-haiku-5-5"},
		} {
			a := b.ask("POST", chatPath+c.query, c.body)
			text, failure, done := chatEvents(b, a.body)
			if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/event-stream") || a.header.Get("X-Paceline-Attempts") != "1" {
				b.Errorf("%s: got %d %q", c.body, a.status, a.header)
			}
			if !strings.HasPrefix(text, "This is a simulated answer: no model was asked") || failure != "" || !done {
				b.Errorf("%s: got %q, %q, done %v", c.body, text, failure, done)
			}
			if strings.Count(a.body, "data: {") < 10 {
				b.Errorf("%s: it came in %d pieces, want one for each delta", c.body, strings.Count(a.body, "data: {"))
			}
			if got := b.askedLast(); got.Model != c.model || !got.Stream {
				b.Errorf("the API was asked %+v", got)
			}
		}
		if a := b.ask("POST", chatPath+"?stream=false", `{"message":"m","userId":"u"}`); !strings.HasPrefix(a.body, `{"response":`) {
			b.Errorf("stream=false: got %s", a.body)
		}
		if got, want := b.counts(), (counts{successful: 3}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	}, chatKey)
}

// Each piece goes out when it comes, and the header before the first.
func TestChatStreamIsFlushed(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		next := make(chan string)
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_ = http.NewResponseController(w).Flush()
			for piece := range next {
				_, _ = io.WriteString(w, piece)
				_ = http.NewResponseController(w).Flush()
			}
		})
		r, _ := http.NewRequestWithContext(b.Context(), "POST", "http://gateway"+chatPath+"?stream=true", strings.NewReader(`{"message":"m","userId":"u"}`))
		a, err := b.http.Do(r) // the header alone
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = a.Body.Close() }()
		buffer := make([]byte, 1000)
		for _, c := range [][2]string{
			{`{"type":"content_block_delta","delta":{"type":"text_delta","text":"a\nb"}}`, `data: {"text":"a\nb"}` + "\n\n"},
			{`{"type":"content_block_delta","delta":{"type":"text_delta","text":"é\u2028"}}`, `data: {"text":"é\u2028"}` + "\n\n"},
		} {
			next <- "event: content_block_delta\r\ndata: " + c[0] + "\r\n\r\n"
			n, err := a.Body.Read(buffer)
			if err != nil || string(buffer[:n]) != c[1] {
				b.Errorf("got %q, %v, want %q", buffer[:n], err, c[1])
			}
		}
		next <- "event: message_stop\ndata: {}\n\n" // and the stream goes on
		n, err := a.Body.Read(buffer)
		if err != nil || string(buffer[:n]) != "data: [DONE]\n\n" {
			b.Errorf("got %q, %v, want [DONE] with the last event", buffer[:n], err)
		}
		close(next)
		if got, want := b.counts(), (counts{successful: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	}, chatKey)
}

// A stream that breaks off says so, and nobody takes it for whole.
func TestChatStreamThatBreaksOffSaysSo(t *testing.T) {
	s := unspaced()
	s.MaxRun = 30 * time.Second
	for _, c := range []struct{ outcome, failure string }{
		{"stream-error", "in the stream: overloaded_error"},
		{"half-body", "the connection was closed (unexpected EOF)"},
		{"reset-mid-stream", "the connection was closed (unexpected EOF)"},
		{"silence-mid-stream", "silent for too long"},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			inBubble(t, s, func(b *bubble) {
				if err := b.api.FailNext(c.outcome); err != nil {
					b.Fatal(err)
				}
				a := b.ask("POST", chatPath+"?stream=true", `{"message":"m","userId":"u"}`)
				text, failure, done := chatEvents(b, a.body)
				if a.status != 200 || a.err != nil || text == "" || done || !strings.Contains(failure, "The answer broke off") || !strings.Contains(failure, c.failure) {
					b.Errorf("got %d %v, %q, %q, done %v, want an error and no [DONE]", a.status, a.err, text, failure, done)
				}
				if got := len(b.seen()); got != 1 {
					b.Errorf("the API was called %d times, want once", got)
				}
				if got, want := b.counts(), (counts{failed: 1}); got != want {
					b.Errorf("the queue counts %+v, want %+v", got, want)
				}
			}, chatKey)
		})
	}
}

// What is no stream, or has lines without end, is no answer.
func TestChatStreamOfAnotherKind(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		status                  int
	}{
		{"no stream", "application/json", `{"type":"message","content":[]}`, 500},
		{"endless line", "text/event-stream", "data: " + strings.Repeat("x", 2<<20), 200},
		{"nothing", "text/event-stream", "", 200},
		{"garbage", "text/event-stream", "\x00\xff\ndata: {\ndata\n: comment\nevent: content_block_delta\ndata: 5\n\n", 200},
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				_, _ = io.WriteString(w, c.body)
			})
			a := b.ask("POST", chatPath+"?stream=true", `{"message":"m","userId":"u"}`)
			if a.status != c.status || strings.Contains(a.body, "[DONE]") || !strings.Contains(a.body, `"error":`) {
				b.Errorf("%s: got %d %.300s", c.name, a.status, a.body)
			}
			if got, want := b.counts(), (counts{failed: 1}); got != want {
				b.Errorf("%s: the queue counts %+v, want %+v", c.name, got, want)
			}
		}, chatKey)
	}
}

func TestChatHangUpInMidStream(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		ctx, cancel := context.WithCancel(b.Context())
		r, _ := http.NewRequestWithContext(ctx, "POST", "http://gateway"+chatPath+"?stream=true", strings.NewReader(`{"message":"m","userId":"u"}`))
		a, err := b.http.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = a.Body.Close() }()
		if _, err := a.Body.Read(make([]byte, 10)); err != nil {
			b.Fatal(err)
		}
		call := b.seen()[0]
		cancel()
		<-call.ended
		if got, want := b.counts(), (counts{cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		if l := b.logged(); len(l) != 1 || l[0].Status != 499 {
			b.Errorf("the log says %+v, want a 499", l)
		}
	}, chatKey)
}

// A stream may last longer than max-run, as long as something comes.
func TestChatStreamThatComesSlowlyIsNoSilence(t *testing.T) {
	s := unspaced()
	s.MaxRun = 30 * time.Second
	inBubble(t, s, func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for range 10 {
				_, _ = io.WriteString(w, "event: ping\ndata: {\"type\": \"ping\"}\n\n")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Second)
			}
			_, _ = io.WriteString(w, "event: message_stop\ndata: {}\n\n")
		})
		a := b.ask("POST", chatPath+"?stream=true", `{"message":"m","userId":"u"}`)
		if _, failure, done := chatEvents(b, a.body); !done || failure != "" {
			b.Errorf("got %s", a.body)
		}
	}, chatKey)
}

// A client that leaves with [DONE] has its answer, and the call ends with it.
func TestChatHangUpAfterDoneIsNoCancelling(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "event: message_stop\ndata: {}\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done() // and never ends
		})
		ctx, cancel := context.WithCancel(b.Context())
		r, _ := http.NewRequestWithContext(ctx, "POST", "http://gateway"+chatPath+"?stream=true", strings.NewReader(`{"message":"m","userId":"u"}`))
		a, err := b.http.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = a.Body.Close() }()
		if _, err := io.ReadFull(a.Body, make([]byte, len("data: [DONE]\n\n"))); err != nil {
			b.Fatal(err)
		}
		call := b.seen()[0]
		cancel()
		began := time.Now()
		<-call.ended
		if took := time.Since(began); took != 0 {
			b.Errorf("the call went on for %v", took)
		}
		if got, want := b.counts(), (counts{successful: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	}, chatKey)
}
