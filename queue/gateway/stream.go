package gateway

import (
	"encoding/json"
	"errors"

	"paceline/queue"
	"paceline/queue/sse"
)

// streamWatch looks at the events of a stream as they pass by ("Streaming
// messages", platform.claude.com): an error can come after a 200, a stream that
// was not cut has its last event, and it tells what it cost. Make one with
// newStreamWatch.
type streamWatch struct {
	events  sse.Parser
	usage   usage  // as told until now
	failed  string // the error's type and message; "error" if it cannot be read
	stopped bool   // message_stop came
}

// maxWatched is how much of the data of an event is looked at.
const maxWatched = 8 << 10

func newStreamWatch() streamWatch { return streamWatch{events: sse.Parser{Limit: maxWatched}} }

// write looks at the next piece.
func (s *streamWatch) write(b []byte) {
	s.events.Feed(b)
	for s.events.Next() {
		s.see(s.events.Event())
	}
}

// see looks at an event.
func (s *streamWatch) see(e sse.Event) {
	switch string(e.Type) {
	case "message_start":
		s.usage.messageStart(e.Data)
	case "message_delta":
		s.usage.messageDelta(e.Data)
	case "message_stop":
		s.stopped = true
	case "error":
		if s.failed != "" {
			return
		}
		s.failed = "error"
		if e, ok := parseError(e.Data); ok {
			s.failed = e.Error.Type
		}
	}
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
