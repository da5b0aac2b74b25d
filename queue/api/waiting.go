package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"paceline/queue"
)

// The limits of the query of GET /api/queue/waiting.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxOffset    = 1_000_000
)

// waitingList is the answer of GET /api/queue/waiting.
type waitingList struct {
	Total   int                    `json:"total"` // of all waiting requests, listed or not
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

// number parses a whole number of the query, or returns fallback if the field is
// missing.
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
