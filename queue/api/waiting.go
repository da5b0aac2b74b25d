package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"paceline/queue"
)

// The limits of the query of GET /api/queue/waiting.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxOffset    = 1_000_000
	maxText      = 128 // characters
)

// waiting answers GET /api/queue/waiting.
func (s *Server) waiting(_ http.ResponseWriter, r *http.Request) (any, *problem) {
	query, p := parseQuery(r)
	if p != nil {
		return nil, p
	}
	asked := queue.WaitingQuery{User: query.Get("user"), Lane: query.Get("lane"), Text: query.Get("text"), Viewer: s.viewer(r)}
	if utf8.RuneCountInString(asked.Text) > maxText {
		return nil, badRequest(fmt.Sprintf("text has more than %d characters", maxText))
	}
	switch order := query.Get("order"); order {
	case "", "turn":
	case "wait":
		asked.LongestFirst = true
	default:
		return nil, badRequest(fmt.Sprintf("order is %.32q: must be turn, for whose turn is next, or wait, for who waits longest", order))
	}
	if asked.Limit, p = number(query, "limit", defaultLimit, 1, maxLimit); p != nil {
		return nil, p
	}
	if asked.Offset, p = number(query, "offset", 0, 0, maxOffset); p != nil {
		return nil, p
	}
	return s.queue.Waiting(asked), nil
}

// parseQuery parses the query of a request.
func parseQuery(r *http.Request) (url.Values, *problem) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query could not be read: " + err.Error())
	}
	return query, nil
}

// number parses a whole number of the query, or returns fallback if the field is
// missing.
func number(query url.Values, field string, fallback, low, high int) (int, *problem) {
	if !query.Has(field) {
		return fallback, nil
	}
	n, err := strconv.Atoi(query.Get(field))
	if err != nil || n < low || n > high {
		return 0, badRequest(fmt.Sprintf("%s is %q: must be a whole number from %d to %d", field, query.Get(field), low, high))
	}
	return n, nil
}
