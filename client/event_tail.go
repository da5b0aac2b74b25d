package client

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// eventTail keeps the last events of a server as it sent them, so that an answer need
// hold only those that are new. It completes such an answer to the one that the server
// would have sent otherwise, to the byte. The zero eventTail knows no events. It is safe
// for concurrent use.
//
// A server numbers its events from 1, and tells the number of the last one in
// detail.eventsTotal: an answer says which events it holds, whatever was asked for. The
// last known event is asked for again, because it shows whether the same server answers,
// and has not restarted.
type eventTail struct {
	sameServer bool // all answers come over one connection: no event is asked for again

	mu     sync.Mutex
	known  bool              // the fields below are of an answer; guarded by mu
	events []json.RawMessage // the last ones, oldest first, at most maxEvents; guarded by mu
	total  int64             // the number of the last one; guarded by mu
}

// noEvents is a number to ask for all events that the server still has.
const noEvents = 0

// since returns the number above which events are to be asked for; false if that is all.
func (t *eventTail) since() (n int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sameServer {
		return t.total, t.known
	}
	return max(t.total-1, noEvents), t.known
}

// complete returns the whole answer for a body that was asked for with the events above
// since, or with all of them if asked is false. It returns false if the events before
// those are not known: then all are to be asked for.
func (t *eventTail) complete(body []byte, since int64, asked bool) (whole []byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := findEvents(body)
	if !ok {
		t.known, t.events, t.total = false, nil, 0
		return body, true
	}
	// A server that does not know the parameter, has had fewer events, or more than it
	// keeps, sends all that it has. So does one that happens to have no others.
	if !asked || since == noEvents || a.total-since != int64(len(a.events)) {
		t.keep(a.total, nil, a.events)
		return body, true
	}
	before, ok := t.upTo(since)
	if !ok || !t.sameServer && !t.agrees(since+1, a.events) {
		t.known = false
		return nil, false
	}
	t.keep(a.total, before, a.events)
	if len(t.events) == len(a.events) {
		return body, true
	}
	return a.with(body, t.events), true
}

// keep makes known events and those of an answer the last ones. It requires that mu is
// held.
func (t *eventTail) keep(total int64, known, fresh []json.RawMessage) {
	events := slices.Clone(known)
	for _, e := range fresh {
		events = append(events, bytes.Clone(e)) // not the whole answer
	}
	t.known, t.events, t.total = true, last(events, maxEvents), total
}

// upTo returns the known events up to a number; false if that one's successor is not the
// next to be known. It requires that mu is held.
func (t *eventTail) upTo(n int64) (events []json.RawMessage, ok bool) {
	after := t.total - n // known events above the number
	if !t.known || after < 0 || after > int64(len(t.events)) {
		return nil, false
	}
	return t.events[:int64(len(t.events))-after], true
}

// agrees reports whether the first of some events is the known one of its number. It
// requires that mu is held.
func (t *eventTail) agrees(number int64, events []json.RawMessage) bool {
	known, ok := t.upTo(number)
	return ok && len(known) > 0 && len(events) > 0 && bytes.Equal(known[len(known)-1], events[0])
}

// eventsAnswer is what an answer holds of events.
type eventsAnswer struct {
	events     []json.RawMessage
	start, end int // of their list in the answer
	total      int64
}

// with returns the answer with other events.
func (a eventsAnswer) with(body []byte, events []json.RawMessage) []byte {
	list := bytes.Join(rawBytes(events), []byte{','})
	whole := make([]byte, 0, len(body)+len(list))
	whole = append(whole, body[:a.start]...)
	whole = append(whole, '[')
	whole = append(whole, list...)
	whole = append(whole, ']')
	return append(whole, body[a.end:]...)
}

func rawBytes(rows []json.RawMessage) [][]byte {
	list := make([][]byte, len(rows))
	for i, row := range rows {
		list[i] = row
	}
	return list
}

// findEvents finds the events in the body of an answer; false if it does not number
// them. They are part of the body.
func findEvents(body []byte) (a eventsAnswer, ok bool) {
	if !json.Valid(body) {
		return a, false
	}
	var total Opt[int64]
	var err error
	_ = eachField(body, 0, func(key string, value []byte, at int) {
		if key != "detail" {
			return
		}
		_ = eachField(value, at, func(key string, value []byte, at int) {
			switch key {
			case "eventsTotal":
				err = total.UnmarshalJSON(value)
			case "events":
				a.start, a.end = at, at+len(value)
				if a.events, ok = rowsOf(value); !ok {
					a.end = 0
				}
			}
		})
	})
	a.total = total.Value
	return a, err == nil && a.end > 0 && total.Known && int64(len(a.events)) <= a.total
}

// withEventsSince returns an address that asks for the events above a number.
func withEventsSince(u *url.URL, n int64) *url.URL {
	asked := *u
	if asked.RawQuery != "" {
		asked.RawQuery += "&"
	}
	asked.RawQuery += "events_since=" + strconv.FormatInt(n, 10)
	return &asked
}
