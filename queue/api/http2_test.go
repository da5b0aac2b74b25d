package api_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"paceline/queue/api"
	"paceline/queue/pipe"
)

// serveOn serves h as serve does, until the test ends.
func serveOn(t *testing.T, h http.Handler) *pipe.Listener {
	t.Helper()
	ln := pipe.Listen()
	server := api.NewHTTPServer(h)
	served := make(chan error)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return ln
}

// Proxies speak HTTP/2 without TLS when they know that the server does, and others HTTP/1 at
// the same address.
func TestHTTP2WithoutTLS(t *testing.T) {
	ln := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	for want, set := range map[string]func(*http.Protocols){
		"HTTP/2.0": func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
	} {
		var protocols http.Protocols
		set(&protocols)
		transport := &http.Transport{Protocols: &protocols, DialContext: ln.DialContext}
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://server/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		transport.CloseIdleConnections()
		if string(text) != want || err != nil {
			t.Errorf("got %q, %v, want %s", text, err, want)
		}
	}
}

// One connection has a bounded number of streams, and of bytes that nobody reads.
func TestHTTP2ConnectionsAreBounded(t *testing.T) {
	ln := serveOn(t, http.NotFoundHandler())
	conn := dial(t, ln)
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // so that a failure ends
	go func() {
		_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	}() // and no settings
	settings, window := map[uint16]uint32{}, uint32(65_535)
	for len(settings) == 0 || window == 65_535 { // RFC 9113, 6.5 and 6.9
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatalf("%v; so far: %v, window %d", err, settings, window)
		}
		payload := make([]byte, binary.BigEndian.Uint32(append([]byte{0}, head[:3]...)))
		if _, err := io.ReadFull(conn, payload); err != nil {
			t.Fatal(err)
		}
		switch head[3] {
		case 4:
			for ; len(payload) >= 6; payload = payload[6:] {
				settings[binary.BigEndian.Uint16(payload)] = binary.BigEndian.Uint32(payload[2:])
			}
		case 8:
			window += binary.BigEndian.Uint32(payload)
		}
	}
	for name, c := range map[string]struct{ got, want uint32 }{
		"streams": {settings[3], 250}, "bytes of a stream": {settings[4], 256 << 10}, "bytes": {window, 1 << 20}, "header bytes": {settings[6], 64<<10 + 320},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", name, c.got, c.want)
		}
	}
}
