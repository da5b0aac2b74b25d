package loadtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	answerJSON = `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"hi"}]}`
	chatJSON   = `{"response":"hi","metadata":{"responseTime":12}}`
	delta      = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\n"
	stopEvent  = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

// handler is a round tripper that needs no network.
type handler func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (h handler) RoundTrip(r *http.Request) (*http.Response, error) { return h(r) }

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func target(h handler) Target {
	return Target{Base: "http://queue.test", Route: Messages, Transport: h}
}

func TestAnswersAndWhatOnlyLooksLikeOne(t *testing.T) {
	const sse = "text/event-stream; charset=utf-8"
	for _, c := range []struct {
		name   string
		route  Route
		stream bool
		kind   string // of the content
		body   string
		want   string // kind of failure; empty for none
	}{
		{"message", Messages, false, "application/json", answerJSON, ""},
		{"chat", Chat, false, "application/json", chatJSON, ""},
		{"chat, empty answer", Chat, false, "application/json", `{"response":""}`, ""},
		{"message that asks for a tool", Messages, false, "", `{"type":"message","content":[{"type":"tool_use"}]}`, ""},
		{"a chat answer on messages", Messages, false, "", chatJSON, "200, no answer"},
		{"a message on chat", Chat, false, "", answerJSON, "200, no answer"},
		{"HTML", Messages, false, "text/html", "\n<!DOCTYPE html><title>Sign in</title>", "200, HTML"},
		{"nothing", Messages, false, "", "", "200, no JSON"},
		{"half", Messages, false, "", answerJSON[:30], "200, no JSON"},
		{"null", Messages, false, "", "null", "200, no answer"},
		{"a list", Messages, false, "", "[]", "200, no JSON"},
		{"wrong types", Messages, false, "", `{"type":7,"content":"x"}`, "200, no JSON"},
		{"an error with status 200", Messages, false, "", `{"type":"error","error":{"type":"api_error","message":"no"}}`, "200, error api_error"},
		{"an older error with status 200", Chat, false, "", `{"error":"no","details":"why"}`, "200, error"},

		{"stream", Messages, true, sse, "event: ping\ndata: {\"type\":\"ping\"}\n\n: waited 5 s\n\n" + delta + delta + stopEvent, ""},
		{"stream with carriage returns", Messages, true, sse, strings.ReplaceAll(delta+stopEvent, "\n", "\r\n"), ""},
		{"stream without text", Messages, true, sse, stopEvent, ""},
		{"stream that ends early", Messages, true, sse, delta, "the stream broke off"},
		{"empty stream", Messages, true, sse, "", "the stream broke off"},
		{"stream of nonsense", Messages, true, sse, "data: {{{\n\ndata\n\n\x00\xff\n\n", "the stream broke off"},
		{"error in the stream", Messages, true, sse, delta + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", "error in the stream overloaded_error"},
		{"not streamed", Messages, true, "application/json", answerJSON, "200, no stream"},
		{"HTML for a stream", Messages, true, "text/html", "<html>", "200, HTML"},
		{"chat stream", Chat, true, sse, "data: {\"text\":\"hi\"}\n\ndata: [DONE]\n\n", ""},
		{"chat stream, one line each", Chat, true, sse, "data: {\"text\":\"hi\"}\ndata: [DONE]\n", ""},
		{"chat stream that ends early", Chat, true, sse, "data: {\"text\":\"hi\"}\n\n", "the stream broke off"},
		{"chat error in the stream", Chat, true, sse, "data: {\"error\":\"no\",\"details\":\"why\"}\n\n", "error in the stream"},
		{"a line without end", Messages, true, sse, "data: " + strings.Repeat("x", maxEvent+100), "the stream has no end"},
		{"an event without end", Messages, true, sse, strings.Repeat("data: "+strings.Repeat("x", 1<<20)+"\n", 6), "the stream has no end"},
	} {
		to := target(func(*http.Request) (*http.Response, error) {
			r := response(200, c.body)
			r.Header.Set("Content-Type", c.kind)
			return r, nil
		})
		to.Route, to.Stream = c.route, c.stream
		got := newSender(to).send(t.Context(), "u", 0)
		kind := ""
		if got.problem != nil {
			kind = got.problem.kind
		}
		check(t, c.name, kind, c.want)
		if text := strings.Contains(c.body, "hi"); c.stream && strings.HasPrefix(c.kind, "text/event") && got.first.IsZero() == text {
			t.Errorf("%s: first text seen: got %v, want %v", c.name, !got.first.IsZero(), text)
		}
	}
}

// endless is a body that never ends.
type endless string

// Read implements io.Reader.
func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

func TestEndlessAnswersAreCut(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream bool
		status int
		body   endless
		want   string
	}{
		{"whole", false, 200, endless(strings.Repeat(" ", 4096)), "200, too large"},
		{"stream", true, 200, endless("event: ping\ndata: {}\n\n: " + strings.Repeat("x", 4096) + "\n\n"), "the stream has no end"},
		{"error", false, 503, "x", "503"},
	} {
		to := target(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(c.body)}, nil
		})
		to.Stream = c.stream
		if got := newSender(to).send(t.Context(), "u", 0); got.problem == nil || got.problem.kind != c.want {
			t.Errorf("%s: got %v, want %s", c.name, got.problem, c.want)
		}
	}
}

func TestErrorsInWords(t *testing.T) {
	for _, c := range []struct {
		status      int
		header      [2]string
		body        string
		kind, words string
	}{
		{429, [2]string{}, `{"type":"error","error":{"type":"rate_limit_error","message":"Too many"}}`, "429 rate_limit_error", "Too many"},
		{429, [2]string{"x-paceline-refused", "queue full"}, `{"type":"error","error":{"type":"rate_limit_error","message":"full"}}`, "429 refused by the queue rate_limit_error", "full"},
		{429, [2]string{}, `{"error":"Usage limit exceeded","details":"50 a day","quota":{}}`, "429", "Usage limit exceeded: 50 a day"},
		{500, [2]string{}, `{"error":"failed","details":{"a":1}}`, "500", "failed"},
		{502, [2]string{}, "<html>nginx</html>", "502", "HTML, no words"},
		{503, [2]string{}, "", "503", "Service Unavailable"},
		{400, [2]string{}, `{"error":["a"]}`, "400", "Bad Request"},
		{307, [2]string{"Location", "https://elsewhere.example/x?key=abc"}, "", "307", "redirected to https://elsewhere.example: no redirect is followed, give the address it leads to"},
		{302, [2]string{}, "", "302", "redirected: no redirect is followed, give the address it leads to"},
		{500, [2]string{}, `{"error":"a\u202eb\u001b]0;title\u0007c\nd"}`, "500", "abc d"},
		{401, [2]string{}, `{"error":{"type":"authentication_error","message":"invalid key sk-ant-secret-value"}}`, "401 authentication_error", "invalid key [hidden]"},
	} {
		calls := 0
		to := target(func(r *http.Request) (*http.Response, error) {
			calls++
			a := response(c.status, c.body)
			a.Request = r
			if c.header[0] != "" {
				a.Header.Set(c.header[0], c.header[1])
			}
			return a, nil
		})
		to.Header = http.Header{"X-Api-Key": {"sk-ant-secret-value"}}
		got := newSender(to).send(t.Context(), "u", 0)
		if got.problem == nil {
			t.Fatalf("%d %s: got no problem", c.status, c.body)
		}
		check(t, "kind of "+c.body, got.problem.kind, c.kind)
		check(t, "words of "+c.body, got.problem.words, c.words)
		check(t, "calls", calls, 1)
	}
}

// What a real server does to a connection.
func TestHostileServers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	for _, c := range []struct {
		name   string
		stream bool
		raw    string // the whole answer; then it hangs up
		want   string
	}{
		{"hangs up", false, "", "closed without an answer"},
		{"half a header", false, "HTTP/1.1 200 O", "the answer broke off"},
		{"half a body", false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"type\":", "the answer broke off"},
		{"half a chunk", true, head + "Transfer-Encoding: chunked\r\n\r\nff\r\ndata: x", "the answer broke off"},
		{"no HTTP", false, "SSH-2.0-OpenSSH_9.9\r\n\r\n", "what answers does not speak HTTP"},
		{"huge header", false, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n", "the answer's header is larger than 64 KiB"},
		{"lying length", false, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", ""},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = io.WriteString(conn, c.raw)
				_ = conn.Close()
			}
		}()
		caller := newSender(Target{Base: "http://" + ln.Addr().String(), Route: Messages, Stream: c.stream, Timeout: 30 * time.Second})
		got := caller.send(t.Context(), "u", 0)
		switch {
		case got.problem == nil:
			t.Errorf("%s: got an answer, want a failure", c.name)
		case c.want != "":
			check(t, c.name, got.problem.kind, c.want)
		}
		caller.client.CloseIdleConnections()
		_ = ln.Close()
		<-served
	}
}

func TestNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + ln.Addr().String()
	_ = ln.Close()
	got, err := Run(t.Context(), Plan{Users: 2, Messages: 2}, Target{Base: address, Route: Chat}, nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "failed", got.Failed, 4)
	check(t, "kinds", len(got.Outcomes), 1) // though each has a port of its own
	check(t, "kind", got.Outcomes[0].Kind, "connection refused")
}

// A redirect must not carry the key to another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var visits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer elsewhere.Close()
	first := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	to := Target{Base: first.URL, Route: Messages, Header: http.Header{"X-Api-Key": {"secret"}}}
	r, err := Run(t.Context(), Plan{Users: 1, Messages: 1}, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "visits", visits.Load(), 0)
	check(t, "failed", r.Failed, 1)
	check(t, "kind", r.Outcomes[0].Kind, "307")
}

func TestRequestsLookAsTheirRouteWants(t *testing.T) {
	own := `{"model":"m","messages":[{"role":"user","content":"x"}],"userId":"mine","metadata":{"user_id":"mine"},"isVoiceMode":true,"stream":true,"temperature":0.5,"big":12345678901234567890}`
	for _, c := range []struct {
		name   string
		route  Route
		stream bool
		body   string
		url    string
		fields map[string]string // as JSON; empty: not there
	}{
		{"messages", Messages, false, "", "/v1/messages", map[string]string{
			"model": `"` + DefaultModel + `"`, "max_tokens": "64", "stream": "false", "metadata": `{"user_id":"loadtest-1"}`, "userId": "",
			"messages": `[{"content":"Load test, message 2 of loadtest-1: answer with one short sentence.","role":"user"}]`,
		}},
		{"messages, streamed", Messages, true, "", "/v1/messages", map[string]string{"stream": "true"}},
		{"messages, own", Messages, false, own, "/v1/messages", map[string]string{
			"model": `"m"`, "max_tokens": "64", "stream": "false", "metadata": `{"user_id":"loadtest-1"}`,
			"messages": `[{"role":"user","content":"x"}]`, "temperature": "0.5", "big": "12345678901234567890",
		}},
		{"chat", Chat, false, "", "/api/between/chat", map[string]string{
			"message": `"Load test, message 2 of loadtest-1: answer with one short sentence."`, "userId": `"loadtest-1"`, "model": "", "stream": "",
		}},
		{"chat, streamed", Chat, true, "", "/api/between/chat?stream=true", nil},
		{"chat, own", Chat, false, own, "/api/between/chat", map[string]string{"userId": `"loadtest-1"`, "isVoiceMode": ""}},
		{"chat, own with input", Chat, false, `{"input":"hello"}`, "/api/between/chat", map[string]string{"input": `"hello"`, "message": ""}},
	} {
		var seen *http.Request
		var fields map[string]json.RawMessage
		to := target(func(r *http.Request) (*http.Response, error) {
			seen = r
			body, _ := io.ReadAll(r.Body)
			_ = json.Unmarshal(body, &fields)
			return response(500, ""), nil
		})
		to.Route, to.Stream, to.Header = c.route, c.stream, http.Header{"X-Api-Key": {"k"}}
		if c.body != "" {
			to.Body = []byte(c.body)
		}
		newSender(to).send(t.Context(), "loadtest-1", 1)
		check(t, c.name+": url", seen.URL.RequestURI(), c.url)
		check(t, c.name+": method", seen.Method, "POST")
		check(t, c.name+": key", seen.Header.Get("X-Api-Key"), "k")
		check(t, c.name+": content", seen.Header.Get("Content-Type"), "application/json")
		check(t, c.name+": version sent", seen.Header.Get("Anthropic-Version") != "", c.route == Messages)
		for name, want := range c.fields {
			check(t, c.name+": "+name, string(fields[name]), want)
		}
	}
}

func TestProbe(t *testing.T) {
	status := func(code int, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			fmt.Fprint(w, "{}")
		}
	}
	const j, h = "application/json", "text/html; charset=utf-8"
	for _, c := range []struct {
		name           string
		messages, chat http.HandlerFunc
		want           Route
		words          string // of the failure
	}{
		{"both: a gateway of ours", status(405, j), status(405, j), Messages, ""},
		{"the older deployment", status(404, h), status(405, h), Chat, ""},
		{"the Claude API", status(405, j), status(404, j), Messages, ""},
		{"unclear, but the other is not there", status(404, j), status(400, j), Chat, ""},
		{"wants a key first", status(401, j), status(404, j), Messages, ""},
		{"a page for every path", status(200, h), status(200, h), "", "neither /v1/messages nor /api/between/chat"},
		{"neither", status(404, j), status(404, j), "", "neither"},
		{"wants a token everywhere", status(401, j), status(401, j), "", "cannot be told"},
		{"fails everywhere", status(500, j), status(502, j), "", "answered 500 at /v1/messages and 502"},
	} {
		mux := http.NewServeMux()
		mux.HandleFunc("/v1/messages", c.messages)
		mux.HandleFunc("/api/between/chat", c.chat)
		server := httptest.NewServer(mux)
		got, err := Probe(t.Context(), Target{Base: server.URL})
		server.Close()
		check(t, c.name, got, c.want)
		if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.words)
		}
	}
}

func TestProbeSendsGETsWithTheHeader(t *testing.T) {
	var seen []string
	to := target(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Paceline-Token"))
		return response(404, ""), nil
	})
	to.Header = http.Header{"X-Paceline-Token": {"t"}}
	_, err := Probe(t.Context(), to)
	if err == nil {
		t.Error("got a route, want none")
	}
	if want := []string{"GET /v1/messages t", "GET /api/between/chat t"}; !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}
