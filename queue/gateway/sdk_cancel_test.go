package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go/option"
)

// logLine is what these tests read of a line of the log.
type logLine struct {
	ID         string
	Status     int
	User       string
	Lane       string
	Attempts   int
	UpstreamID string
	Session    string
	Subagent   bool
	Token      string
	Error      string
}

// logged returns the lines of the log, when nothing moves any more.
func (b *bubble) logged() (lines []logLine) {
	b.Helper()
	b.seen()
	for text := range strings.Lines(b.log.String()) {
		var l logLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			b.Fatalf("log line %q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestCancelledWhileWaitingLeavesAtOnce(t *testing.T) {
	s := unspaced()
	s.MinDelay = time.Minute
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		if _, err := client.Messages.New(b.Context(), question("hello")); err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		var failure error
		wait := b.background(func() { _, failure = client.Messages.New(ctx, question("hello")) })
		b.seen()
		if got := b.queue.Report().Metrics.CurrentQueueLength; got != 1 {
			b.Fatalf("%d are waiting, want 1", got)
		}
		cancel()
		wait()
		if !errors.Is(failure, context.Canceled) {
			b.Errorf("the SDK says %v", failure)
		}
		if got, want := b.counts(), (counts{successful: 1, cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		if got := b.queue.Report().Metrics.CurrentQueueLength; got != 0 {
			b.Errorf("%d are waiting, want none", got)
		}
		time.Sleep(5 * time.Minute)
		if got := len(b.seen()); got != 1 {
			b.Errorf("the API was called %d times, want once", got)
		}
		lines := b.logged()
		if l := lines[len(lines)-1]; len(lines) != 2 || l.Status != 499 || l.Attempts != 0 {
			b.Errorf("the log says %+v, want a 499 without attempts at its end", lines)
		}
	})
}

// In back-off, too: nobody calls for somebody who has left.
func TestCancelledInBackoffIsNotTriedAgain(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk(option.WithHeader("x-sim-error", "529"), option.WithHeader("x-sim-retry-after", "60"))
		ctx, cancel := context.WithCancel(b.Context())
		wait := b.background(func() { _, _ = client.Messages.New(ctx, question("hello")) })
		b.seen()
		time.Sleep(time.Second)
		cancel()
		wait()
		time.Sleep(5 * time.Minute)
		if got := len(b.seen()); got != 1 {
			b.Errorf("the API was called %d times, want once", got)
		}
		if got, want := b.counts(), (counts{cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	})
}

func TestCancelledWhileTheAPIThinksEndsTheCall(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	inBubble(t, s, func(b *bubble) {
		client := b.sdk(option.WithHeader("x-sim-latency", "60s"))
		ctx, cancel := context.WithCancel(b.Context())
		wait := b.background(func() { _, _ = client.Messages.New(ctx, question("hello")) })
		call := b.seen()[0]
		began := time.Now()
		cancel()
		wait()
		<-call.ended
		if took := time.Since(began); took != 0 {
			b.Errorf("the call went on for %v", took)
		}
		synctest.Wait() // the API has seen it end, the queue may have yet to
		if got := b.queue.Report().Detail.Running; got != 0 {
			b.Errorf("%d are running, want none", got)
		}
		if got, want := b.counts(), (counts{cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		if l := b.logged(); len(l) != 1 || l[0].Status != 499 || l[0].Attempts != 1 {
			b.Errorf("the log says %+v, want a 499", l)
		}
	})
}

func TestCancelledInMidStreamEndsTheCall(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	inBubble(t, s, func(b *bubble) {
		client := b.sdk(option.WithHeader("x-sim-latency", "60s"), option.WithHeader("x-sim-tokens", "600"))
		ctx, cancel := context.WithCancel(b.Context())
		stream := client.Messages.NewStreaming(ctx, question("hello"))
		for range 10 {
			if !stream.Next() {
				b.Fatal(stream.Err())
			}
		}
		call := b.seen()[0]
		began := time.Now()
		cancel()
		_ = stream.Close()
		<-call.ended
		if took := time.Since(began); took > time.Second {
			b.Errorf("the call went on for %v", took)
		}
		if got, want := b.counts(), (counts{cancelled: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		if l := b.logged(); len(l) != 1 || l[0].Status != 499 {
			b.Errorf("the log says %+v, want a 499", l)
		}
		free := b.sdk() // the slot
		if _, err := free.Messages.New(b.Context(), question("hello")); err != nil {
			b.Error(err)
		}
	})
}

// Many clients hang up when they have what they want, and do not wait for the end
// of the connection.
func TestHangUpAfterTheLastEventIsNoCancelling(t *testing.T) {
	for _, c := range []struct {
		last   string
		counts counts
	}{
		{"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", counts{successful: 1}},
		{"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", counts{failed: 1}},
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = w.Write([]byte("event: message_start\ndata: {}\n\n" + c.last))
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done() // and never ends
			})
			ctx, cancel := context.WithCancel(b.Context())
			r, _ := http.NewRequestWithContext(ctx, "POST", "http://gateway/v1/messages", strings.NewReader(hello))
			a, err := b.http.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = a.Body.Close() }()
			buffer := make([]byte, 4096)
			for text := ""; !strings.HasSuffix(text, c.last); {
				n, err := a.Body.Read(buffer)
				if err != nil {
					b.Fatal(err)
				}
				text += string(buffer[:n])
			}
			call := b.seen()[0]
			cancel()
			<-call.ended
			if got := b.counts(); got != c.counts {
				b.Errorf("%q: the queue counts %+v, want %+v", c.last, got, c.counts)
			}
			if l := b.logged(); len(l) != 1 || l[0].Status != 200 {
				b.Errorf("%q: the log says %+v, want a 200", c.last, l)
			}
		})
	}
}
