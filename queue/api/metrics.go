package api

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"paceline/queue"
)

// maxBody is how much a request may carry, in bytes. Nothing here reads a body;
// clients that send a little one anyway are served.
const maxBody = 64 << 10

// metrics answers GET /api/queue/metrics.
func (s *Server) metrics(http.ResponseWriter, *http.Request) (any, *problem) {
	report := s.queue.Report()
	s.options.Decorate(&report)
	return report, nil
}

// resetDone is the published answer to a reset.
type resetDone struct {
	Success   bool       `json:"success"`
	Message   string     `json:"message"`
	Timestamp queue.Time `json:"timestamp"`
}

// reset answers POST /api/queue/metrics. It reads the request to its end first:
// one that is broken or never comes to an end resets nothing.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) (any, *problem) {
	if p := s.checkOrigin(r); p != nil {
		return nil, p
	}
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &problem{http.StatusRequestEntityTooLarge, "Request too large", "a reset needs no body"}
		}
		return nil, &problem{http.StatusBadRequest, "Bad request", "the body could not be read: a reset needs none"}
	}
	s.queue.Reset(caller(r))
	return resetDone{
		Success:   true,
		Message:   "Queue metrics have been reset",
		Timestamp: queue.Time{Time: time.Now()},
	}, nil
}

// caller says in a few words who sends the request: its address, as the
// connection tells it. What a header claims proves nothing.
func caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
