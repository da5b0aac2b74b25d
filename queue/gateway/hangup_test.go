package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// A client that leaves, however it leaves, frees its place or its slot, and ends
// the call to the API.
func TestHangUpFreesThePlaceAndTheSlot(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	for how, leave := range map[string]func(c *net.TCPConn){
		"closes": func(c *net.TCPConn) { _ = c.Close() },
		"resets": func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() },
	} {
		for where, say := range map[string]string{
			"before the header": "", "in the header": "HTTP/1.1 200", "in a stream": sseChunked + chunk(oneStart), "in a plain answer": jsonHead + "Content-Length: 10\r\n\r\n{",
			"in an error": "HTTP/1.1 529 X\r\nContent-Length: 10\r\n\r\n{",
		} {
			t.Run(how+" "+where, func(t *testing.T) {
				here, ended := make(chan struct{}, 1), make(chan struct{})
				r := newRig(t, newHostile(t, func(w *wire) {
					if _, ok := w.request(); !ok {
						return
					}
					if w.n > 0 {
						w.say(okay)
						return
					}
					w.say(say)
					here <- struct{}{}
					_, _ = io.Copy(io.Discard, w.in) // until it is given up
					close(ended)
				}), s)
				running, waiting := r.dial(), r.dial()
				head := "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: sk-test\r\nContent-Length: " + itoa(len(streamHello)) + "\r\n\r\n" + streamHello
				_, _ = io.WriteString(running, head)
				<-here
				_, _ = io.WriteString(waiting, head)
				eventually(t, "the second one waits", func() bool { return r.queue.Report().Metrics.CurrentQueueLength == 1 })
				leave(waiting)
				eventually(t, "the second one has left", func() bool { return r.queue.Report().Metrics.CurrentQueueLength == 0 })
				leave(running)
				<-ended
				if a := r.post("/v1/messages", hello); a.status != 200 {
					t.Errorf("the next one got %d %v", a.status, a.err)
				}
				eventually(t, "it is counted", func() bool { return r.queue.Report().Metrics.Successful == 1 })
				report := r.queue.Report()
				if report.Detail.Cancelled != 2 || report.Metrics.Failed != 0 || report.Metrics.Successful != 1 {
					t.Errorf("counted %+v and %d cancelled", report.Metrics, report.Detail.Cancelled)
				}
				eventually(t, "both are logged as 499", func() bool { return strings.Count(r.log.String(), `"status":499`) == 2 })
			})
		}
	}
}

// Over HTTP/2 one stream ends, and the connection's others do not.
func TestHangUpOfOneStreamOverHTTP2(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok && w.say(sseChunked+chunk(oneStart)) {
			time.Sleep(time.Minute)
			w.say(chunk(oneStop) + chunk(""))
		}
	}, func(b *hostileBubble) {
		client, stop := b.http2()
		defer stop()
		ctx, leave := context.WithCancel(b.Context())
		open := func(ctx context.Context) *http.Response {
			q, err := http.NewRequestWithContext(ctx, "POST", "http://gateway/v1/messages", strings.NewReader(streamHello))
			if err != nil {
				b.Fatal(err)
			}
			a, err := client.Do(q)
			if err != nil {
				b.Fatal(err)
			}
			return a
		}
		one, other := open(ctx), open(b.Context())
		leave()
		_ = one.Body.Close()
		text, err := io.ReadAll(other.Body)
		_ = other.Body.Close()
		if string(text) != oneStart+oneStop || err != nil {
			t.Errorf("the other stream: %q %v", text, err)
		}
		if got := b.counts(); got != (counts{successful: 1, cancelled: 1}) {
			t.Errorf("counted %+v", got)
		}
	})
}

// The end of draining cuts what still runs, and nobody takes it for whole.
func TestEndOfDrainingBreaksStreamsOff(t *testing.T) {
	for name, ask := range map[string]func(*hostileBubble) answer{
		"HTTP/1.1": func(b *hostileBubble) answer { return b.ask("POST", "/v1/messages", streamHello) },
		"HTTP/2":   func(b *hostileBubble) answer { return askHTTP2(b, streamHello) },
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok && w.say(sseChunked+chunk(oneStart)) {
					_, _ = io.Copy(io.Discard, w.in)
				}
			}, func(b *hostileBubble) {
				drained := b.background(func() {
					time.Sleep(10 * time.Second)
					ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
					defer cancel()
					_ = b.queue.Shutdown(ctx)
				})
				began := time.Now()
				a := ask(b)
				if took := time.Since(began); a.err == nil || took != 70*time.Second {
					t.Errorf("after %v the answer looks whole: %q", took, a.body)
				}
				drained()
			})
		})
	}
}

// While it drains, what runs or waits is served, and what comes is sent away, to
// come back soon.
func TestDrainingServesAcceptedRequests(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxInFlight = 1
	inHostileBubble(t, s, func(w *wire) {
		for {
			if _, ok := w.request(); !ok {
				return
			}
			time.Sleep(20 * time.Second)
			if !w.say(whole(oneStop)) {
				return
			}
		}
	}, func(b *hostileBubble) {
		var got [2]answer
		var waits []func()
		for i := range got {
			waits = append(waits, b.background(func() { got[i] = b.ask("POST", "/v1/messages", streamHello) }))
		}
		b.counts()
		drained := b.background(func() { _ = b.queue.Shutdown(b.Context()) })
		b.counts()
		late := b.ask("POST", "/v1/messages", streamHello)
		if late.status != 503 || apiErrorType(late.body) != "overloaded_error" || late.header.Get("X-Paceline-Refused") != "draining" ||
			late.header.Get("Retry-After") == "" || late.header.Get("X-Should-Retry") == "false" {
			t.Errorf("who comes late got %d %q %v", late.status, late.body, late.header)
		}
		if a := b.ask("GET", "/v1/models", ""); a.status != 200 {
			t.Errorf("unpaced: got %d", a.status)
		}
		for i, wait := range waits {
			wait()
			if got[i].status != 200 || !strings.HasSuffix(got[i].body, oneStop) {
				t.Errorf("who was here got %d %q %v", got[i].status, got[i].body, got[i].err)
			}
		}
		drained()
	})
}
