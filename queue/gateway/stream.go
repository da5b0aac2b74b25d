package gateway

import (
	"bytes"
	"encoding/json"
	"errors"

	"paceline/queue"
)

// streamWatch looks at the events of a stream as they pass by ("Streaming
// messages", platform.claude.com): an error can come after a 200, a stream that
// was not cut has its last event, and it tells what it cost. The zero watch is at the beginning.
type streamWatch struct {
	line    []byte // what has come of the line that is not at its end yet
	long    bool   // it is longer than is kept
	event   string // which of those below it is; empty for any other
	usage   usage  // as told until now
	failed  string // the error's type and message; "error" if it cannot be read
	stopped bool   // message_stop came
}

const maxLine = 8 << 10

// The events whose data is read.
const (
	eventStart = "message_start"
	eventDelta = "message_delta"
	eventError = "error"
)

// write looks at the next piece.
func (s *streamWatch) write(b []byte) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			s.keep(b)
			return
		}
		line := b[:end]
		if len(s.line) > 0 || s.long {
			s.keep(line)
			line = s.line
		}
		s.see(bytes.TrimSuffix(line, []byte{'\r'}))
		s.line, s.long = s.line[:0], false
		b = b[end+1:]
	}
}

// keep holds on to the beginning of a line.
func (s *streamWatch) keep(b []byte) {
	if room := maxLine - len(s.line); len(b) > room {
		b, s.long = b[:room], true
	}
	s.line = append(s.line, b...)
}

// see looks at a line, or at its beginning if it is long.
func (s *streamWatch) see(line []byte) {
	if len(line) == 0 {
		s.event = ""
		return
	}
	if name, ok := field(line, "event"); ok {
		switch string(name) {
		case eventStart:
			s.event = eventStart
		case eventDelta:
			s.event = eventDelta
		case eventError:
			s.event = eventError
			if s.failed == "" {
				s.failed = "error"
			}
		case "message_stop":
			s.event, s.stopped = "", true
		default:
			s.event = ""
		}
		return
	}
	if s.event == "" {
		return
	}
	if data, ok := field(line, "data"); ok {
		s.read(data)
	}
}

// read reads the data of an event that tells something.
func (s *streamWatch) read(data []byte) {
	switch s.event {
	case eventStart:
		s.usage.messageStart(data)
	case eventDelta:
		s.usage.messageDelta(data)
	case eventError:
		if e, ok := parseError(data); ok && s.failed == "error" {
			s.failed = e.Error.Type
		}
	}
}

// field returns the value of a line that is a field of that name.
func field(line []byte, name string) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(name))
	if !ok || len(rest) == 0 || rest[0] != ':' {
		return nil, false
	}
	return bytes.TrimPrefix(rest[1:], []byte{' '}), true
}

// over reports whether the last event, or an error, has come.
func (s *streamWatch) over() bool { return s.stopped || s.failed != "" }

// verdict is the outcome of a stream that has come to its end. The client has it
// all: there is no other attempt.
func (s *streamWatch) verdict(watched bool) error {
	switch {
	case !watched:
		return nil
	case s.failed != "":
		return &queue.Error{Class: classOfType(s.failed), Retry: queue.RetryNo, Err: errors.New("in the stream: " + plainType(s.failed))}
	case !s.stopped:
		return &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: errors.New("the stream ended without message_stop")}
	default:
		return nil
	}
}

// apiErrorBody is an error of the API, as far as it is read.
type apiErrorBody struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Details struct {
			ErrorCode string `json:"error_code"`
		} `json:"details"`
	} `json:"error"`
}

// parseError reads an error of the API; false if it is something else.
func parseError(b []byte) (e apiErrorBody, ok bool) {
	err := json.Unmarshal(b, &e)
	return e, err == nil && e.Error.Type != ""
}

// classOfType is the class of an error's type.
func classOfType(t string) queue.Class {
	switch t {
	case "rate_limit_error":
		return queue.RateLimited
	case "overloaded_error":
		return queue.Overloaded
	case "authentication_error", "permission_error", "billing_error":
		return queue.KeyRefused
	case "timeout_error":
		return queue.Timeout
	case "invalid_request_error", "not_found_error", "request_too_large":
		return queue.ClientError
	default:
		return queue.ServerError
	}
}
