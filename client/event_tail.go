package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// eventTail keeps the last events of a server as it sent them, so that an answer need
// hold only those that are new. It completes such an answer to the one that the server
// would have sent otherwise, to the byte. The zero eventTail knows no events. It is safe
// for concurrent use.
//
// A server numbers its events from 1, and tells the number of the last one in
// detail.eventsTotal: an answer says which events it holds, whatever was asked for.
type eventTail struct {
	oneServer bool // all answers come over one connection

	mu     sync.Mutex
	known  bool              // the fields below are of an answer; guarded by mu
	events []json.RawMessage // the last ones, oldest first, at most maxEvents; guarded by mu
	total  int64             // the number of the last one; guarded by mu
	told   serverTime        // guarded by mu
}

// noEvents is a number to ask for all events that the server still has.
const noEvents = 0

// since returns the number of the last event that is known; false if all are to be asked
// for.
func (t *eventTail) since() (n int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total, t.known
}

// complete returns the whole answer for a body that was asked for with the events above
// since, or with all of them if asked is false. It returns false if the events between are
// not known: then all are to be asked for.
func (t *eventTail) complete(body []byte, since int64, asked bool) (whole []byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := findEvents(body)
	if !ok {
		t.known, t.events, t.total = false, nil, 0
		return body, true
	}
	// A server that does not know the parameter, has restarted, or has had more events than
	// it keeps, sends all that it has. So does one that happens to have no others.
	partly := asked && since != noEvents && a.total-since == int64(len(a.events))
	if !partly {
		t.keep(a, a.events)
		return body, true
	}
	missing := t.total - since // known events that the answer has, too
	if !t.known || missing < 0 || missing > int64(len(t.events)) || !t.oneServer && !a.told.follows(t.told) {
		t.known = false
		return nil, false
	}
	events := slices.Concat(t.events[:int64(len(t.events))-missing], a.events)
	t.keep(a, events)
	if len(t.events) == len(a.events) {
		return body, true
	}
	return a.with(body, t.events), true
}

// keep makes the events of an answer the last ones. It requires that mu is held.
func (t *eventTail) keep(a eventsAnswer, events []json.RawMessage) {
	t.known, t.events, t.total, t.told = true, slices.Clone(last(events, maxEvents)), a.total, a.told
}

// serverTime is a moment by a server's clocks: the time of day, and the time since it has
// started.
type serverTime struct {
	at     time.Time
	uptime time.Duration
}

// follows reports whether t is of the same run of the server as an earlier moment. It
// may be wrong about a run that was suspended; and about two that began in the same
// milliseconds.
func (t serverTime) follows(earlier serverTime) bool {
	passed, ran := t.at.Sub(earlier.at), t.uptime-earlier.uptime
	return (passed-ran).Abs() <= clockTolerance && t.uptime >= passed
}

// eventsAnswer is what an answer holds of events.
type eventsAnswer struct {
	events     []json.RawMessage
	start, end int // of their list in the answer
	total      int64
	told       serverTime
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
// them, or does not tell the time.
func findEvents(body []byte) (a eventsAnswer, ok bool) {
	var timestamp, uptime, total json.RawMessage
	err := eachField(body, 0, func(key string, value []byte, at int) error {
		switch key {
		case "timestamp":
			timestamp = value
		case "detail":
			return eachField(value, at, func(key string, value []byte, at int) error {
				switch key {
				case "uptimeMs":
					uptime = value
				case "eventsTotal":
					total = value
				case "events":
					a.start, a.end = at, at+len(value)
					a.events = nil // of a key that comes twice, the last
					return json.Unmarshal(value, &a.events)
				}
				return nil
			})
		}
		return nil
	})
	if err != nil || a.end == 0 {
		return a, false
	}
	var at Opt[time.Time]
	var ran Opt[Uptime]
	var last Opt[int64]
	for _, f := range []struct {
		to   json.Unmarshaler
		from json.RawMessage
	}{{&at, timestamp}, {&ran, uptime}, {&last, total}} {
		if f.from == nil || f.to.UnmarshalJSON(f.from) != nil {
			return a, false
		}
	}
	a.total, a.told = last.Value, serverTime{at.Value, time.Duration(ran.Value)}
	return a, at.Known && ran.Known && last.Known && int64(len(a.events)) <= a.total
}

// errNoObject means that what should be a JSON object is none.
var errNoObject = errors.New("client: no JSON object")

// eachField calls f with each field of a JSON object, its value, and where that begins:
// the object begins at base.
func eachField(object []byte, base int, f func(key string, value []byte, at int) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return errNoObject
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		end := int(d.InputOffset())
		if err := f(key, value, base+end-len(value)); err != nil {
			return err
		}
	}
	_, err := d.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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
