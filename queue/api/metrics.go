package api

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"paceline/queue"
)

// maxBody is how much a request may carry, in bytes. Clients that send a little
// body where none is needed are served.
const maxBody = 64 << 10

// metrics answers GET /api/queue/metrics.
func (s *Server) metrics(http.ResponseWriter, *http.Request) (any, *problem) {
	return s.report(), nil
}

// report returns everything about the queue, as of now.
func (s *Server) report() queue.Report {
	report := s.queue.Report()
	s.decorate(&report)
	return report
}

// done is the answer to what was done, as published for a reset.
type done struct {
	Success   bool       `json:"success"`
	Message   string     `json:"message"`
	Timestamp queue.Time `json:"timestamp"`
}

func doneNow(message string) done {
	return done{Success: true, Message: message, Timestamp: queue.Time{Time: time.Now()}}
}

// reset answers POST /api/queue/metrics. It reads the request to its end first:
// one that is broken or never comes to an end resets nothing.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) (any, *problem) {
	if _, p := readBody(w, r, "a reset needs none"); p != nil {
		return nil, p
	}
	s.queue.Reset(s.caller(r))
	return doneNow("Queue metrics have been reset"), nil
}

// readBody reads what comes with a request. What is expected of it is said to
// whoever sends too much, or breaks off.
func readBody(w http.ResponseWriter, r *http.Request, expected string) ([]byte, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &problem{http.StatusRequestEntityTooLarge, "Request too large",
			fmt.Sprintf("the body has more than %d bytes: %s", maxBody, expected)}
	}
	return nil, badRequest("the body could not be read: " + expected)
}

// caller says in a few words who sends the request. What a header claims proves
// nothing.
func (s *Server) caller(r *http.Request) string {
	if s.options.Caller != nil {
		return s.options.Caller(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
