package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

const (
	streamHello = `{"stream":true,"model":"claude-sonnet-5-5","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}`
	oneStart    = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
	oneDelta    = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n"
	oneStop     = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	sseHead     = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	sseChunked  = sseHead + "Transfer-Encoding: chunked\r\n\r\n"
	jsonHead    = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
)

// chunk is a piece of a chunked body; the empty one is its end.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// apiErrorType returns the error type of a body in the API's shape.
func apiErrorType(body string) string {
	var e struct {
		Type  string
		Error struct{ Type, Message string }
	}
	if json.Unmarshal([]byte(body), &e) != nil || e.Type != "error" || e.Error.Message == "" {
		return ""
	}
	return e.Error.Type
}

// What goes wrong before the header of an answer is tried again, and then told in
// the API's shape; nothing is ever told twice.
func TestFailureBeforeTheHeaderIsTriedAgain(t *testing.T) {
	for name, say := range map[string]string{
		"closes at once":            "",
		"half a status line":        "HTTP/1.1 20",
		"half a header":             "HTTP/1.1 200 OK\r\nContent-Type: applic",
		"no HTTP at all":            "220 smtp.example ESMTP\r\n",
		"status that is none":       "HTTP/1.1 two hundred OK\r\n\r\n",
		"bad header line":           "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
		"two lengths":               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"negative length":           "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
		"header of a megabyte":      "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\r\n", 1000) + "Content-Length: 2\r\n\r\n{}",
		"only interim answers":      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
		"another protocol, unasked": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(say)
				}
			}, func(b *hostileBubble) {
				a := b.ask("POST", "/v1/messages", hello)
				if a.status != 502 || apiErrorType(a.body) != "api_error" || a.err != nil {
					t.Fatalf("got %d %s %v, want 502 and an api_error", a.status, a.body, a.err)
				}
				for name, want := range map[string]string{"X-Paceline-Attempts": "3", "X-Should-Retry": "false", "X-Paceline-Refused": "unreachable"} {
					if got := a.header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
				if got := b.counts(); got != (counts{failed: 1, retries: 2, resent: 2}) {
					t.Errorf("counted %+v", got)
				}
			})
		})
	}
}

// The same with real resets, of which a pipe knows nothing.
func TestResetBeforeTheHeaderIsCountedAsResent(t *testing.T) {
	s := unspaced()
	s.Attempts = 2
	r := newRig(t, newHostile(t, func(w *wire) {
		if _, ok := w.request(); ok && w.n == 0 {
			w.reset()
			return
		}
		w.say(jsonHead + "Content-Length: 18\r\n\r\n" + `{"type":"message"}`)
	}), s)
	a := r.post("/v1/messages", hello)
	if a.status != 200 || a.header.Get("X-Paceline-Attempts") != "2" || a.body != `{"type":"message"}` {
		t.Fatalf("got %d %q after %s attempts", a.status, a.body, a.header.Get("X-Paceline-Attempts"))
	}
	if d := r.queue.Report().Detail; d.Resent != 1 {
		t.Errorf("%d were resent, want 1", d.Resent)
	}
}

// After the header nothing is tried again, and what is not whole does not look so.
func TestBodyThatBreaksOffIsSeenAsBroken(t *testing.T) {
	for name, say := range map[string]string{
		"length":                 jsonHead + "Content-Length: 100\r\n\r\n" + `{"type":"message"}`,
		"length and no body":     jsonHead + "Content-Length: 100\r\n\r\n",
		"long with length":       jsonHead + "Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 500_000),
		"chunked":                jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + chunk(`{"type":"message"}`),
		"in a chunk":             jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + "64\r\n{",
		"chunk of garbage":       jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + chunk("{") + "zz\r\n",
		"stream":                 sseChunked + chunk(oneStart+oneDelta),
		"stream, header only":    sseChunked,
		"stream, in an event":    sseChunked + chunk(oneStart+oneDelta[:30]),
		"stream with length":     sseHead + "Content-Length: 10000\r\n\r\n" + oneStart,
		"stream without framing": sseHead + "\r\n" + oneStart + oneDelta,
		"stream of HTTP/1.0":     strings.Replace(sseHead, "1.1", "1.0", 1) + "\r\n" + oneStart,
		"compressed stream":      sseHead + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("\x1f\x8b\x08"),
	} {
		for proto, ask := range map[string]func(b *hostileBubble, body string) answer{
			"HTTP/1.1": func(b *hostileBubble, body string) answer { return b.ask("POST", "/v1/messages", body) },
			"HTTP/2":   askHTTP2,
		} {
			t.Run(name+", "+proto, func(t *testing.T) {
				inHostileBubble(t, unspaced(), func(w *wire) {
					if _, ok := w.request(); ok {
						w.say(say)
					}
				}, func(b *hostileBubble) {
					a := ask(b, streamHello)
					if a.err == nil {
						t.Errorf("the answer looks whole: %d %.100q", a.status, a.body)
					}
					if got := b.counts(); got != (counts{failed: 1}) {
						t.Errorf("counted %+v, want one failure", got)
					}
					if text := b.log.String(); !strings.Contains(text, "broke off") {
						t.Errorf("the log does not say that it broke off: %s", text)
					}
				})
			})
		}
	}
}

// A whole answer is passed on as it is, whatever it is.
func TestWholeAnswersPassUnchanged(t *testing.T) {
	for _, c := range []struct {
		name, say, body string
		status          int
		attempts        string
		counts          counts
	}{
		{"interim answers first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + jsonHead + "Content-Length: 2\r\n\r\n{}", "{}", 200, "1", counts{successful: 1}},
		{"stream without its end", sseChunked + chunk(oneStart) + chunk(""), oneStart, 200, "1", counts{failed: 1}},
		{"stream without framing", sseHead + "\r\n" + oneStart + oneStop, oneStart + oneStop, 200, "1", counts{successful: 1}},
		{"invalid stream", sseChunked + chunk("\x00\xff: :\r\r\n\ndata\n\n:::") + chunk(""), "\x00\xff: :\r\r\n\ndata\n\n:::", 200, "1", counts{failed: 1}},
		{"long line in a stream", sseChunked + chunk("data: "+strings.Repeat("x", 100_000)+"\n\n"+oneStop) + chunk(""), "data: " + strings.Repeat("x", 100_000) + "\n\n" + oneStop, 200, "1", counts{successful: 1}},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, "1", counts{successful: 1}},
		{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 200, "1", counts{failed: 1}},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, "1", counts{successful: 1}},
		{"redirect", "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 4\r\n\r\nmove", "move", 307, "1", counts{failed: 1}},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n", "", 304, "1", counts{failed: 1}},
		{"garbage in an overload", "HTTP/1.1 529 \r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html>\x00\xff\x1b[2J\"", "<html>\x00\xff\x1b[2J\"", 529, "3", counts{failed: 1, retries: 2}},
		{"status of nobody", "HTTP/1.1 799 What\r\nContent-Length: 1\r\n\r\nx", "x", 799, "3", counts{failed: 1, retries: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(c.say)
				}
			}, func(b *hostileBubble) {
				b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				a := b.ask("POST", "/v1/messages", streamHello)
				if a.status != c.status || a.body != c.body || a.err != nil {
					t.Errorf("got %d %.100q %v, want %d %.100q", a.status, a.body, a.err, c.status, c.body)
				}
				if got := a.header.Get("X-Paceline-Attempts"); got != c.attempts {
					t.Errorf("%s attempts, want %s", got, c.attempts)
				}
				if got := b.counts(); got != c.counts {
					t.Errorf("counted %+v, want %+v", got, c.counts)
				}
				if a.status >= 300 && a.header.Get("X-Should-Retry") != "false" {
					t.Error("the client is not told that we have tried enough")
				}
			})
		})
	}
}

// An error whose body is too large, or does not come whole, keeps its status.
func TestIncompleteErrorsAreReplaced(t *testing.T) {
	for name, say := range map[string]string{
		"breaks off":   "HTTP/1.1 400 Bad Request\r\nContent-Encoding: br\r\nContent-Length: 100\r\n\r\n{",
		"huge":         "HTTP/1.1 400 Bad Request\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 2_000_000),
		"huge chunked": "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(strings.Repeat("x", 2_000_000)),
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(say)
				}
			}, func(b *hostileBubble) {
				a := b.ask("POST", "/v1/messages", hello)
				if a.status != 400 || apiErrorType(a.body) == "" || a.header.Get("Content-Encoding") != "" || a.err != nil {
					t.Errorf("got %d %.100q %v, want 400 in the API's shape", a.status, a.body, a.err)
				}
			})
		})
	}
}

// An API that is silent costs its slot for MaxRun and no longer.
func TestSilenceEndsAfterMaxRun(t *testing.T) {
	s := unspaced()
	s.MaxRun = 30 * time.Second
	for _, c := range []struct {
		name, say string
		status    int
		broken    bool
	}{
		{"before the header", "", 504, false},
		{"in the header", "HTTP/1.1 200 OK\r\n", 504, false},
		{"after the header", jsonHead + "Content-Length: 10\r\n\r\n", 200, true},
		{"in the body", jsonHead + "Content-Length: 10\r\n\r\n{", 200, true},
		{"in a stream", sseChunked + chunk(oneStart), 200, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHostileBubble(t, s, func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(c.say)
					_, _ = io.Copy(io.Discard, w.in) // until it is given up
				}
			}, func(b *hostileBubble) {
				began := time.Now()
				a := b.ask("POST", "/v1/messages", streamHello)
				if took := time.Since(began); took != s.MaxRun {
					t.Errorf("it took %v, want %v", took, s.MaxRun)
				}
				switch {
				case c.broken && a.err == nil:
					t.Errorf("the answer looks whole: %d %q", a.status, a.body)
				case !c.broken && (a.status != 504 || apiErrorType(a.body) != "timeout_error"):
					t.Errorf("got %d %q %v, want 504 and a timeout_error", a.status, a.body, a.err)
				}
				if got := b.counts(); got != (counts{failed: 1}) {
					t.Errorf("counted %+v, want one failure and no other attempt", got)
				}
				if n := b.queue.Report().Detail.Running; n != 0 {
					t.Errorf("%d are still running", n)
				}
			})
		})
	}
}

// As long as something comes, however slowly, it is no silence.
func TestSlowDripLastsAsLongAsItDrips(t *testing.T) {
	for _, maxRun := range []time.Duration{100 * time.Millisecond, 900 * time.Millisecond, 30 * time.Second, 10 * time.Minute} {
		if testing.Short() && maxRun > time.Second {
			continue
		}
		t.Run(maxRun.String(), func(t *testing.T) {
			s := unspaced()
			s.MaxRun = maxRun
			whole := oneStart + oneDelta + oneStop
			inHostileBubble(t, s, func(w *wire) {
				_, ok := w.request()
				time.Sleep(maxRun * 3 / 4)
				if !ok || !w.say(sseHead+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(whole))) {
					return
				}
				for i := range len(whole) {
					time.Sleep(maxRun * 3 / 4)
					if !w.say(whole[i : i+1]) {
						return
					}
				}
			}, func(b *hostileBubble) {
				if a := b.askWith(b.Context(), "POST", "/v1/messages", streamHello); a.body != whole || a.err != nil {
					t.Errorf("got %d bytes of %d, %v", len(a.body), len(whole), a.err)
				}
			})
		})
	}
}

// A connection that the API closed while nobody used it is not the request's
// fault, and nothing was sent on it.
func TestConnectionClosedWhileIdleIsNoAttempt(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			w.say(jsonHead + "Content-Length: 2\r\n\r\n{}")
			time.Sleep(10 * time.Second) // and then it closes
		}
	}, func(b *hostileBubble) {
		for range 5 {
			a := b.ask("POST", "/v1/messages", hello)
			if a.status != 200 || a.header.Get("X-Paceline-Attempts") != "1" {
				t.Errorf("got %d after %s attempts, want 200 after 1", a.status, a.header.Get("X-Paceline-Attempts"))
			}
			time.Sleep(20 * time.Second)
		}
		if got := b.counts(); got != (counts{successful: 5}) {
			t.Errorf("counted %+v", got)
		}
	})
}

// What an API sends without having been asked is nobody's answer.
func TestAnswersNobodyAskedForAreNotPassedOn(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		for {
			r, ok := w.request()
			if !ok {
				return
			}
			id := r.Header.Get("X-Test")
			w.say(jsonHead + "Content-Length: 1\r\n\r\n" + id)
			w.say(jsonHead + "Content-Length: 6\r\n\r\nforged")
		}
	}, func(b *hostileBubble) {
		for i := range 5 {
			id := fmt.Sprint(i)
			if a := b.ask("POST", "/v1/messages", hello, "X-Test", id); a.status != 200 || a.body != id {
				t.Errorf("got %d %q, want %q", a.status, a.body, id)
			}
			b.counts() // wait until what came too much has come
		}
	})
}

// An error inside a stream is the client's to see, and the queue's to count.
func TestErrorInAStreamIsPassedOnAndCounted(t *testing.T) {
	for kind, class := range map[string]queue.Class{
		"overloaded_error": queue.Overloaded, "rate_limit_error": queue.RateLimited, "api_error": queue.ServerError,
		"timeout_error": queue.Timeout, "invalid_request_error": queue.ClientError, "of tomorrow": queue.ServerError,
	} {
		t.Run(kind, func(t *testing.T) {
			event := "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" + kind + "\",\"message\":\"secret words\"}}\n\n"
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(sseChunked)
					for _, c := range oneStart + oneDelta + event { // in as many pieces as there can be
						w.say(chunk(string(c)))
					}
					w.say("0\r\n\r\n")
				}
			}, func(b *hostileBubble) {
				a := b.ask("POST", "/v1/messages", streamHello)
				if want := oneStart + oneDelta + event; a.body != want || a.err != nil || a.status != 200 {
					t.Errorf("got %d %q %v, want %q", a.status, a.body, a.err, want)
				}
				if got := b.counts(); got != (counts{failed: 1}) {
					t.Errorf("counted %+v, want one failure and no other attempt", got)
				}
				found := false
				for _, e := range b.queue.Report().Detail.Events {
					found = found || e.Class == class.Name()
				}
				if !found {
					t.Errorf("no event is of the class %v: %+v", class, b.queue.Report().Detail.Events)
				}
				if strings.Contains(b.log.String(), "secret words") {
					t.Error("the log has the API's words about the request")
				}
			})
		})
	}
}
