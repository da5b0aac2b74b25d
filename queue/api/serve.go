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
	headerTime = 5 * time.Second  // for a request's header
	idleTime   = 60 * time.Second // of a connection between two requests
	maxHeader  = 64 << 10         // bytes; clients of the API send long lists of betas
	closeTime  = 5 * time.Second  // for answers under way when the server stops
)

// NewHTTPServer returns an http.Server for h whose limits hold for anybody: a
// header must come within 5 s and be at most 64 KiB, an idle connection is closed
// after a minute, and so is each one after an answer that leaves uncertain where
// the next request begins: behind a body that was not read to its end, or that
// came in chunks, and after HTTP/1.0.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           closeUnlessFramed(h),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
	}
}

// Serve answers with h on ln until ctx ends, and then stops gracefully: q drains
// for at most the given time while h goes on answering, then the connections are
// closed. With no time, what waits is told at once. It returns nil after such a
// stop, or what made it impossible to go on. It closes ln.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, q *queue.Queue, drain time.Duration) error {
	server := NewHTTPServer(h)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()

	select {
	case err := <-failed:
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	empty(ctx, q, drain)
	hangUp(ctx, server)
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: serve: %w", err)
	}
	return nil
}

// empty drains the queue as far as the time allows. What does not finish is told
// so by the queue, so there is nothing more to report here.
func empty(ctx context.Context, q *queue.Queue, drain time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	_ = q.Shutdown(ctx)
}

// hangUp lets answers under way finish, then closes what is still open.
func hangUp(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}
