package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/gateway"
)

// roles are who may ask: nobody, where tokens are needed; the roles of a token; and somebody
// on loopback before the first token was made.
var roles = []string{"nobody", "member", "viewer", "admin", "open"}

// routeRow is a route, and what each of the roles gets for it.
type routeRow struct {
	route string // as the program's tables have it
	path  string // to ask at, where the route has no single one
	body  string
	want  [5]int // the status for each of the roles, where the gateway has a key of its own
	calls bool   // it goes on to the API
	names bool   // its answer has the names of users, but to members
}

// routeTable has a row for each route of the program, with all that goes for each of them. A
// route without a row fails the test.
var routeTable = []routeRow{
	{route: "GET /api/queue/metrics", want: [5]int{401, 200, 200, 200, 200}, names: true},
	{route: "HEAD /api/queue/metrics", want: [5]int{401, 200, 200, 200, 200}},
	{route: "POST /api/queue/metrics", want: [5]int{401, 403, 403, 200, 200}},
	{route: "GET /api/queue/history", want: [5]int{401, 200, 200, 200, 200}, names: true},
	{route: "HEAD /api/queue/history", want: [5]int{401, 200, 200, 200, 200}},
	{route: "GET /api/queue/waiting", want: [5]int{401, 200, 200, 200, 200}, names: true},
	{route: "HEAD /api/queue/waiting", want: [5]int{401, 200, 200, 200, 200}},
	{route: "PATCH /api/queue/waiting", path: "/api/queue/waiting?user=nobody", body: `{"priority":"low"}`, want: [5]int{401, 403, 403, 200, 200}},
	{route: "DELETE /api/queue/waiting", path: "/api/queue/waiting?user=nobody", want: [5]int{401, 403, 403, 200, 200}},
	{route: "GET /api/queue/waiting/{id}", path: "/api/queue/waiting/secret-id", want: [5]int{401, 404, 200, 200, 200}, names: true},
	{route: "HEAD /api/queue/waiting/{id}", path: "/api/queue/waiting/secret-id", want: [5]int{401, 404, 200, 200, 200}},
	{route: "PATCH /api/queue/waiting/{id}", path: "/api/queue/waiting/secret-id", body: `{"priority":"normal"}`, want: [5]int{401, 403, 403, 200, 200}},
	{route: "DELETE /api/queue/waiting/{id}", path: "/api/queue/waiting/..%2F..%2F..%2Fv1", want: [5]int{401, 403, 403, 404, 404}},
	{route: "GET /api/queue/settings", want: [5]int{401, 200, 200, 200, 200}},
	{route: "HEAD /api/queue/settings", want: [5]int{401, 200, 200, 200, 200}},
	{route: "PATCH /api/queue/settings", body: `{"maxQueue":900}`, want: [5]int{401, 403, 403, 200, 200}},
	{route: "GET /api/queue/lanes", want: [5]int{401, 200, 200, 200, 200}},
	{route: "HEAD /api/queue/lanes", want: [5]int{401, 200, 200, 200, 200}},
	{route: "POST /api/queue/lanes", body: `{"lane":"none","resume":true}`, want: [5]int{401, 403, 403, 409, 409}},
	{route: "GET /api/queue/stream", want: [5]int{401, 200, 200, 200, 200}, names: true},
	{route: "HEAD /api/queue/stream", want: [5]int{401, 200, 200, 200, 200}},
	{route: "GET /metrics", want: [5]int{401, 200, 200, 200, 200}},
	{route: "HEAD /metrics", want: [5]int{401, 200, 200, 200, 200}},

	{route: "GET /healthz", want: [5]int{200, 200, 200, 200, 200}},
	{route: "HEAD /healthz", want: [5]int{200, 200, 200, 200, 200}},
	{route: "GET /readyz", want: [5]int{200, 200, 200, 200, 200}},
	{route: "HEAD /readyz", want: [5]int{200, 200, 200, 200, 200}},
	{route: "GET /", want: [5]int{200, 200, 200, 200, 200}},
	{route: "HEAD /", want: [5]int{200, 200, 200, 200, 200}},
	{route: "GET /api/hello", want: [5]int{200, 200, 200, 200, 200}},
	{route: "HEAD /api/hello", want: [5]int{200, 200, 200, 200, 200}},

	{route: "POST /v1/messages", body: message, want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "POST /v1/messages/count_tokens", body: message, want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "POST /api/between/chat", body: `{"message":"hello","userId":"u"}`, want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "GET /v1/models/…", path: "/v1/models", want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "HEAD /v1/models/…", path: "/v1/models/x", want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "POST /v1/messages/batches/…", path: "/v1/messages/batches", body: `{"requests":[{}]}`, want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "GET /v1/messages/batches/…", path: "/v1/messages/batches/msgbatch_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "HEAD /v1/messages/batches/…", path: "/v1/messages/batches/msgbatch_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "PUT /v1/messages/batches/…", path: "/v1/messages/batches/msgbatch_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "PATCH /v1/messages/batches/…", path: "/v1/messages/batches/msgbatch_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "DELETE /v1/messages/batches/…", path: "/v1/messages/batches/msgbatch_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "POST /v1/files/…", path: "/v1/files", body: "x", want: [5]int{401, 200, 200, 200, 200}, calls: true},
	{route: "GET /v1/files/…", path: "/v1/files/file_9/content", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "HEAD /v1/files/…", path: "/v1/files/file_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "PUT /v1/files/…", path: "/v1/files/file_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "PATCH /v1/files/…", path: "/v1/files/file_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "DELETE /v1/files/…", path: "/v1/files/file_9", want: [5]int{401, 404, 404, 200, 200}, calls: true},
	{route: "* /v1/…", path: "/v1/skills", body: "{}", want: [5]int{401, 403, 403, 200, 200}, calls: true},
}

// message is one that the API of these tests answers.
const message = `{"model":"claude-sonnet-5-5","max_tokens":5,"messages":[{"role":"user","content":"hello"}]}`

// secretUser waits while the table is gone through, and is none of a member's business.
const secretUser = "secret-user"

func (r routeRow) method() string {
	method, _, _ := strings.Cut(r.route, " ")
	if method == "*" {
		return http.MethodPost
	}
	return method
}

func (r routeRow) target() string {
	if r.path != "" {
		return r.path
	}
	_, path, _ := strings.Cut(r.route, " ")
	return path
}

// Every route of the program is in the table, once, and what is in the table is a route.
func TestEveryRouteHasARow(t *testing.T) {
	var rows []string
	for _, row := range routeTable {
		rows = append(rows, row.route)
	}
	slices.Sort(rows)
	routes := slices.Sorted(slices.Values(append(api.Routes(), gateway.Routes()...)))
	for _, route := range routes {
		if !slices.Contains(rows, route) {
			t.Errorf("%s has no row: who may ask for it?", route)
		}
	}
	if !slices.Equal(slices.Compact(slices.Clone(rows)), routes) || len(rows) != len(routes) {
		t.Errorf("the rows are\n%q, the routes\n%q", rows, routes)
	}
}

// testHouse is all that serve serves, on a port of its own.
type testHouse struct {
	t       *testing.T
	address string
	tokens  map[string]string // by role; empty where none is needed
	asked   atomic.Int64      // how often the API was
}

// newTestHouse serves until the test ends.
func newTestHouse(t *testing.T, key string, needsTokens bool) *testHouse {
	t.Helper()
	h := &testHouse{t: t, tokens: map[string]string{}}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Vary": "Accept-Encoding", "Access-Control-Allow-Origin": "*", "Set-Cookie": "a=b",
		} {
			w.Header().Set(name, value)
		}
		_, _ = io.WriteString(w, `{"id":"x_1","type":"message","content":[{"type":"text","text":"hello"}],"data":[],"usage":{"input_tokens":1,"output_tokens":1}}`)
	}))
	t.Cleanup(upstream.Close)
	u, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := queue.DefaultSettings()
	s.MinDelay, s.Step, s.MaxInFlight = 0, 0, 1
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	transport := gateway.NewTransport()
	server, err := newServer(t.Context(), q, nil, nil, gateway.Options{Upstream: u, Key: key, Chat: gateway.Chat{Key: "sk-chat"}, Caller: gatewayCaller, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	options := access.GuardOptions{GatewayKey: key != "", AllowOrigins: []access.Origin{"https://app.example"}}
	if needsTokens {
		file := access.TokenFile(filepath.Join(t.TempDir(), "tokens.json"))
		for _, token := range []access.Token{{Name: "member"}, {Name: "viewer", SeeAll: true}, {Name: "admin", Admin: true}} {
			if h.tokens[token.Name], err = file.Add(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		if options.Tokens, err = access.OpenTokens(file, nil); err != nil {
			t.Fatal(err)
		}
	}
	guard, err := access.NewGuard(options)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(nil)
	front.Config = api.NewHTTPServer(guard.Wrap(server))
	front.Start()
	h.address = front.Listener.Addr().String()
	leave := holdUp(t, q)
	t.Cleanup(func() {
		leave()
		front.Close()
		server.close()
		_ = q.Shutdown(context.Background())
		transport.CloseIdleConnections()
	})
	return h
}

// holdUp has a request of somebody else wait until it is left.
func holdUp(t *testing.T, q *queue.Queue) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	begun := make(chan struct{})
	var calls sync.WaitGroup
	calls.Go(func() {
		_, _ = queue.Do(ctx, q, queue.Request{User: "first", Group: "others", Lane: "held up"}, func(ctx context.Context) (int, error) {
			close(begun)
			<-ctx.Done()
			return 0, ctx.Err()
		})
	})
	<-begun
	calls.Go(func() {
		_, _ = queue.Do(ctx, q, queue.Request{ID: "secret-id", User: secretUser, Group: "others", Lane: "held up"}, func(context.Context) (int, error) { return 0, nil })
	})
	for q.Report().Metrics.CurrentQueueLength == 0 {
		runtime.Gosched()
	}
	return func() {
		cancel()
		calls.Wait()
	}
}

// reply is an answer, of a stream the first piece.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask asks as somebody of a role does.
func (h *testHouse) ask(role, method, target, body string, header ...string) reply {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute) // so that a failure ends
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+h.address+target, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	if secret := h.tokens[role]; secret != "" {
		r.Header.Set("X-Paceline-Token", secret)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, target, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text := make([]byte, 1<<20)
	n := 0
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		for err == nil && method != http.MethodHead && !strings.Contains(string(text[:n]), "\n\n") {
			var more int
			more, err = answer.Body.Read(text[n:])
			n += more
		}
	} else {
		n, _ = io.ReadFull(answer.Body, text)
	}
	return reply{answer.StatusCode, answer.Header, string(text[:n])}
}

// houses are a server where tokens are needed, and one where none is.
func houses(t *testing.T, key string) (of func(role string) *testHouse) {
	closed, open := newTestHouse(t, key, true), newTestHouse(t, key, false)
	return func(role string) *testHouse {
		if role == "open" {
			return open
		}
		return closed
	}
}

// Each role gets for each route what the table says, and what it does not get it gets by no
// other spelling of the path.
func TestRolesByRoute(t *testing.T) {
	of := houses(t, "sk-own")
	for _, row := range routeTable {
		for i, role := range roles {
			h, want := of(role), row.want[i]
			before := h.asked.Load()
			a := h.ask(role, row.method(), row.target(), row.body)
			if a.status != want {
				t.Errorf("%s, %s: got %d %.200s, want %d", row.route, role, a.status, a.body, want)
			}
			if called := h.asked.Load() != before; called != (row.calls && want == http.StatusOK) {
				t.Errorf("%s, %s: the API was asked: %v", row.route, role, called)
			}
			sees := row.names && role != "member" && want == http.StatusOK
			if strings.Contains(a.body, secretUser) != sees {
				t.Errorf("%s, %s: the answer has the name of another's user: %v", row.route, role, !sees)
			}
			below := strings.HasPrefix(row.target(), "/v1")
			if refused := a.header.Get("X-Paceline-Refused"); refused != "" && below && row.method() != http.MethodHead && !strings.HasPrefix(a.body, `{"type":"error","error":{"type":"`) {
				t.Errorf("%s, %s: got %s, want the API's shape", row.route, role, a.body)
			}
			if want != http.StatusUnauthorized && want != http.StatusForbidden {
				continue
			}
			before = h.asked.Load()
			for _, target := range spellings(row.target()) {
				if a := h.ask(role, row.method(), target, row.body); a.status < 400 || h.asked.Load() != before {
					t.Errorf("%s, %s, as %s: got %d %.200s, want it refused, too", row.route, role, target, a.status, a.body)
				}
			}
		}
	}
}

// spellings are other ways to write a path.
func spellings(target string) []string {
	first := fmt.Sprintf("/%%%02x%s", target[1:][:min(1, len(target)-1)], target[min(2, len(target)):])
	return []string{
		"/" + target, "/x/.." + target, "/." + target, "/v1/.." + target, "/%2e%2e" + target, "/api/queue/.." + target, "/healthz/.." + target,
		first, strings.Replace(target, "/", "//", 2), "/" + strings.Replace(target[1:], "/", "%2F", 1), "/healthz" + target, "/v1" + target,
	}
}

// Where clients bring their own keys, the API says who may do what in it.
func TestRolesByRouteWithTheClientsKeys(t *testing.T) {
	of := houses(t, "")
	for _, row := range routeTable {
		for i, role := range roles {
			if !row.calls {
				continue
			}
			want := row.want[i]
			if role != "nobody" {
				want = http.StatusOK
			}
			if a := of(role).ask(role, row.method(), row.target(), row.body, "X-Api-Key", "sk-client"); a.status != want {
				t.Errorf("%s, %s: got %d %.200s, want %d", row.route, role, a.status, a.body, want)
			}
		}
	}
}

// No page of another site makes a visitor's browser ask for anything, with whatever token it
// may have come by, and one that is named may.
func TestPagesByRoute(t *testing.T) {
	of := houses(t, "sk-own")
	for _, row := range routeTable {
		for i, role := range roles {
			h := of(role)
			before := h.asked.Load()
			for name, header := range map[string][]string{
				"a page":           {"Origin", "https://evil.example"},
				"another port":     {"Origin", "http://127.0.0.1:1"},
				"a sandbox":        {"Origin", "null"},
				"a form":           {"Origin", "https://evil.example", "Content-Type", "text/plain", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
				"a hidden form":    {"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
				"an image":         {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
				"a script's fetch": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "empty"},
			} {
				a := h.ask(role, row.method(), row.target(), row.body, header...)
				if a.status != http.StatusForbidden || a.header.Get("X-Paceline-Refused") != "origin" || a.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s, %s, %s: got %d %v, want it refused", row.route, role, name, a.status, a.header)
				}
			}
			if h.asked.Load() != before {
				t.Errorf("%s, %s: the API was asked for a page", row.route, role)
			}
			a := h.ask(role, row.method(), row.target(), row.body, "Origin", "https://app.example", "Sec-Fetch-Site", "cross-site")
			if a.status != row.want[i] || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
				t.Errorf("%s, %s, the named page: got %d %v, want %d", row.route, role, a.status, a.header, row.want[i])
			}
			if !slices.Contains(a.header["Vary"], "Origin") || a.header["Set-Cookie"] != nil || len(a.header["Access-Control-Allow-Origin"]) != 1 {
				t.Errorf("%s, %s, the named page: got %v, want Vary: Origin, no cookie, and one origin", row.route, role, a.header)
			}
		}
	}
}

// Nothing that a proxy could take for the body of a request is taken for another request,
// whatever the route does with the body.
func TestSmugglingByRoute(t *testing.T) {
	h := newTestHouse(t, "sk-own", true)
	const second = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	hidden := "0\r\n\r\n" + second
	size := func(text string) string { return "Content-Length: " + strconv.Itoa(len(text)) + "\r\n" }
	for _, row := range routeTable {
		for _, role := range []string{"nobody", "admin"} {
			head := row.method() + " " + row.target() + " HTTP/1.1\r\nHost: localhost\r\n"
			if secret := h.tokens[role]; secret != "" {
				head += "X-Paceline-Token: " + secret + "\r\n"
			}
			for name, text := range map[string]string{
				"a length and chunks":        size(hidden) + "Transfer-Encoding: chunked\r\n\r\n" + hidden,
				"chunks and a length":        "Transfer-Encoding: chunked\r\n" + size(hidden) + "\r\n" + hidden,
				"two lengths":                "Content-Length: 0\r\n" + size(second) + "\r\n" + second,
				"a length of two parts":      "Content-Length: 0, " + strconv.Itoa(len(second)) + "\r\n\r\n" + second,
				"a length with a sign":       "Content-Length: +" + strconv.Itoa(len(second)) + "\r\n\r\n" + second,
				"folded chunks":              "Transfer-Encoding:\r\n chunked\r\n\r\n" + hidden,
				"chunks by another name":     "Transfer-Encoding: xchunked\r\n" + size(hidden) + "\r\n" + hidden,
				"chunks with a tab":          "Transfer-Encoding\t: chunked\r\n" + size(hidden) + "\r\n" + hidden,
				"a chunk that ends in LF":    "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n" + hidden,
				"a chunk with an extension":  "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n" + hidden,
				"an extension that has a LF": "Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n" + hidden,
				"a chunk's size with 0x":     "Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n" + hidden,
			} {
				if statuses := h.statuses(head + text); len(statuses) > 1 {
					t.Errorf("%s, %s, %s: got the answers %v, want one, and the end of the connection", row.route, role, name, statuses)
				}
			}
		}
	}
}

// statuses sends text, and returns the status of each answer until the server hangs up.
func (h *testHouse) statuses(text string) (list []int) {
	h.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(h.t.Context(), "tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // so that a failure ends
	go func() { _, _ = io.WriteString(conn, text) }() // the server may stop reading in the middle
	method, _, _ := strings.Cut(text, " ")
	in := bufio.NewReader(conn)
	for {
		answer, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return list
		}
		list = append(list, answer.StatusCode)
		if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") && method != http.MethodHead {
			return list // it has no end, and nothing comes after it
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		method = http.MethodGet // of the second
	}
}
