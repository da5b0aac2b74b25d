package api

import (
	"fmt"
	"net/http"
)

// userAnswer is the answer to a change of all that a user has waiting.
type userAnswer struct {
	doneAnswer
	Requests int `json:"requests"` // how many it hit
}

// cancelUser answers DELETE /api/queue/waiting?user=NAME.
func (s *Server) cancelUser(w http.ResponseWriter, r *http.Request) (any, *problem) {
	user, p := userOf(r)
	if p != nil {
		return nil, p
	}
	if p := readNoBody(w, r); p != nil {
		return nil, p
	}
	return newUserAnswer("Requests have left the queue", s.queue.CancelUser(user, s.caller(r))), nil
}

// changeUserPriority answers PATCH /api/queue/waiting?user=NAME.
func (s *Server) changeUserPriority(w http.ResponseWriter, r *http.Request) (any, *problem) {
	user, p := userOf(r)
	if p != nil {
		return nil, p
	}
	priority, p := readPriority(w, r)
	if p != nil {
		return nil, p
	}
	return newUserAnswer("Requests have "+priority.String()+" priority", s.queue.SetUserPriority(user, priority, s.caller(r))), nil
}

func newUserAnswer(message string, n int) userAnswer { return userAnswer{newDoneAnswer(message), n} }

// userOf returns the name in the query. Nothing else may stand there: it would not narrow down
// whom the change hits.
func userOf(r *http.Request) (string, *problem) {
	const expected = "name one user whose requests are meant, as in /api/queue/waiting?user=NAME, or one request, as in /api/queue/waiting/ID"
	query, p := parseQuery(r)
	switch {
	case p != nil:
		return "", p
	case len(query["user"]) != 1 || query.Get("user") == "":
		return "", badRequest(expected)
	}
	for field := range query {
		if field != "user" {
			return "", badRequest(fmt.Sprintf("%.32q cannot narrow down a change: %s", field, expected))
		}
	}
	return query.Get("user"), nil
}
