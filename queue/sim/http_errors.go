package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"paceline/queue"
)

// problem is an error in the API's shape ("Errors", platform.claude.com).
type problem struct {
	status     int
	kind       string // "invalid_request_error", …
	message    string
	code       string // of error.details; mostly empty
	retryAfter string // the header; empty for none
}

func (p *problem) body(request string) []byte {
	type details struct {
		ErrorCode string `json:"error_code"`
	}
	type inner struct {
		Type    string   `json:"type"`
		Message string   `json:"message"`
		Details *details `json:"details,omitempty"`
	}
	body := struct {
		Type      string `json:"type"`
		Error     inner  `json:"error"`
		RequestID string `json:"request_id"`
	}{"error", inner{Type: p.kind, Message: p.message}, request}
	if p.code != "" {
		body.Error.Details = &details{p.code}
	}
	return encode(body)
}

// fail answers a call with a problem.
func (c *call) fail(w http.ResponseWriter, p *problem) {
	if p.retryAfter != "" {
		w.Header().Set("retry-after", c.settings.retryAfter(p.retryAfter))
	}
	writeJSON(w, p.status, p.body(c.request))
}

func invalid(message string) *problem {
	return &problem{status: http.StatusBadRequest, kind: "invalid_request_error", message: message}
}

func notFound(message string) *problem {
	return &problem{status: http.StatusNotFound, kind: "not_found_error", message: message}
}

// tooLarge reads on for a while, because some clients look for the answer only
// after they have sent the whole body.
func tooLarge(r *http.Request) *problem {
	_, _ = io.CopyN(io.Discard, r.Body, maxBody)
	return &problem{status: http.StatusRequestEntityTooLarge, kind: "request_too_large",
		message: "Request exceeds the maximum size of 32 MB"}
}

// asProblem returns a failure of the API as a problem; nil for one without an
// answer.
func asProblem(failure *queue.Error) *problem {
	_, words, _ := strings.Cut(failure.Error(), ": ")
	switch failure.Class {
	case queue.NetworkError:
		return nil
	case queue.RateLimited:
		return &problem{status: http.StatusTooManyRequests, kind: "rate_limit_error", message: words,
			retryAfter: strconv.Itoa(int(failure.RetryAfter.Seconds()))}
	case queue.Overloaded:
		return &problem{status: statusOverloaded, kind: "overloaded_error", message: words}
	case queue.Timeout:
		return &problem{status: http.StatusGatewayTimeout, kind: "timeout_error", message: words}
	default:
		return &problem{status: http.StatusInternalServerError, kind: "api_error", message: words}
	}
}

const statusOverloaded = 529

// encode returns v as JSON. v must be encodable.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("sim: encode an answer: " + err.Error())
	}
	return body
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // it fails when the client has left
}
