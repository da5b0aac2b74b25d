package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxID is the longest ID of a request, in characters.
const maxID = 128

// waitingID returns the ID in a path below /api/queue/waiting. A slash in an ID is
// written %2F.
func waitingID(r *http.Request) (id string, ok bool) {
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/queue/waiting/")
	if !ok || escaped == "" || strings.Contains(escaped, "/") {
		return "", false
	}
	id, err := url.PathUnescape(escaped)
	return id, err == nil && utf8.RuneCountInString(id) <= maxID
}

// waitingRequest answers GET /api/queue/waiting/{id}.
func (s *Server) waitingRequest(id string) handler {
	return func(http.ResponseWriter, *http.Request) (any, *problem) {
		w, ok := s.queue.Find(id)
		if !ok {
			return nil, notWaiting(id)
		}
		return w, nil
	}
}

// cancel answers DELETE /api/queue/waiting/{id}.
func (s *Server) cancel(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) (any, *problem) {
		if _, p := readBody(w, r, "cancelling needs none"); p != nil {
			return nil, p
		}
		if !s.queue.Cancel(id, s.caller(r)) {
			return nil, notWaiting(id)
		}
		return newDoneAnswer("Request has left the queue"), nil
	}
}

func notWaiting(id string) *problem {
	return &problem{http.StatusNotFound, "Not waiting",
		fmt.Sprintf("no request %q waits: it runs, is done, or never came", id)}
}
