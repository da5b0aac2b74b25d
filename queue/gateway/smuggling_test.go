package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/gateway"
)

// second is a request that anybody may send, hidden behind or in another one. If
// it is answered, the connection ends at least then.
const second = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// house is the whole server on a loopback port: the guard, the gateway and the
// queue's own endpoints. It asks for the token that it returns.
func house(t *testing.T, g *gateway.Gateway, q *queue.Queue) (address, token string) {
	t.Helper()
	file := access.TokenFile(filepath.Join(t.TempDir(), "tokens.json"))
	token, err := file.Add(t.Context(), access.Token{Name: "team", Priority: queue.High, Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := access.OpenTokens(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := access.NewGuard(access.GuardOptions{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	own := api.New(q, api.Options{})
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewHTTPServer(guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gateway.Handles(r.URL) {
			g.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})))
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), token
}

// answersTo sends text on a connection of its own, which the client leaves open,
// and returns the status of each answer until the server closes it.
func answersTo(t *testing.T, address, text string) (statuses []int) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // so that a failure ends
	go func() { _, _ = io.WriteString(conn, text) }() // the server may stop reading in the middle
	in := bufio.NewReader(conn)
	for {
		a, err := http.ReadResponse(in, nil)
		if e, ok := err.(net.Error); ok && e.Timeout() { //nolint:errorlint // net/http returns it as it is
			t.Fatal("the connection stays open")
		}
		if err != nil {
			return statuses
		}
		statuses = append(statuses, a.StatusCode)
		_, err = io.Copy(io.Discard, a.Body)
		_ = a.Body.Close()
		if err != nil {
			t.Fatalf("the answer %d breaks off: %v", a.StatusCode, err)
		}
	}
}

// Where it is not certain where a request ends, nothing behind it is taken for
// another one: no answer leaves a connection in use with part of a body on it.
func TestNothingInABodyIsTakenForARequest(t *testing.T) {
	at, tokens := map[string]string{}, map[string]string{}
	for disk, change := range map[string]func(*gateway.Options){
		"good": func(*gateway.Options) {},
		"none": func(o *gateway.Options) { o.TempDir = filepath.Join(t.TempDir(), "none") },
		"full": func(*gateway.Options) {},
	} {
		r := newRig(t, digests(t), unspaced(), func(o *gateway.Options) { o.Key = "sk-own" }, change)
		if disk == "full" {
			r.gateway.KeepBodiesIn(fullDisk)
		}
		at[disk], tokens[disk] = house(t, r.gateway, r.queue)
	}
	head := func(start, token string, more ...string) string {
		text := start + " HTTP/1.1\r\nHost: localhost\r\n"
		for _, line := range append(more, "X-Paceline-Token: "+token) {
			text += line + "\r\n"
		}
		return text
	}
	type row struct {
		name, disk, start string
		more              []string
		size              int
		status            int
	}
	var rows []row
	for disk, status := range map[string]int{"none": 500, "full": 503} {
		for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches", "/v1/files"} {
			rows = append(rows, row{disk + " disk", disk, "POST " + path, nil, 300 << 10, status})
		}
		rows = append(rows, row{disk + " disk", disk, "POST /api/between/chat", nil, 300 << 10, status})
	}
	rows = append(rows,
		row{"too large", "good", "POST /v1/messages", nil, 33 << 20, 413},
		row{"too large", "good", "POST /v1/messages/count_tokens", nil, 33 << 20, 413},
		row{"too large", "good", "POST /api/between/chat", nil, 2 << 20, 413},
		row{"no body taken", "good", "GET /v1/models", nil, 10, 413},
		row{"no such path", "good", "POST /v1/projects/p", nil, 10, 404},
		row{"no such path", "good", "POST /nothing", nil, 10, 404},
		row{"no such method", "good", "TRACE /v1/messages", nil, 10, 405},
		row{"no such method", "good", "PUT /api/between/chat", nil, 10, 405},
		row{"no such method", "good", "PUT /api/queue/metrics", nil, 10, 405},
		row{"bad header", "good", "POST /v1/messages", []string{"X-Paceline-Priority: now"}, 10, 400},
		row{"bad header", "good", "POST /api/between/chat", []string{"X-Paceline-Priority: now"}, 10, 400},
		row{"no token", "good", "POST /v1/messages", []string{"X-Paceline-Token: pl_0"}, 10, 401},
		row{"no token", "good", "POST /v1/files", []string{"X-Paceline-Token: pl_0"}, 1 << 20, 401},
		row{"no token", "good", "POST /api/queue/metrics", []string{"X-Paceline-Token: pl_0"}, 10, 401},
		row{"foreign origin", "good", "POST /v1/messages", []string{"Origin: https://evil.example"}, 10, 403},
		row{"too large", "good", "PATCH /api/queue/settings", nil, 100 << 10, 413},
		row{"too large", "good", "POST /api/queue/metrics", nil, 100 << 10, 413},
		row{"too large", "good", "DELETE /api/queue/waiting/x", nil, 100 << 10, 413},
		row{"unread", "good", "GET /api/queue/metrics", nil, 10, 200},
		row{"unread", "good", "GET /metrics", nil, 10, 200},
		row{"unread", "good", "GET /healthz", nil, 10, 200},
	)
	for _, c := range rows {
		t.Run(fmt.Sprintf("%s: %s", c.name, c.start), func(t *testing.T) {
			body := strings.Repeat("x", c.size)
			text := head(c.start, tokens[c.disk], append(c.more, "Content-Length: "+itoa(c.size))...) + "\r\n" + body + second
			if got := answersTo(t, at[c.disk], text); fmt.Sprint(got) != fmt.Sprint([]int{c.status}) {
				t.Errorf("got the answers %v, want %d alone", got, c.status)
			}
		})
	}

	message := func(version string, more ...string) string {
		return strings.Replace(head("POST /v1/messages", tokens["good"], more...), "HTTP/1.1", version, 1) + "\r\n"
	}
	hidden := "0\r\n\r\n" + second
	for _, c := range []struct {
		name, text string
		want       []int
	}{
		{"a length and chunks", message("HTTP/1.1", "Content-Length: "+itoa(len(hidden)), "Transfer-Encoding: chunked") + hidden, []int{200}},
		{"chunks and a length", message("HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: "+itoa(len(hidden))) + hidden, []int{200}},
		{"chunks alone", message("HTTP/1.1", "Transfer-Encoding: chunked") + chunk(hello) + hidden, []int{200}},
		{"chunks on the chat route", strings.Replace(message("HTTP/1.1", "Transfer-Encoding: chunked"), "/v1/messages", "/api/between/chat", 1) + hidden, []int{400}},
		{"chunks for a reset", strings.Replace(message("HTTP/1.1", "Transfer-Encoding: chunked"), "/v1/messages", "/api/queue/metrics", 1) + hidden, []int{200}},
		{"chunks in HTTP/1.0", message("HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked") + second, []int{200}},
		{"chunks and a length in HTTP/1.0", message("HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked", "Content-Length: 5") + hidden, []int{200}},
		{"two lengths", message("HTTP/1.1", "Content-Length: 0", "Content-Length: "+itoa(len(second))) + second, []int{400}},
		{"two lengths in one", message("HTTP/1.1", "Content-Length: 0, "+itoa(len(second))) + second, []int{400}},
		{"chunks twice", message("HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + hidden, []int{501}},
		{"a body on demand that is not asked for", message("HTTP/1.1", "Expect: 100-continue", "Content-Length: "+itoa(33<<20)) + second, []int{413}},
		// What is read to its end, and only that, leaves the connection open.
		{"whole", message("HTTP/1.1", "Content-Length: "+itoa(len(hello))) + hello + second, []int{200, 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := answersTo(t, at["good"], c.text); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got the answers %v, want %v", got, c.want)
			}
		})
	}
}

// fullDisk opens a file that nothing can be written to, or fails where there is none.
func fullDisk() (*os.File, error) { return os.OpenFile("/dev/full", os.O_RDWR, 0) }

// A body that stops in the middle once left its connection in use after the answer:
// what came later was read as a request.
func TestNothingThatComesLateIsTakenForARequest(t *testing.T) {
	disk := func(o *gateway.Options) { o.TempDir = "/nowhere/at/all" }
	for _, c := range []struct {
		name, path string
		sent, of   int
		status     string
		change     func(*gateway.Options)
	}{
		{"no place for it", "/v1/messages", 300 << 10, 400 << 10, "500", disk},
		{"no place for it", "/v1/files", 300 << 10, 400 << 10, "500", disk},
		{"no place for it", "/api/between/chat", 300 << 10, 400 << 10, "500", disk},
		{"too slow", "/v1/messages", 10, 400, "408", nil},
		{"too slow", "/api/between/chat", 10, 400, "408", nil},
		{"too large", "/v1/messages", 10, 33 << 20, "413", nil},
		{"too large", "/api/between/chat", 10, 2 << 20, "413", nil},
		{"no such path", "/v1/projects/p", 10, 400, "404", nil},
	} {
		t.Run(c.name+": "+c.path, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) { w.request() }, func(b *hostileBubble) {
				conn := b.dialFront()
				defer func() { _ = conn.Close() }()
				wait := b.background(func() {
					_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", c.path, c.of, strings.Repeat("x", c.sent))
					time.Sleep(40 * time.Second) // longer than anybody waits for the rest
					_, _ = io.WriteString(conn, strings.Replace(second, "/healthz", "/v1/other", 1))
				})
				text, _ := io.ReadAll(conn)
				_ = conn.Close()
				wait()
				got := string(text)
				if !strings.HasPrefix(got, "HTTP/1.1 "+c.status) || strings.Count(got, "HTTP/1.1") != 1 || !strings.Contains(got, "\r\nConnection: close\r\n") {
					t.Errorf("got %q, want %s alone, and that the connection ends", got, c.status)
				}
			}, func(o *gateway.Options) {
				if c.change != nil {
					c.change(o)
				}
			})
		})
	}
}
