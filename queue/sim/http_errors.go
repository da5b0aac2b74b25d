package sim

import (
	"encoding/json"
	"fmt"
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

// errorBody is an error in the API's JSON.
type errorBody struct {
	Type      string    `json:"type"`
	Error     errorInfo `json:"error"`
	RequestID *string   `json:"request_id"`
}

type errorInfo struct {
	Type    string        `json:"type"`
	Message string        `json:"message"`
	Details *errorDetails `json:"details,omitempty"`
}

type errorDetails struct {
	ErrorCode string `json:"error_code"`
}

// body is the problem in the API's JSON; request is nil in the results of a batch.
func (p *problem) body(request *string) errorBody {
	body := errorBody{"error", errorInfo{Type: p.kind, Message: p.message}, request}
	if p.code != "" {
		body.Error.Details = &errorDetails{p.code}
	}
	return body
}

// fail answers a call with a problem.
func (c *call) fail(w http.ResponseWriter, p *problem) {
	if p.retryAfter != "" {
		w.Header().Set("retry-after", c.settings.retryAfter(p.retryAfter))
	}
	writeJSON(w, p.status, encode(p.body(&c.request)))
}

func invalid(message string) *problem {
	return &problem{status: http.StatusBadRequest, kind: "invalid_request_error", message: message}
}

func notFound(message string) *problem {
	return &problem{status: http.StatusNotFound, kind: "not_found_error", message: message}
}

// tooLarge reads on for a while, because some clients look for the answer only
// after they have sent the whole body.
func tooLarge(r *http.Request, most int64) *problem {
	_, _ = io.CopyN(io.Discard, r.Body, maxBody)
	return requestTooLarge(most)
}

func requestTooLarge(most int64) *problem {
	return &problem{status: http.StatusRequestEntityTooLarge, kind: "request_too_large",
		message: fmt.Sprintf("Request exceeds the maximum size of %d MB", most>>20)}
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
