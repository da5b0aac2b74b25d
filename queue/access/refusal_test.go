package access_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/pipe"
)

func TestRefusalsHaveTheShapeThatClientsKnow(t *testing.T) {
	file := newFile(t)
	team := add(t, file, "team", queue.Normal, false)
	add(t, file, "ops", queue.Normal, true)
	h, _ := newGuard(t, access.GuardOptions{Tokens: openTokens(t, file)})
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
		refused            string
		kind               string // of the API's error; empty in the queue's own shape
		challenge          string
	}{
		{"no token", "POST", "/v1/messages", nil, 401, "token", "authentication_error", ""},
		{"no token", "GET", "/api/queue/metrics", nil, 401, "token", "authentication_error", `Bearer realm="paceline"`},
		{"no token", "GET", "/nothing", nil, 401, "token", "authentication_error", `Bearer realm="paceline"`},
		{"wrong token", "GET", "/v1/models", []string{"x-paceline-token", "pl_x"}, 401, "token", "authentication_error", ""},
		{"host", "POST", "/v1/messages", []string{"Host", "evil.example"}, 403, "host", "permission_error", ""},
		{"host", "GET", "/api/queue/metrics", []string{"Host", "evil.example"}, 403, "host", "", ""},
		{"host", "GET", "/v1", []string{"Host", "evil.example"}, 403, "host", "permission_error", ""},
		{"host", "GET", "/v10", []string{"Host", "evil.example"}, 403, "host", "", ""},
		{"origin", "POST", "/v1/messages", []string{"Origin", "http://evil.example"}, 403, "origin", "permission_error", ""},
		{"origin", "POST", "/api/between/chat", []string{"Origin", "http://evil.example"}, 403, "origin", "", ""},
		{"admin", "POST", "/api/queue/metrics", []string{"x-paceline-token", team}, 403, "admin", "", ""},
	} {
		w := do(h, c.method, c.path, append(c.header, "X-Paceline-Request-Id", "mine-1")...)
		var got struct {
			Type    string
			Error   json.RawMessage
			Details string
			ID      string `json:"request_id"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s, %s: %v: %s", c.name, c.path, err, w.Body)
		}
		head := w.Header()
		if w.Code != c.status || head.Get("X-Paceline-Refused") != c.refused || head.Get("X-Should-Retry") != "false" ||
			head.Get("X-Paceline-Request-Id") != "mine-1" || head.Get("WWW-Authenticate") != c.challenge || head.Get("Connection") != "" {
			t.Errorf("%s, %s: got %d %v, want %d, refused for %s, challenge %q", c.name, c.path, w.Code, head, c.status, c.refused, c.challenge)
		}
		var inner struct{ Type, Message string }
		switch {
		case c.kind == "":
			var summary string
			if json.Unmarshal(got.Error, &summary) != nil || summary == "" || got.Details == "" || got.Type != "" {
				t.Errorf("%s, %s: got %s, want error and details", c.name, c.path, w.Body)
			}
		case json.Unmarshal(got.Error, &inner) != nil || got.Type != "error" || inner.Type != c.kind || inner.Message == "" ||
			got.ID != "mine-1" || head.Get("Request-Id") != "mine-1":
			t.Errorf("%s, %s: got %s, want the API's %s", c.name, c.path, w.Body, c.kind)
		}
	}
}

func TestRefusalsHaveAName(t *testing.T) {
	h, _ := newGuard(t, access.GuardOptions{Tokens: openTokens(t, newFile(t)), RequireToken: true})
	seen := map[string]bool{}
	for _, id := range []string{"", "a\x1b[2J", "a b", strings.Repeat("a", 129), "<b>", "pl_" + strings.Repeat("0a", 32)} {
		got := do(h, "GET", "/v1/models", "X-Paceline-Request-Id", id).Header().Get("X-Paceline-Request-Id")
		if !strings.HasPrefix(got, "req_") || len(got) < 20 || seen[got] {
			t.Errorf("named %q: got %q, want a new name", id, got)
		}
		seen[got] = true
	}
}

// on serves h at a real port and returns its address.
func on(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = api.NewHTTPServer(h)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestRequestsOnTheWire(t *testing.T) {
	file := newFile(t)
	token := add(t, file, "team", queue.Normal, false)
	// What gets through has its body read to the end, as the gateway does.
	g, err := access.NewGuard(access.GuardOptions{Tokens: openTokens(t, file)})
	if err != nil {
		t.Fatal(err)
	}
	address := on(t, g.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})))
	const post = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n"
	large := strings.Repeat("x", 1_000_000)
	for _, c := range []struct {
		name, raw string
		status    int
		closed    bool // the server hangs up
	}{
		{"a token", post + "X-Paceline-Token: " + token + "\r\nContent-Length: 2\r\n\r\n{}", 200, false},
		{"no token, no body", "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n", 401, false},
		{"no token, a body that came", post + "Content-Length: 2\r\n\r\n{}", 401, true},
		{"no token, a large body", post + "Content-Length: 1000000\r\n\r\n" + large, 401, true},
		{"no token, a body in chunks", post + "Transfer-Encoding: chunked\r\n\r\nf4240\r\n" + large + "\r\n0\r\n\r\n", 401, true},
		{"no token, a body that never comes", post + "Content-Length: 2\r\n\r\n", 401, true},
		{"no token, a body on demand", post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", 401, true},
		{"a token in the trailer", post + "Transfer-Encoding: chunked\r\nTrailer: X-Paceline-Token\r\n\r\n0\r\nX-Paceline-Token: " + token + "\r\n\r\n", 401, true},
		{"a header with a space", post + "X-Paceline-Token : " + token + "\r\nContent-Length: 0\r\n\r\n", 400, true},
		{"two lengths", post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", 400, true},
		{"foreign Host", "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, false},
		{"foreign Host in the target", "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, false},
		{"old HTTP without Host", "GET /healthz HTTP/1.0\r\n\r\n", 403, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			go func() { _, _ = io.WriteString(conn, c.raw) }() // the server may stop reading in the middle
			in := bufio.NewReader(conn)
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != c.status {
				t.Errorf("got %d %s %v, want %d", answer.StatusCode, body, err, c.status)
			}
			if answer.Close != c.closed {
				t.Errorf("the connection ends with the answer: got %v, want %v", answer.Close, c.closed)
			}
			if strings.Contains(string(body), token) {
				t.Errorf("the answer tells the token: %s", body)
			}
		})
	}
}

// A stranger that announces a body and never sends it, or never reads why it is
// refused, does not keep its goroutine.
func TestRefusedClientsAreNotWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		read      bool
		within    time.Duration
	}{
		{"body that never comes", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", true, 6 * time.Second},
		{"chunk that never comes", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", true, 6 * time.Second},
		{"answer that is never read", "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n", false, 11 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := newGuard(t, access.GuardOptions{Tokens: openTokens(t, newFile(t)), RequireToken: true})
				ln := pipe.Listen()
				server := api.NewHTTPServer(h)
				served := make(chan error)
				go func() { served <- server.Serve(ln) }()
				ours, err := ln.Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}

				begin := time.Now()
				_, _ = io.WriteString(ours, c.raw)
				if !c.read {
					time.Sleep(c.within)
					synctest.Wait()
				}
				got, _ := io.ReadAll(ours) // until the server hangs up
				if took := time.Since(begin); took > c.within {
					t.Errorf("hung up after %v, want at most %v", took, c.within)
				}
				if c.read != strings.HasPrefix(string(got), "HTTP/1.1 401") {
					t.Errorf("got %q, want an answer: %v", got, c.read)
				}
				_ = ours.Close()
				_ = server.Shutdown(context.Background())
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("Serve: got %v", err)
				}
			})
		})
	}
}
