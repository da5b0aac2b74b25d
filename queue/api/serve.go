package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	headerTime = 5 * time.Second  // for a request's header
	idleTime   = 60 * time.Second // of a connection between two requests
	maxHeader  = 16 << 10         // bytes
	closeTime  = 5 * time.Second  // for answers under way when the server stops
)

// NewHTTPServer returns an http.Server for h whose limits suit small questions
// from anybody: a header must come within 5 s and be at most 16 KiB, an idle
// connection is closed after a minute.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
	}
}

// Serve answers on ln until ctx ends, and then stops gracefully: the queue
// drains for at most [Options].Drain while the endpoint goes on telling how far
// it is, then the connections are closed. It returns nil after such a stop, or
// what made it impossible to go on. It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	server := NewHTTPServer(s)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()

	select {
	case err := <-failed:
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	s.drain(ctx)
	s.hangUp(ctx, server)
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: serve: %w", err)
	}
	return nil
}

// drain empties the queue as far as the time allows. What does not finish is
// told so by the queue, so there is nothing more to report here.
func (s *Server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Drain)
	defer cancel()
	_ = s.queue.Shutdown(ctx)
}

// hangUp lets answers under way finish, then closes what is still open.
func (s *Server) hangUp(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}
