package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"

	"github.com/anthropics/anthropic-sdk-go"
)

const onePing = "event: ping\ndata: {\"type\": \"ping\"}\n\n"

// pinging lets a gateway begin early, after 20 s.
func pinging(o *gateway.Options) { o.KeepAlive = 20 * time.Second }

// inLine is a hostile bubble with one slot, which the test's first request holds
// for 90 s; answers are what the next calls get.
func inLine(t *testing.T, answers []string, f func(*hostileBubble)) {
	t.Helper()
	s := unspaced()
	s.MaxInFlight = 1
	var mu sync.Mutex
	calls := 0
	inHostileBubble(t, s, func(w *wire) {
		for {
			r, ok := w.request()
			if !ok {
				return
			}
			if r.Header.Get("Accept-Encoding") != "identity" && r.Header.Get("X-Test") == "early" {
				t.Error("the API may compress what has to follow pings")
			}
			mu.Lock()
			n := calls
			calls++
			mu.Unlock()
			if n == 0 {
				time.Sleep(90 * time.Second)
				w.say(okay)
				continue
			}
			if n > len(answers) || !w.say(answers[n-1]) {
				return
			}
			if !strings.Contains(answers[n-1], "Content-Length") {
				return
			}
		}
	}, func(b *hostileBubble) {
		first := b.background(func() { b.ask("POST", "/v1/messages", hello, "X-Paceline-Request-Id", "first") })
		b.counts()
		f(b)
		first()
	}, pinging)
}

func whole(text string) string {
	return sseHead + "Request-Id: req_1\r\nContent-Length: " + itoa(len(text)) + "\r\n\r\n" + text
}

func TestPingsUntilItsTurnAndThenTheStream(t *testing.T) {
	inLine(t, []string{whole(oneStart + oneStop)}, func(b *hostileBubble) {
		a := b.ask("POST", "/v1/messages", streamHello, "X-Test", "early", "Accept-Encoding", "gzip", "X-Paceline-Request-Id", "mine")
		figures := ": waited-ms 90000\n: attempts 1\n: lane key-"
		if a.status != 200 || a.err != nil || !strings.HasPrefix(a.body, strings.Repeat(onePing, 4)+figures) || !strings.HasSuffix(a.body, "\n: request-id req_1\n\n"+oneStart+oneStop) {
			t.Errorf("got %d %q %v", a.status, a.body, a.err)
		}
		if a.header.Get("Content-Type") != "text/event-stream; charset=utf-8" || a.header.Get("X-Paceline-Request-Id") != "mine" || a.header.Get("Request-Id") != "" {
			t.Errorf("the header is %v", a.header)
		}
		if got := b.counts(); got != (counts{successful: 2}) {
			t.Errorf("counted %+v", got)
		}
	})
}

func TestSDKReadsPingsBeforeItsMessage(t *testing.T) {
	inLine(t, []string{whole(oneStart + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n" + oneDelta + oneStop)}, func(b *hostileBubble) {
		m, err := streamed(b.bubble, b.sdk(), question("hello"))
		if err != nil || len(m.Content) != 1 || m.Content[0].Text != "hi" {
			t.Errorf("got %+v, %v", m.Content, err)
		}
	})
}

// Who does not stream sees nothing of it.
func TestNoPingsWithoutAStream(t *testing.T) {
	inLine(t, []string{okay}, func(b *hostileBubble) {
		a := b.ask("POST", "/v1/messages", hello)
		if a.status != 200 || a.body != "{}" || a.header.Get("X-Paceline-Waited-Ms") != "90000" {
			t.Errorf("got %d %q %v", a.status, a.body, a.header)
		}
	})
}

// The API's silences have pings, too: before its answer, and between two events. None comes
// into an event, however the event is cut and its lines end.
func TestPingsInTheSilencesOfTheAPI(t *testing.T) {
	const silence = 50 * time.Second // two pings
	ping := strings.Repeat(onePing, 2)
	old := func(events string) string { return strings.ReplaceAll(events, "\n", "\r\n") }
	ancient := func(events string) string { return strings.ReplaceAll(events, "\n", "\r") }
	for name, c := range map[string]struct {
		before time.Duration // the answer
		pieces []string
		want   string
	}{
		"before the answer":         {silence, []string{oneStart + oneStop}, ping + "FIGURES" + oneStart + oneStop},
		"before the first event":    {0, []string{"", oneStart + oneStop}, ping + oneStart + oneStop},
		"between events":            {0, []string{oneStart, oneStop}, oneStart + ping + oneStop},
		"between events, after it":  {silence, []string{oneStart, oneStop}, ping + "FIGURES" + oneStart + ping + oneStop},
		"in a line":                 {0, []string{oneStart + oneDelta[:30], oneDelta[30:] + oneStop}, oneStart + oneDelta + oneStop},
		"between lines":             {0, []string{"event: message_start\n", oneStart[21:] + oneStop}, oneStart + oneStop},
		"in the empty line":         {0, []string{oneStart[:len(oneStart)-1], "\n" + oneStop}, oneStart + oneStop},
		"line ends of two bytes":    {0, []string{old(oneStart), old(oneStop)}, old(oneStart) + ping + old(oneStop)},
		"in the second of them":     {0, []string{old(oneStart[:len(oneStart)-1]), old("\n" + oneStop)}, old(oneStart) + old(oneStop)},
		"within the last line end":  {0, []string{old(oneStart)[:len(old(oneStart))-1], "\n" + old(oneStop)}, old(oneStart) + old(oneStop)},
		"line ends of the old kind": {0, []string{ancient(oneStart), ancient(oneStop)}, ancient(oneStart) + ping + ancient(oneStop)},
		"end byte by byte":          {0, []string{oneStart[:len(oneStart)-2] + "|\n|\n", oneStop}, oneStart + ping + oneStop},
		"after the last event":      {0, []string{oneStart + oneStop, ""}, oneStart + oneStop},
	} {
		for proto, ask := range map[string]func(b *hostileBubble, body string) answer{
			"HTTP/1.1": func(b *hostileBubble, body string) answer { return b.ask("POST", "/v1/messages", body) },
			"HTTP/2":   askHTTP2,
		} {
			t.Run(name+", "+proto, func(t *testing.T) {
				inHostileBubble(t, unspaced(), func(w *wire) {
					if _, ok := w.request(); !ok {
						return
					}
					time.Sleep(c.before)
					w.say(sseChunked)
					for i, piece := range c.pieces {
						if i > 0 {
							time.Sleep(silence)
						}
						for bytes := range strings.SplitSeq(piece, "|") {
							if bytes != "" {
								w.say(chunk(bytes))
							}
						}
					}
					w.say(chunk(""))
				}, func(b *hostileBubble) {
					a := ask(b, streamHello)
					if from := strings.Index(a.body, ": waited-ms"); from >= 0 {
						to := from + strings.Index(a.body[from:], "\n\n") + 2
						a.body = a.body[:from] + "FIGURES" + a.body[to:]
					}
					if a.body != c.want || a.err != nil || a.status != 200 {
						t.Errorf("got %d %v\n%q, want\n%q", a.status, a.err, a.body, c.want)
					}
					if got := b.counts(); got != (counts{successful: 1}) {
						t.Errorf("counted %+v", got)
					}
				}, pinging)
			})
		}
	}
}

// What is no stream has no pings in its silences, nor has one that is compressed although nobody
// has asked for it, or whose length was announced.
func TestNoPingsInWhatIsNoPlainStream(t *testing.T) {
	for name, head := range map[string]string{"JSON": jsonHead, "compressed": sseHead + "Content-Encoding: gzip\r\n", "of a known length": sseHead} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(head + "Content-Length: 4\r\n\r\n\n\n")
					time.Sleep(time.Minute)
					w.say("{}")
				}
			}, func(b *hostileBubble) {
				if a := b.ask("POST", "/v1/messages", streamHello); a.body != "\n\n{}" || a.err != nil {
					t.Errorf("got %q %v", a.body, a.err)
				}
			}, pinging)
		})
	}
}

// What fails after the 200 is told in the stream, on one line, in the API's shape,
// and so that the SDK takes it for what it is.
func TestFailureAfterPingsIsSentInTheStream(t *testing.T) {
	const overloaded = "{\"type\":\"error\",\r\n \"error\":{\"type\":\"overloaded_error\",\n\"message\":\"full\"}}"
	errorAnswer := func(status, body string) string {
		return "HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\nRequest-Id: req_9\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
	}
	for name, c := range map[string]struct {
		answers []string
		kind    string
		calls   string
	}{
		"error of the API":       {[]string{errorAnswer("400", `{"type":"error","error":{"type":"invalid_request_error","message":"no"}}`)}, "invalid_request_error", "1"},
		"three times overloaded": {[]string{errorAnswer("529", overloaded), errorAnswer("529", overloaded), errorAnswer("529", overloaded)}, "overloaded_error", "3"},
		"garbage":                {[]string{errorAnswer("400", "<html>\n\nevent: message_stop\n\n")}, "api_error", "1"},
		"no answer":              {[]string{"HTTP", "HTTP", "HTTP"}, "api_error", "3"},
		"no stream":              {[]string{okay}, "api_error", "1"},
		"compressed":             {[]string{sseHead + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"}, "api_error", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			inLine(t, c.answers, func(b *hostileBubble) {
				a := b.ask("POST", "/v1/messages", streamHello)
				events := strings.Split(strings.TrimSuffix(a.body, "\n\n"), "\n\n")
				last := events[len(events)-1]
				data, ok := strings.CutPrefix(last, "event: error\ndata: ")
				if a.status != 200 || a.err != nil || !ok || strings.ContainsAny(data, "\r\n") || apiErrorType(data) != c.kind {
					t.Errorf("got %d %q %v, want an event of the error %s", a.status, a.body, a.err, c.kind)
				}
				if strings.Contains(a.body, "message_stop") || !strings.HasPrefix(a.body, onePing) || strings.Count(a.body, "event: error") != 1 {
					t.Errorf("got %q", a.body)
				}
				if !strings.Contains(a.body, ": attempts "+c.calls+"\n") {
					t.Errorf("want %s attempts: %q", c.calls, a.body)
				}
				if got := b.counts(); got.failed != 1 {
					t.Errorf("counted %+v", got)
				}
			})
		})
	}
	inLine(t, []string{errorAnswer("400", overloaded)}, func(b *hostileBubble) {
		_, err := streamed(b.bubble, b.sdk(), question("hello"))
		if e, ok := errors.AsType[*anthropic.Error](err); !ok || e.Type() != "overloaded_error" {
			t.Errorf("the SDK says %T: %v", err, err)
		}
	})
}

// A client is told how long it has waited until the call that was answered, however many
// were refused before.
func TestWhatWasWaitedCountsUntilTheLatestAttempt(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		for _, say := range []string{"HTTP/1.1 429 X\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", okay} {
			if _, ok := w.request(); ok {
				w.say(say)
			}
		}
	}, func(b *hostileBubble) {
		a := b.ask("POST", "/v1/messages", hello)
		if waited := a.header.Get("X-Paceline-Waited-Ms"); a.status != 200 || waited != "30000" {
			t.Errorf("got %d after %s ms, want 30000", a.status, waited)
		}
	})
}

// Between two attempts the pings go on.
func TestPingsBetweenAttempts(t *testing.T) {
	again := "HTTP/1.1 529 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"
	for name, inFront := range map[string]bool{"early before": true, "early because of it": false} {
		t.Run(name, func(t *testing.T) {
			if inFront {
				inLine(t, []string{again, whole(oneStop)}, func(b *hostileBubble) {
					a := b.ask("POST", "/v1/messages", streamHello)
					if n := strings.Count(a.body, onePing); n < 6 || n > 7 || !strings.HasSuffix(a.body, oneStop) || !strings.Contains(a.body, ": attempts 2\n") {
						t.Errorf("got %d pings: %q %v", n, a.body, a.err)
					}
				})
				return
			}
			inHostileBubble(t, unspaced(), func(w *wire) {
				for _, say := range []string{again, whole(oneStop)} {
					if _, ok := w.request(); ok {
						w.say(say)
					}
				}
			}, func(b *hostileBubble) {
				a := b.ask("POST", "/v1/messages", streamHello)
				if n := strings.Count(a.body, onePing); n < 2 || n > 3 || !strings.HasSuffix(a.body, oneStop) {
					t.Errorf("got %d pings: %q %v", n, a.body, a.err)
				}
			}, pinging)
		})
	}
}

// A stream that breaks off after pings is as broken as any.
func TestStreamThatBreaksOffAfterPings(t *testing.T) {
	inLine(t, []string{sseChunked + chunk(oneStart)}, func(b *hostileBubble) {
		a := b.ask("POST", "/v1/messages", streamHello)
		if a.err == nil || !strings.HasSuffix(a.body, oneStart) {
			t.Errorf("the answer looks whole: %q", a.body)
		}
	})
}

// Who hangs up while it is pinged is out of the line.
func TestHangUpDuringPingsLeavesTheQueue(t *testing.T) {
	inLine(t, nil, func(b *hostileBubble) {
		ctx, leave := context.WithTimeout(b.Context(), 50*time.Second)
		defer leave()
		a := b.askWith(ctx, "POST", "/v1/messages", streamHello)
		if a.err == nil || a.body != onePing+onePing {
			t.Errorf("got %q %v", a.body, a.err)
		}
		if got := b.counts(); got != (counts{cancelled: 1}) || b.queue.Report().Metrics.CurrentQueueLength != 0 {
			t.Errorf("counted %+v, and %d wait", got, b.queue.Report().Metrics.CurrentQueueLength)
		}
		if !strings.Contains(b.log.String(), `"status":499`) {
			t.Errorf("the log says %s", b.log)
		}
	})
}

// A client that accepts no ping is given up, and is out of the line.
func TestClientThatReadsNoPingsIsGivenUp(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	inHostileBubble(t, s, func(w *wire) {
		if _, ok := w.request(); ok {
			time.Sleep(9 * time.Minute)
			w.say(okay)
		}
	}, func(b *hostileBubble) {
		first := b.background(func() { b.ask("POST", "/v1/messages", hello) })
		b.counts()
		c := b.dialFront()
		_, _ = io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+bubbleKey+"\r\nContent-Length: "+itoa(len(streamHello))+"\r\n\r\n"+streamHello)
		time.Sleep(2 * time.Minute)
		if got := b.counts(); got != (counts{cancelled: 1}) {
			t.Errorf("counted %+v", got)
		}
		_ = c.Close()
		first()
	}, pinging)
}

// What the queue itself says is told in the stream, too; once a ping could come
// into the middle of it.
func TestQueuesWordAfterPings(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*hostileBubble)
		kind string
	}{
		"cancelled": {func(b *hostileBubble) { _ = b.queue.Cancel(queue.RequestQuery{ID: "mine"}, "a test") }, "api_error"},
		"draining": {func(b *hostileBubble) {
			ctx, cancel := context.WithCancel(b.Context())
			cancel()
			_ = b.queue.Shutdown(ctx)
		}, "overloaded_error"},
	} {
		for _, after := range []time.Duration{10 * time.Second, 20 * time.Second, 50 * time.Second, 60 * time.Second} {
			t.Run(fmt.Sprint(name, after), func(t *testing.T) {
				inLine(t, nil, func(b *hostileBubble) {
					ended := b.background(func() {
						time.Sleep(after)
						c.end(b)
					})
					a := b.ask("POST", "/v1/messages", streamHello, "X-Paceline-Request-Id", "mine")
					ended()
					if after < 20*time.Second {
						if a.status != 503 || apiErrorType(a.body) != c.kind || a.header.Get("X-Paceline-Refused") == "" {
							t.Errorf("got %d %q %v, want 503", a.status, a.body, a.err)
						}
						return
					}
					if a.status == 503 && after == 20*time.Second { // they came together
						return
					}
					rest := strings.TrimLeft(strings.ReplaceAll(a.body, onePing, ""), "\n")
					figures, data, _ := strings.Cut(rest, "\n\nevent: error\ndata: ")
					if !strings.HasPrefix(figures, ": waited-ms ") || apiErrorType(data) != c.kind || a.err != nil {
						t.Errorf("got %d %q %v", a.status, a.body, a.err)
					}
				})
			})
		}
	}
}

// Pings and the queue's word come at the same time, thousands of times: each answer
// is one or the other from its first byte to its last.
func TestPingsAndTheEndDoNotMix(t *testing.T) {
	s := unspaced()
	s.MaxInFlight, s.Attempts = 1, 1
	url := newHostile(t, func(w *wire) {
		for {
			if _, ok := w.request(); !ok {
				return
			}
			time.Sleep(200 * time.Microsecond) // the API works: else no ping is due meanwhile
			if !w.say(whole(oneStart + oneStop)) {
				return
			}
		}
	})
	r := newRig(t, url, s, func(o *gateway.Options) { o.KeepAlive = time.Millisecond })
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for j := range 40 {
				id := fmt.Sprintf("%d-%d", i, j)
				if j%2 == 0 {
					time.AfterFunc(time.Millisecond, func() { _ = r.queue.Cancel(queue.RequestQuery{ID: id}, "a test") })
				}
				a := r.post("/v1/messages", streamHello, "X-Paceline-Request-Id", id)
				a.body = strings.ReplaceAll(a.body, onePing, "")
				_, rest, early := strings.Cut(a.body, ": waited-ms ")
				switch {
				case a.err != nil:
					t.Errorf("%v", a.err)
				case a.status == http.StatusOK && !early && a.body == oneStart+oneStop:
				case a.status == http.StatusOK && early && strings.HasPrefix(a.body, ": waited-ms ") &&
					(strings.HasSuffix(rest, "\n\n"+oneStart+oneStop) || strings.Contains(rest, "\n\nevent: error\ndata: {") && strings.HasSuffix(rest, "}\n\n")):
				case a.status == 503 && apiErrorType(a.body) == "api_error":
				default:
					t.Errorf("got %d %q", a.status, a.body)
				}
			}
		})
	}
	clients.Wait()
}
