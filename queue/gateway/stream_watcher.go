package gateway

import (
	"encoding/json"

	"paceline/queue"
	"paceline/queue/sse"
)

// streamWatcher reads the events of a stream as it passes through ("Streaming
// messages", platform.claude.com): an error can follow a 200, a complete stream has
// its last event, and the events report the usage. Make one with newStreamWatcher.
type streamWatcher struct {
	events  sse.Parser
	usage   usage  // as reported so far
	failed  string // the error's type and message; "error" if it cannot be read
	stopped bool   // message_stop came
}

// maxWatched is how many bytes of an event's data are read.
const maxWatched = 8 << 10

func newStreamWatcher() streamWatcher { return streamWatcher{events: sse.Parser{Limit: maxWatched}} }

// write reads the next piece.
func (s *streamWatcher) write(b []byte) {
	s.events.Feed(b)
	for s.events.Next() {
		s.observe(s.events.Event())
	}
}

// observe reads an event.
func (s *streamWatcher) observe(e sse.Event) {
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

// ended reports whether the last event, or an error, has come.
func (s *streamWatcher) ended() bool { return s.stopped || s.failed != "" }

// outcome is the outcome of a stream that has ended.
func (s *streamWatcher) outcome() error {
	switch {
	case s.failed != "":
		return noAnswer(classOfType(s.failed), "in the stream: "+plainType(s.failed))
	case !s.stopped:
		return noAnswer(queue.NetworkError, "the stream ended without message_stop")
	default:
		return nil
	}
}

// apiErrorBody is the part of an API error that is read.
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

// parseError parses an error of the API; false if it is something else.
func parseError(b []byte) (e apiErrorBody, ok bool) {
	err := json.Unmarshal(b, &e)
	return e, err == nil && e.Error.Type != ""
}

// classOfType is the class of an error type.
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
