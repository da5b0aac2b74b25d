package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"paceline/queue"
)

const (
	headerTimeout = 5 * time.Second  // for a request's header
	idleTimeout   = 60 * time.Second // of a connection between two requests
	maxHeader     = 64 << 10         // bytes; clients of the API send long lists of betas
	closeTimeout  = 5 * time.Second  // for running answers when the server stops
)

// What one HTTP/2 connection may hold, so that connections, which are limited, limit what
// their streams cost. A stream costs its goroutines, as a connection of HTTP/1 does; what was
// sent of bodies before anybody reads it counts for the connection, and is 1 MiB at most. The
// headers of a request are bounded by maxHeader.
const (
	maxStreamsOfConn  = 250
	maxUnreadOfConn   = 1 << 20 // bytes
	maxUnreadOfStream = 256 << 10
)

// NewHTTPServer returns an http.Server for h with limits for untrusted clients: a
// header must come within 5 s and be at most 64 KiB, and an idle connection is
// closed after a minute. A connection is also closed after an answer that leaves
// uncertain where the next request begins: if a body was not read to its end, or
// came in chunks, and after HTTP/1.0. It speaks HTTP/1 and HTTP/2, without TLS with clients
// that begin with it (prior knowledge).
func NewHTTPServer(h http.Handler) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Protocols: &protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreamsOfConn, MaxReceiveBufferPerConnection: maxUnreadOfConn, MaxReceiveBufferPerStream: maxUnreadOfStream,
		},
		ConnContext:       connContext,
		Handler:           closeUnlessFramed(h),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
	}
}

// connContext is the context of a connection's requests. A connection that has something to
// tell them, below TLS or not, has a method for it.
func connContext(ctx context.Context, conn net.Conn) context.Context {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = over.NetConn()
	}
	if teller, ok := conn.(interface {
		Context(ctx context.Context) context.Context
	}); ok {
		return teller.Context(ctx)
	}
	return ctx
}

// Serve serves h on ln until ctx ends, and then stops gracefully: q drains for at
// most the given time while h goes on serving, then the connections are closed. If
// drain is zero, waiting requests fail at once. It returns nil after such a stop,
// or the error that ended it. It closes ln.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, q *queue.Queue, drain time.Duration) error {
	server := NewHTTPServer(h)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()

	select {
	case err := <-failed:
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	drainQueue(ctx, q, drain)
	shutDown(ctx, server)
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: serve: %w", err)
	}
	return nil
}

// drainQueue drains the queue for at most the given time. The queue itself fails
// the requests that do not finish, so there is no error to return.
func drainQueue(ctx context.Context, q *queue.Queue, drain time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	_ = q.Shutdown(ctx)
}

// shutDown lets running answers finish, then closes the remaining connections.
func shutDown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}
