package access_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/pipe"
)

// fullHouse serves within limits over an in-memory listener, all on one loopback address.
// "/v1/wait" waits until goOn is closed, and everything else reads its body and says its path.
type fullHouse struct {
	*testing.T
	listener *pipe.Listener
	server   *http.Server
	goOn     chan struct{}
	said     []string
}

func newFullHouse(t *testing.T, l access.Limits) *fullHouse {
	t.Helper()
	h := &fullHouse{T: t, listener: pipe.Listen(), goOn: make(chan struct{})}
	guard, err := access.NewGuard(access.GuardOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.server = api.NewHTTPServer(guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/v1/wait" {
			<-h.goOn
		}
		_, _ = io.WriteString(w, "served "+r.URL.Path)
	})))
	h.server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	ln := access.LimitListener(fromHere{h.listener}, l, func(err error) { h.said = append(h.said, err.Error()) })
	go func() { _ = h.server.Serve(ln) }()
	return h
}

// fromHere is a listener whose connections come from one loopback address.
type fromHere struct{ net.Listener }

func (l fromHere) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return hereConn{conn}, err
}

type hereConn struct{ net.Conn }

func (hereConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711} }

// dial opens a connection on which a text was sent.
func (h *fullHouse) dial(text string) net.Conn {
	h.Helper()
	conn, err := h.listener.Dial(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, text) }()
	synctest.Wait()
	return conn
}

// ask asks for a path on a connection of its own.
func (h *fullHouse) ask(path string) string {
	conn := h.dial("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	defer func() { _ = conn.Close() }()
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func (h *fullHouse) close(conns []net.Conn) {
	_ = h.server.Close()
	for _, conn := range conns {
		_ = conn.Close()
	}
	time.Sleep(time.Minute) // net/http lingers
}

// A slow body, a slow header, silence and idleness make room for whoever comes.
func TestSlowConnectionsMakeRoom(t *testing.T) {
	const most = 20
	for name, text := range map[string]string{
		"slow bodies":       "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
		"slow chunks":       "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"slow headers":      "POST /v1/messages HTTP/1.1\r\nHost: local",
		"nothing":           "",
		"idle ones":         "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"slow own bodies":   "POST /api/queue/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
		"HTTP/2, and quiet": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newFullHouse(t, access.Limits{All: 100, Address: most, Loopback: most})
				waits := h.dial("GET /v1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n") // it is the eldest
				conns := []net.Conn{waits}
				for range most - 1 {
					conns = append(conns, h.dial(text))
					go func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }(conns[len(conns)-1])
				}
				time.Sleep(2 * time.Second)
				for range 3 * most {
					for _, path := range []string{"/healthz", "/v1/messages"} {
						if got := h.ask(path); !strings.Contains(got, "served "+path) {
							t.Errorf("%s: got %q", path, got)
						}
					}
				}
				if len(h.said) != 1 || !strings.Contains(h.said[0], "20 connections from 127.0.0.1/32") {
					t.Errorf("said %q, want once which limit binds", h.said)
				}
				close(h.goOn)
				head := make([]byte, 12)
				if _, err := io.ReadFull(waits, head); err != nil || string(head) != "HTTP/1.1 200" {
					t.Errorf("who waits for an answer got %q, %v", head, err)
				}
				h.close(conns)
			})
		})
	}
}

// Where all connections wait for answers, the server's own routes go on, whoever holds up
// what is kept for them, and everything else is refused in the API's shape.
func TestOwnRoutesHaveConnectionsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 10
		h := newFullHouse(t, access.Limits{All: 100, Address: most, Loopback: most, Own: 2})
		var conns []net.Conn
		for range most {
			conns = append(conns, h.dial("GET /v1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		}
		for range 10 {
			conns = append(conns, h.dial("GET /healthz HTTP/1.1\r\nHost: lo")) // of an attacker
			for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/queue/metrics"} {
				if got := h.ask(path); !strings.Contains(got, "served "+path) {
					t.Errorf("%s: got %q", path, got)
				}
			}
			if got := h.ask("/v1/messages"); !strings.HasPrefix(got, "HTTP/1.1 503") || !strings.Contains(got, "X-Paceline-Refused: connections") ||
				!strings.Contains(got, `"overloaded_error"`) || !strings.Contains(got, "Retry-After: ") || !strings.Contains(got, "Connection: close") {
				t.Errorf("/v1/messages: got %q", got)
			}
		}
		close(h.goOn)
		h.close(conns)
	})
}

// A connection of a trusted proxy is held to the limit in all alone.
func TestLimitsOfATrustedProxy(t *testing.T) {
	d := &door{}
	network, err := access.ParseNetwork("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	l := access.Limits{All: 10, Address: 2, Loopback: 2}
	l.Proxies = append(l.Proxies, network)
	ln := access.LimitListener(d, l, nil)
	for _, c := range []struct {
		from    string
		let, no int
	}{{"10.1.2.3", 5, 0}, {"192.0.2.1", 2, 3}, {"::ffff:10.0.0.1", 3, 2}} {
		if in, closed := d.arrive(t, ln, c.from, 5); len(in) != c.let || closed != c.no {
			t.Errorf("5 from %s: got %d let in, %d closed, want %d and %d", c.from, len(in), closed, c.let, c.no)
		}
	}
}

// What X-Forwarded-For tells counts as far as trusted proxies have written it.
func TestClientsBehindAProxy(t *testing.T) {
	options := access.GuardOptions{}
	for _, text := range []string{"10.0.0.0/8", "2001:db8::/32", "127.0.0.1"} {
		network, err := access.ParseNetwork(text)
		if err != nil {
			t.Fatal(err)
		}
		options.TrustedProxies = append(options.TrustedProxies, network)
	}
	guard, err := access.NewGuard(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1:5"}, // not a proxy
		{"10.0.0.1:5", nil, "10.0.0.1:5"},
		{"10.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7:0"},
		{"127.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7:0"},
		{"[::ffff:10.0.0.1]:5", []string{"198.51.100.7"}, "198.51.100.7:0"},
		{"10.0.0.1:5", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7:0"},           // the first is what the client says
		{"10.0.0.1:5", []string{"203.0.113.9, 198.51.100.7, 10.9.9.9"}, "198.51.100.7:0"}, // over two proxies
		{"10.0.0.1:5", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7:0"},         // two headers
		{"10.0.0.1:5", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3:0"},                      // a client among the proxies
		{"10.0.0.1:5", []string{"198.51.100.7:4711"}, "198.51.100.7:0"},
		{"10.0.0.1:5", []string{"[2001:db9::1]:4711"}, "[2001:db9::1]:0"},
		{"10.0.0.1:5", []string{"2001:db9::1"}, "[2001:db9::1]:0"},
		{"[2001:db8::9]:5", []string{"::ffff:198.51.100.7"}, "198.51.100.7:0"},
		{"10.0.0.1:5", []string{"unknown"}, "10.0.0.1:5"},
		{"10.0.0.1:5", []string{"198.51.100.7, _hidden, 10.2.2.2"}, "10.2.2.2:0"},
		{"10.0.0.1:5", []string{""}, "10.0.0.1:5"},
		{"10.0.0.1:5", []string{"198.51.100.7,"}, "10.0.0.1:5"},
	} {
		r, err := http.NewRequestWithContext(context.Background(), "GET", "http://localhost/v1/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.from, c.forwarded
		var got string
		guard.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(nil, r)
		if got != c.want {
			t.Errorf("%s with %q: got %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
	for _, text := range []string{"", "10.0.0.0/33", "example.com", "10.0.0"} {
		if n, err := access.ParseNetwork(text); err == nil {
			t.Errorf("%q: got %v", text, n)
		}
	}
}
