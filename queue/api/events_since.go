package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"paceline/queue"
)

// eventsSince is the number of an event: a reader has the events up to it, and asks for
// those above. Events are numbered from 1 since the server's start, so that the number of
// the last one is detail.eventsTotal. It is allEvents where a reader asks for all.
type eventsSince int64

const allEvents eventsSince = -1

// eventsSinceOf reads the number in the query of a request.
func eventsSinceOf(r *http.Request) (eventsSince, *problem) {
	const field = "events_since"
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !query.Has(field) { // without the field any query is allowed, as ever
		return allEvents, nil
	}
	n, err := strconv.ParseInt(query.Get(field), 10, 64)
	if err != nil || n < 0 {
		return allEvents, badRequest(fmt.Sprintf("%s is %.40q: must be the detail.eventsTotal of an earlier answer", field, query.Get(field)))
	}
	return eventsSince(n), nil
}

// cut removes the events that the reader has from a report. It removes none if there
// never were so many: the number is of a server that has restarted since.
func (n eventsSince) cut(r *queue.Report) {
	if n == allEvents || r.Detail == nil || int64(n) > r.Detail.EventsTotal {
		return
	}
	detail := *r.Detail
	fresh := min(detail.EventsTotal-int64(n), int64(len(detail.Events)))
	detail.Events = detail.Events[int64(len(detail.Events))-fresh:]
	r.Detail = &detail
}
