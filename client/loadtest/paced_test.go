package loadtest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"paceline/queue"
)

// paced is a server that answers both routes through a queue, after service.
type paced struct {
	queue   *queue.Queue
	service time.Duration

	mu    sync.Mutex
	users []string // who asked, in the order of the starts; guarded by mu
}

func newPaced(t testing.TB, s queue.Settings, service time.Duration) *paced {
	t.Helper()
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return &paced{queue: q, service: service}
}

// ServeHTTP implements http.Handler.
func (p *paced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		UserID   string `json:"userId"`
		Stream   bool   `json:"stream"`
		Metadata struct {
			UserID string `json:"user_id"`
		} `json:"metadata"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &asked)
	user := asked.UserID + asked.Metadata.UserID
	_, err := queue.Do(r.Context(), p.queue, queue.Request{User: user}, func(ctx context.Context) (int, error) {
		p.mu.Lock()
		p.users = append(p.users, user)
		p.mu.Unlock()
		if asked.Stream {
			w.Header().Set("Content-Type", "text/event-stream")
			half(ctx, p.service)
			_, _ = io.WriteString(w, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\n")
			w.(http.Flusher).Flush()
			half(ctx, p.service)
			_, _ = io.WriteString(w, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
			return 0, ctx.Err()
		}
		pause(ctx, p.service)
		return 0, ctx.Err()
	})
	switch {
	case err != nil:
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"type":"error","error":{"type":"rate_limit_error","message":"the queue is full"}}`)
	case !asked.Stream:
		_, _ = io.WriteString(w, `{"type":"message","content":[{"type":"text","text":"hi"}],"response":"hi"}`)
	}
}

func half(ctx context.Context, d time.Duration) { pause(ctx, d/2) }

// pipe is a listener without a network, so that time can be virtual.
type pipe struct {
	conns  chan net.Conn
	closed chan struct{}
}

// Accept implements net.Listener.
func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipe) Close() error { close(p.closed); return nil }

// Addr implements net.Listener.
func (p *pipe) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve serves h without a network. The target is complete but for its route.
func serve(t *testing.T, h http.Handler) (target Target, stop func()) {
	t.Helper()
	p := &pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(p) // it says that it was closed
	}()
	transport := &http.Transport{DialContext: p.dial, MaxIdleConnsPerHost: 100}
	return Target{Base: "http://queue.test", Route: Messages, Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	}
}
