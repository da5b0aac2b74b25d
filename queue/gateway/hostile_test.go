package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/pipe"
)

// hostile is an upstream that does with its connections what it likes.
type hostile struct {
	net.Listener
	mu      sync.Mutex
	open    []net.Conn
	over    bool
	workers sync.WaitGroup
}

// wire is one connection to a hostile upstream, from its side.
type wire struct {
	net.Conn
	in *bufio.Reader
	n  int // its number, from 0
}

// serveHostile calls script for each connection, and closes it after.
func serveHostile(ln net.Listener, script func(*wire)) *hostile {
	h := &hostile{Listener: ln}
	h.workers.Go(func() {
		for n := 0; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.open = append(h.open, c)
			over := h.over
			h.mu.Unlock()
			if over {
				_ = c.Close()
				return
			}
			h.workers.Go(func() {
				defer func() { _ = c.Close() }()
				script(&wire{c, bufio.NewReader(c), n})
			})
		}
	})
	return h
}

// stop ends all connections, and returns when the scripts have.
func (h *hostile) stop() {
	_ = h.Close()
	h.mu.Lock()
	h.over = true
	for _, c := range h.open {
		_ = c.Close()
	}
	h.mu.Unlock()
	h.workers.Wait()
}

// request reads a whole request; false if none comes.
func (w *wire) request() (*http.Request, bool) {
	r, err := http.ReadRequest(w.in)
	if err != nil {
		return nil, false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r, err == nil
}

// say writes text; false if nobody listens any more.
func (w *wire) say(text string) bool {
	_, err := io.WriteString(w, text)
	return err == nil
}

// reset closes the connection so that the other side gets an error, where it is TCP.
func (w *wire) reset() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = w.Close()
}

// listenLoopback listens on a port of this machine's own address.
func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// newHostile serves a hostile upstream on a port until the test ends, and returns
// its URL.
func newHostile(t *testing.T, script func(*wire)) string {
	t.Helper()
	h := serveHostile(listenLoopback(t), script)
	t.Cleanup(h.stop)
	return "http://" + h.Addr().String()
}

// hostileBubble is a bubble with a hostile upstream.
type hostileBubble struct {
	*bubble
	options gateway.Options
}

// inHostileBubble is inBubble with a hostile upstream.
func inHostileBubble(t *testing.T, s queue.Settings, script func(*wire), f func(*hostileBubble), change ...func(*gateway.Options)) {
	t.Helper()
	var h *hostile
	var options gateway.Options
	change = append(change, func(o *gateway.Options) {
		ln := pipe.Listen()
		h = serveHostile(ln, script)
		transport := gateway.NewTransport()
		transport.DialContext = ln.DialContext
		o.Transport = transport
		options = *o
	})
	inBubble(t, s, func(b *bubble) {
		defer h.stop()
		f(&hostileBubble{b, options})
	}, change...)
}
