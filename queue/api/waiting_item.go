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

// waitingID returns the ID in a path directly below a folder. A slash in an ID is written
// %2F.
func waitingID(path, folder string) (id string, ok bool) {
	escaped, ok := strings.CutPrefix(path, folder+"/")
	if !ok || escaped == "" || strings.Contains(escaped, "/") {
		return "", false
	}
	id, err := url.PathUnescape(escaped)
	return id, err == nil && utf8.RuneCountInString(id) <= maxID
}

// requestQuery returns which request of an ID is meant: of a user, and of a group of users,
// where the query names them.
func (s *Server) requestQuery(id string, r *http.Request) (queue.RequestQuery, *problem) {
	query, p := parseQuery(r)
	if p != nil {
		return queue.RequestQuery{}, p
	}
	asked := queue.RequestQuery{ID: id, User: query.Get("user"), Viewer: s.viewer(r)}
	if users := query["user"]; len(users) > 1 || users != nil && asked.User == "" {
		return asked, badRequest("name one user: " + nameTheUser)
	}
	if groups := query["group"]; len(groups) > 1 {
		return asked, badRequest("name one group: " + nameTheGroup)
	} else if len(groups) == 1 { // it may be empty: users without a token
		asked.Group = &groups[0]
	}
	return asked, nil
}

// waitingRequest answers GET /api/queue/waiting/{id}.
func (s *Server) waitingRequest(id string) handler {
	return func(_ http.ResponseWriter, r *http.Request) (any, *problem) {
		query, p := s.requestQuery(id, r)
		if p != nil {
			return nil, p
		}
		w, err := s.queue.Find(query)
		if err != nil {
			return nil, notMeant(query, err)
		}
		return w, nil
	}
}

// cancel answers DELETE /api/queue/waiting/{id}.
func (s *Server) cancel(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) (any, *problem) {
		query, p := s.requestQuery(id, r)
		if p != nil {
			return nil, p
		}
		if p := readNoBody(w, r); p != nil {
			return nil, p
		}
		if err := s.queue.Cancel(query, s.caller(r)); err != nil {
			return nil, notMeant(query, err)
		}
		return newDoneAnswer("Request has left the queue"), nil
	}
}

// changePriority answers PATCH /api/queue/waiting/{id}.
func (s *Server) changePriority(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) (any, *problem) {
		query, p := s.requestQuery(id, r)
		if p != nil {
			return nil, p
		}
		priority, p := readPriority(w, r)
		if p != nil {
			return nil, p
		}
		if err := s.queue.SetPriority(query, priority, s.caller(r)); err != nil {
			return nil, notMeant(query, err)
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

// How a query says whose request is meant.
const (
	nameTheUser  = "say whose is meant, as in /api/queue/waiting/ID?user=NAME"
	nameTheGroup = "say with which token its user came, as in /api/queue/waiting/ID?user=NAME&group=TOKEN"
)

// notMeant returns why no one request is meant that waits.
func notMeant(query queue.RequestQuery, err error) *problem {
	switch {
	case errors.Is(err, queue.ErrStarted):
		return &problem{http.StatusConflict, "Started", fmt.Sprintf("request %q has started: only what waits can be changed", query.ID)}
	case errors.Is(err, queue.ErrManyUsers) && query.User == "":
		return &problem{http.StatusConflict, "Several users", fmt.Sprintf("several users have a request %q waiting: %s", query.ID, nameTheUser)}
	case errors.Is(err, queue.ErrManyUsers):
		return &problem{http.StatusConflict, "Several users", fmt.Sprintf("several users of that name have a request %q waiting: %s", query.ID, nameTheGroup)}
	}
	return &problem{http.StatusNotFound, "Not waiting",
		fmt.Sprintf("no request %q waits: it runs, is done, or never came", query.ID)}
}
