package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"paceline/queue"
)

// The numbers that GET /api/queue/waiting takes.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxOffset    = 1_000_000
)

// waitingList is the answer of GET /api/queue/waiting.
type waitingList struct {
	Total   int                    `json:"total"` // all that wait, listed or not
	Waiting []queue.WaitingRequest `json:"waiting"`
}

// waiting answers GET /api/queue/waiting.
func (s *Server) waiting(_ http.ResponseWriter, r *http.Request) (any, *problem) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &problem{http.StatusBadRequest, "Bad request", "the query could not be read: " + err.Error()}
	}
	limit, p := number(query, "limit", defaultLimit, 1, maxLimit)
	if p != nil {
		return nil, p
	}
	offset, p := number(query, "offset", 0, 0, maxOffset)
	if p != nil {
		return nil, p
	}
	list, total := s.queue.Waiting(limit, offset)
	return waitingList{Total: total, Waiting: list}, nil
}

// number reads a whole number from the query, or returns fallback if the field
// is not there.
func number(query url.Values, field string, fallback, low, high int) (int, *problem) {
	if !query.Has(field) {
		return fallback, nil
	}
	n, err := strconv.Atoi(query.Get(field))
	if err != nil || n < low || n > high {
		return 0, &problem{http.StatusBadRequest, "Bad request",
			fmt.Sprintf("%s is %q: must be a whole number from %d to %d", field, query.Get(field), low, high)}
	}
	return n, nil
}
