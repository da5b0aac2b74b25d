package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"paceline/queue"
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
	return func(_ http.ResponseWriter, r *http.Request) (any, *problem) {
		w, ok := s.queue.Find(id)
		if w = w.SeenBy(s.viewer(r)); !ok || w.ID == "" { // another's is as if it were not there
			return nil, notWaiting(id)
		}
		return w, nil
	}
}

// cancel answers DELETE /api/queue/waiting/{id}.
func (s *Server) cancel(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) (any, *problem) {
		if p := readNoBody(w, r); p != nil {
			return nil, p
		}
		if !s.queue.Cancel(id, s.caller(r)) {
			return nil, s.notChanged(id)
		}
		return newDoneAnswer("Request has left the queue"), nil
	}
}

// changePriority answers PATCH /api/queue/waiting/{id}.
func (s *Server) changePriority(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) (any, *problem) {
		priority, p := readPriority(w, r)
		if p != nil {
			return nil, p
		}
		if !s.queue.SetPriority(id, priority, s.caller(r)) {
			return nil, s.notChanged(id)
		}
		return newDoneAnswer("Request has " + priority.String() + " priority"), nil
	}
}

func readNoBody(w http.ResponseWriter, r *http.Request) *problem {
	_, p := readBody(w, r, "cancelling needs none")
	return p
}

// readPriority reads the body of a change of priority.
func readPriority(w http.ResponseWriter, r *http.Request) (queue.Priority, *problem) {
	const expected = `send {"priority":"high"}, or normal, or low`
	body, p := readBody(w, r, expected)
	if p != nil {
		return 0, p
	}
	var asked struct {
		Priority *string `json:"priority"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&asked)
	_, more := d.Token()
	if err != nil || asked.Priority == nil || *asked.Priority == "" || !errors.Is(more, io.EOF) {
		return 0, badRequest("the body is not as wanted: " + expected)
	}
	priority, err := queue.ParsePriority(*asked.Priority)
	if err != nil {
		return 0, badRequest(fmt.Sprintf("priority is %.32q: %s", *asked.Priority, expected))
	}
	return priority, nil
}

// notChanged returns why a request that does not wait cannot be changed.
func (s *Server) notChanged(id string) *problem {
	if s.queue.Runs(id) {
		return &problem{http.StatusConflict, "Started", fmt.Sprintf("request %q has started: only what waits can be changed", id)}
	}
	return notWaiting(id)
}

func notWaiting(id string) *problem {
	return &problem{http.StatusNotFound, "Not waiting",
		fmt.Sprintf("no request %q waits: it runs, is done, or never came", id)}
}
