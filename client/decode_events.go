package client

import (
	"bytes"
	"encoding/json"
	"sync"
)

// decoder decodes answers that come one after the other. Nearly all events of an answer
// are those of the one before: they are most of it, and decoded once only. The zero
// decoder is ready to use, by several goroutines.
type decoder struct {
	mu   sync.Mutex
	rows []decodedEvent // of the last answer; guarded by mu
}

// decodedEvent is an event as it was sent, and what it says.
type decodedEvent struct {
	raw       json.RawMessage
	event     Event
	isObject  bool
	makeSense bool
	unread    bool // it is there, and no object
}

// decode is [Decode].
func (d *decoder) decode(body []byte) (Sample, error) {
	found, ok := findEvents(body)
	if !ok {
		return Decode(body)
	}
	s, err := Decode(found.with(body, nil))
	if err != nil || s.Detail == nil {
		return s, err
	}
	events, unread := d.events(found.events)
	s.Detail.Events, s.Unread = events, s.Unread+unread
	return s, nil
}

// events decodes rows, and returns how many values of them could not be read. Those that stand
// among the last rows in the same order are known.
func (d *decoder) events(raw []json.RawMessage) (events List[Event], unread int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.rows
	d.rows = make([]decodedEvent, 0, len(raw))
	for _, row := range raw {
		for len(d.rows) == 0 && len(known) > 0 && !bytes.Equal(known[0].raw, row) {
			known = known[1:]
		}
		if len(known) > 0 && bytes.Equal(known[0].raw, row) {
			d.rows = append(d.rows, known[0])
			known = known[1:]
			continue
		}
		d.rows = append(d.rows, decodeEvent(bytes.Clone(row))) // not the whole answer
	}
	return readable(d.rows)
}

// readable returns the events that make sense, as [List.read] does.
func readable(rows []decodedEvent) (events List[Event], unread int) {
	objects := make([]decodedEvent, 0, len(rows))
	for _, row := range rows {
		if row.isObject {
			objects = append(objects, row)
		} else if row.unread {
			unread++
		}
	}
	events = make(List[Event], 0, len(objects))
	for _, row := range last(objects, maxEvents) {
		if row.makeSense {
			events = append(events, row.event)
		}
	}
	return events, unread
}

func decodeEvent(raw json.RawMessage) decodedEvent {
	row := decodedEvent{raw: raw, unread: true}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return row // it is no object, since the answer as a whole is JSON
	}
	row.isObject = fits[Event](v)
	row.unread = !row.isObject && v != nil
	if row.isObject {
		row.makeSense = readRow(&row.event, v, tags{})
	}
	return row
}
