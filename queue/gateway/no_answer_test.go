package gateway_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/gateway"
)

// packed returns a text in a content coding; as it is, where there is none.
func packed(t *testing.T, coding, text string) string {
	t.Helper()
	if coding == "" {
		return text
	}
	return string(gateway.Encode(t, coding, text))
}

const (
	wholeMessage = `{"type":"message","content":[{"type":"text","text":"{<html>"}],"usage":{"input_tokens":12,"output_tokens":40}}`
	errorMessage = `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}`
)

// What begins with 200 and is no answer once counted as a success: every client failed, and the
// queue said that all was well. In every coding it has failed, and the client gets what came.
// Nothing else has: a new shape of the API is no failure.
func TestSuccessThatIsNoAnswer(t *testing.T) {
	const html, json, plain, none = "Content-Type: text/html; charset=utf-8\r\n", "Content-Type: application/json\r\n", "Content-Type: text/plain\r\n", ""
	const sse = "Content-Type: text/event-stream; charset=utf-8\r\n"
	for name, c := range map[string]struct {
		kind, body string
		why        string // in the log; empty for a success
		class      queue.Class
	}{
		"a page":                        {html, "<h1>Sign in</h1>", "a page of HTML", queue.ServerError},
		"a page without a type":         {none, " \r\n<!DOCTYPE html><title>Sign in</title>" + strings.Repeat("x", 100), "a page of HTML", queue.ServerError},
		"a short page as text":          {plain, "<HTML></HTML>", "a page of HTML", queue.ServerError},
		"a page that is called JSON":    {json, "\ufeff<html>", "a page of HTML", queue.ServerError},
		"nothing":                       {json, "", "an empty body", queue.ServerError},
		"blanks":                        {json, " \n", "an empty body", queue.ServerError},
		"an error":                      {json, errorMessage, "overloaded_error", queue.Overloaded},
		"an error of a new type":        {json, `{"error":{"type":"new_error"},"type":"error"}`, "new_error", queue.ServerError},
		"an error called text":          {plain, errorMessage, "overloaded_error", queue.Overloaded},
		"JSON that breaks off":          {json, wholeMessage[:len(wholeMessage)-1], "broke off", queue.NetworkError},
		"JSON that breaks off in a key": {json, `{"type":"mess`, "broke off", queue.NetworkError},
		"a stream that breaks off":      {sse, oneStart + oneDelta, "without message_stop", queue.NetworkError},
		"a stream without events":       {sse, "", "without message_stop", queue.NetworkError},
		"an error in a stream":          {sse, oneStart + "event: error\ndata: " + errorMessage + "\n\n", "overloaded_error", queue.Overloaded},

		"a message":                            {json, wholeMessage, "", 0},
		"a message behind blanks":              {json, "\ufeff \n" + wholeMessage + "\n", "", 0},
		"a new type":                           {json, `{"type":"message_v2","error":null}`, "", 0},
		"an error inside of a message":         {json, `{"type":"message","content":[{"type":"error"}]}`, "", 0},
		"a list":                               {json, `[{"type":"error"}]`, "", 0},
		"a word":                               {json, `"ok"`, "", 0},
		"a number":                             {json, `7`, "", 0},
		"a text":                               {plain, "fine <html>", "", 0},
		"XML":                                  {"Content-Type: application/xml\r\n", "<?xml version='1.0'?><message/>", "", 0},
		"a stream":                             {sse, oneStart + oneStop, "", 0},
		"a stream of a new event":              {sse, oneStart + "event: new\ndata: {\"type\":\"error\"}\n\n" + oneStop, "", 0},
		"a stream without its last blank line": {sse, oneStart + strings.TrimSuffix(oneStop, "\n"), "without message_stop", queue.NetworkError},
	} {
		for _, coding := range []string{"", "gzip", "deflate", "zlib", "zstd"} {
			body, header := packed(t, coding, c.body), c.kind
			if coding != "" {
				header += "Content-Encoding: " + strings.Replace(coding, "zlib", "deflate", 1) + "\r\n"
			}
			for framing, said := range map[string]string{
				"length": "HTTP/1.1 200 OK\r\n" + header + "Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body,
				"chunks": "HTTP/1.1 200 OK\r\n" + header + "Transfer-Encoding: chunked\r\n\r\n" + inChunks(body, 40) + chunk(""),
			} {
				t.Run(name+"/"+coding+"/"+framing, func(t *testing.T) {
					inHostileBubble(t, unspaced(), func(w *wire) {
						if _, ok := w.request(); ok {
							w.say(said)
						}
					}, func(b *hostileBubble) {
						a := b.ask("POST", "/v1/messages", hello)
						if a.status != 200 || a.body != body || a.err != nil {
							t.Errorf("got %d %q, %v; want it as it came", a.status, a.body, a.err)
						}
						want := counts{successful: 1}
						if c.why != "" {
							want = counts{failed: 1}
						}
						if got := b.counts(); got != want {
							t.Errorf("counted %+v, want %+v", got, want)
						}
						if log := b.log.String(); !strings.Contains(log, c.why) {
							t.Errorf("the log does not say %q: %s", c.why, log)
						}
						if f := b.queue.Report().Detail.Failures; c.why != "" && (len(f) != 1 || f[0].Class != c.class.Name()) {
							t.Errorf("the failures are %+v, want one of %v", f, c.class)
						}
					})
				})
			}
		}
	}
}

// inChunks is a body in chunks of that size.
func inChunks(body string, size int) string {
	var all strings.Builder
	for len(body) > 0 {
		n := min(size, len(body))
		all.WriteString(chunk(body[:n]))
		body = body[n:]
	}
	return all.String()
}

// A compressed answer that is cut off, or damaged, is no success, although its framing is whole.
func TestCompressionThatBreaksOff(t *testing.T) {
	for _, coding := range []string{"gzip", "zlib", "deflate", "zstd"} {
		for kind, text := range map[string]string{"application/json": wholeMessage + strings.Repeat(" ", 50), "text/event-stream": oneStart + oneDelta + oneStop} {
			whole := packed(t, coding, text)
			for name, body := range map[string]string{"cut": whole[:len(whole)/2], "damaged": whole[:20] + strings.Repeat("\xff", 20) + whole[40:]} {
				t.Run(coding+"/"+kind+"/"+name, func(t *testing.T) {
					inHostileBubble(t, unspaced(), func(w *wire) {
						if _, ok := w.request(); ok {
							w.say("HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\nContent-Encoding: " + strings.Replace(coding, "zlib", "deflate", 1) + "\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
						}
					}, func(b *hostileBubble) {
						if a := b.ask("POST", "/v1/messages", hello); a.body != body || a.err != nil {
							t.Errorf("got %q, %v; want it as it came", a.body, a.err)
						}
						if got := b.counts(); got != (counts{failed: 1}) {
							t.Errorf("counted %+v, want one failure", got)
						}
					})
				})
			}
		}
	}
}

// Nobody asks for br, and where it comes nobody knows what it says. The log tells that.
func TestCodingThatNobodyReads(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			w.say(jsonHead + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx")
		}
	}, func(b *hostileBubble) {
		if a := b.ask("POST", "/v1/messages", hello); a.body != "x" || a.err != nil {
			t.Errorf("got %q, %v", a.body, a.err)
		}
		if got := b.counts(); got != (counts{successful: 1}) {
			t.Errorf("counted %+v, want one success", got)
		}
		if log := b.log.String(); !strings.Contains(log, `"unread":"br"`) {
			t.Errorf("the log does not say that it was not read: %s", log)
		}
	})
}

// An account of 8,000 output tokens was overdrawn: compressed answers told nobody their usage.
func TestCompressedAnswersTellWhatTheyCost(t *testing.T) {
	for _, coding := range []string{"gzip", "zlib", "deflate", "zstd"} {
		for kind, text := range map[string]string{
			"application/json":  `{"usage":{"input_tokens":20000,"output_tokens":1000}}`,
			"text/event-stream": strings.Replace(oneStart, `"input_tokens":1`, `"input_tokens":20000`, 1) + oneStop,
		} {
			inBubble(t, adaptive(), func(b *bubble) {
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // the first tells only the limits
					tellLimits(w.Header())
					w.WriteHeader(http.StatusBadRequest)
				})
				_ = b.ask("POST", "/v1/messages", hello)
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.Header().Set("Anthropic-Organization-Id", "org_1")
					w.Header().Set("Content-Type", kind)
					w.Header().Set("Content-Encoding", strings.Replace(coding, "zlib", "deflate", 1))
					_, _ = w.Write(gateway.Encode(t, coding, text))
				})
				if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
					b.Fatalf("got %d %s", a.status, a.body)
				}
				if got, ok := b.free("input tokens"); !ok || got > left-19_000 {
					b.Errorf("%s, %s: %d input tokens are left, %v, want about %d", coding, kind, got, ok, left-20_000)
				}
			})
		}
	}
}

// A compressed request is read as any other, and goes on as it came: who asks, which model, and
// how long the text is.
func TestCompressedRequestsAreRead(t *testing.T) {
	const text = `{"model":"claude-opus-5-5","max_tokens":9,"metadata":{"user_id":"ann"},"messages":[]}`
	for _, coding := range []string{"gzip", "zlib", "deflate", "zstd"} {
		inBubble(t, unspaced(), func(b *bubble) {
			body := packed(t, coding, text)
			name := strings.Replace(coding, "zlib", "deflate", 1)
			var came []byte
			var said string
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				came, _ = io.ReadAll(r.Body)
				said = r.Header.Get("Content-Encoding")
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, wholeMessage)
			})
			a := b.ask("POST", "/v1/messages", body, "Content-Encoding", name)
			if a.status != 200 || !bytes.Equal(came, []byte(body)) || said != name {
				t.Errorf("%s: got %d, and the API %q in %q", coding, a.status, came, said)
			}
			if lane := a.header.Get("X-Paceline-Lane"); !strings.Contains(lane, "opus-5-5") {
				t.Errorf("%s: the lane is %q, want that of its model", coding, lane)
			}
			if log := b.log.String(); !strings.Contains(log, `"user":"ann"`) {
				t.Errorf("%s: the log does not name the user: %s", coding, log)
			}
		})
	}
}

// What cannot be read goes on: the API says what is wrong with it. What decodes to more than the
// API takes is refused, before it costs more.
func TestRequestsThatCannotBeDecoded(t *testing.T) {
	bomb := packed(t, "gzip", strings.Repeat(" ", 33<<20))
	inBubble(t, unspaced(), func(b *bubble) {
		asked := 0
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusBadRequest)
		})
		for _, coding := range []string{"gzip", "deflate", "zstd", "br", "x"} {
			if a := b.ask("POST", "/v1/messages", hello, "Content-Encoding", coding); a.status != 400 {
				t.Errorf("%s: got %d", coding, a.status)
			}
		}
		if asked != 5 {
			t.Errorf("the API was asked %d times, want each time", asked)
		}
		a := b.ask("POST", "/v1/messages", bomb, "Content-Encoding", "gzip")
		if a.status != 413 || apiErrorType(a.body) != "request_too_large" || asked != 5 {
			t.Errorf("got %d %s after %d requests, want 413 before the API is asked", a.status, a.body, asked)
		}
	})
}
