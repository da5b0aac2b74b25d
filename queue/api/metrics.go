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

// maxBody is the largest body of a request, in bytes. A small body is accepted even
// where none is needed.
const maxBody = 64 << 10

// metrics answers GET /api/queue/metrics.
func (s *Server) metrics(_ http.ResponseWriter, r *http.Request) (any, *problem) {
	since, p := eventsSinceOf(r)
	if p != nil {
		return nil, p
	}
	report := s.report()
	since.cut(&report)
	return report.SeenBy(s.viewer(r)), nil
}

// report returns everything about the queue, as of now.
func (s *Server) report() queue.Report {
	report := s.queue.Report()
	s.decorate(&report)
	return report
}

// doneAnswer is the answer to a successful change, as published for a reset.
type doneAnswer struct {
	Success   bool       `json:"success"`
	Message   string     `json:"message"`
	Timestamp queue.Time `json:"timestamp"`
}

func newDoneAnswer(message string) doneAnswer {
	return doneAnswer{Success: true, Message: message, Timestamp: queue.Time{Time: time.Now()}}
}

// reset answers POST /api/queue/metrics. It reads the request to its end first: an
// incomplete request resets nothing.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) (any, *problem) {
	if _, p := readBody(w, r, "a reset needs none"); p != nil {
		return nil, p
	}
	s.queue.Reset(s.caller(r))
	return newDoneAnswer("Queue metrics have been reset"), nil
}

// readBody reads the body of a request. The error to a body that is too large or
// incomplete says what is expected.
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

// viewer is the sender of a request as one who looks at the queue.
func (s *Server) viewer(r *http.Request) queue.Viewer {
	if s.options.Viewer != nil {
		return s.options.Viewer(r)
	}
	return queue.Viewer{}
}

// caller names the sender of a request, for the events. Headers are not trusted.
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
