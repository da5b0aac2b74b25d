package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// defaultSince is how far back the history goes where nobody says.
const defaultSince = time.Hour

// history answers GET /api/queue/history.
func (s *Server) history(_ http.ResponseWriter, r *http.Request) (any, *problem) {
	asked, p := parseHistoryQuery(r.URL.RawQuery, time.Now())
	if p != nil {
		return nil, p
	}
	return s.queue.History(asked.since, asked.until, asked.step).SeenBy(s.viewer(r)), nil
}

// historyQuery is the query of GET /api/queue/history.
type historyQuery struct {
	since, until time.Time // zero: not said
	step         time.Duration
}

// parseHistoryQuery parses a query that came at now.
func parseHistoryQuery(raw string, now time.Time) (q historyQuery, p *problem) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return q, badRequest("the query could not be read: " + err.Error())
	}
	q.since = now.Add(-defaultSince)
	if query.Has("until") {
		if q.until, p = moment("until", query.Get("until"), now); p != nil {
			return q, p
		}
		q.since = q.until.Add(-defaultSince)
	}
	if query.Has("since") {
		if q.since, p = moment("since", query.Get("since"), now); p != nil {
			return q, p
		}
	}
	if query.Has("until") && !q.until.After(q.since) {
		return q, badRequest(fmt.Sprintf("until is %.64q: must be later than since, which is %s", query.Get("until"), q.since.UTC().Format(time.RFC3339)))
	}
	if query.Has("step") {
		if q.step, p = duration("step", query.Get("step")); p != nil {
			return q, p
		}
	}
	return q, nil
}

// The milliseconds since 1970 that a moment can have: the years 2000 to 2199.
const (
	firstMilli = 946_684_800_000
	lastMilli  = 7_258_118_400_000
)

// moment parses a time of the query: RFC 3339, milliseconds since 1970, or how long ago.
func moment(field, text string, now time.Time) (time.Time, *problem) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms >= firstMilli && ms < lastMilli {
		return time.UnixMilli(ms), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.UnixMilli() >= firstMilli && t.UnixMilli() < lastMilli {
		return t, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, badRequest(fmt.Sprintf(
		"%s is %.64q: must be how long ago, such as 30m, a time such as 2026-11-23T14:02:00Z, or milliseconds since 1970", field, text))
}

// duration parses a duration of the query.
func duration(field, text string) (time.Duration, *problem) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, badRequest(fmt.Sprintf("%s is %.64q: must be a duration above zero, such as 5s or 1m", field, text))
}
