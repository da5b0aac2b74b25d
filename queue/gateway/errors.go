package gateway

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
)

// apiError is an answer of our own in the API's error shape ("Errors",
// platform.claude.com), so that clients raise the errors that they know.
type apiError struct {
	status  int
	kind    string // error.type
	message string
	refused string        // why we refused it; empty for what is no refusal
	retry   time.Duration // when to come again; zero says nothing
	again   bool          // the client may try by itself
	refusal *queue.RefusedError
}

func (e *apiError) Error() string { return e.kind + ": " + e.message }

type errorBody struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
	RequestID string `json:"request_id"`
}

// json returns the error as the API writes it.
func (e *apiError) json(id string) []byte {
	b := errorBody{Type: "error", RequestID: id}
	b.Error.Type, b.Error.Message = e.kind, e.message
	out, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings only
	}
	return out
}

func invalid(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "invalid_request_error", message: message, refused: "invalid"}
}

func notFound(path string) *apiError {
	return &apiError{
		status: http.StatusNotFound, kind: "not_found_error", refused: "path",
		message: fmt.Sprintf("paceline has nothing at %q: messages are at /v1/messages", cut(path, 200)),
	}
}

func methodNotAllowed(r *http.Request, allow []string) *apiError {
	return &apiError{
		status: http.StatusMethodNotAllowed, kind: "invalid_request_error", refused: "method",
		message: fmt.Sprintf("%q is not for this address: it takes %s", cut(r.Method, 20), strings.Join(allow, ", ")),
	}
}

// badBody says why a body could not be read.
func (x *exchange) badBody(err error, most int64) *apiError {
	var disk *diskError
	switch {
	case errors.Is(err, errTooLarge):
		return &apiError{
			status: http.StatusRequestEntityTooLarge, kind: "request_too_large", refused: "too-large",
			message: fmt.Sprintf("the request is larger than %d MB", most>>20),
		}
	case errors.As(err, &disk):
		x.why = disk.Error()
		return &apiError{
			status: http.StatusInternalServerError, kind: "api_error", refused: "disk",
			message: "paceline could not keep the request: its disk is full or not writable", again: true,
		}
	default:
		return invalid("the request's body broke off, or came too slowly")
	}
}

// ofQueue returns the answer to a request that got none from the API, because of
// what the queue says.
func ofQueue(err error) *apiError {
	var refused *queue.RefusedError
	var panicked *queue.PanicError
	errors.As(err, &refused)
	switch {
	case errors.Is(err, queue.ErrClosed):
		return &apiError{
			status: http.StatusServiceUnavailable, kind: "overloaded_error", refused: "draining",
			message: "paceline is stopping: try again in a few seconds", retry: 5 * time.Second, again: true,
		}
	case errors.Is(err, queue.ErrQueueFull):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", refused: "queue-full",
			message: "paceline's queue is full: " + later(refused), retry: etaOf(refused), refusal: refused,
		}
	case errors.Is(err, queue.ErrSpendCap):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", refused: "spend-limit",
			message: "the organization's spend limit is reached: the API refuses everything until it is raised, or renewed on its date", retry: etaOf(refused), refusal: refused,
		}
	case errors.Is(err, queue.ErrWaitTooLong):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", refused: "wait-too-long",
			message: "the wait in paceline's queue would be longer than allowed: " + later(refused), retry: etaOf(refused), refusal: refused,
		}
	case errors.Is(err, queue.ErrCancelled):
		return &apiError{
			status: http.StatusServiceUnavailable, kind: "api_error", refused: "cancelled",
			message: "an operator of paceline took the request out of the queue",
		}
	case errors.Is(err, queue.ErrSilent), errors.Is(err, context.DeadlineExceeded):
		return &apiError{
			status: http.StatusGatewayTimeout, kind: "timeout_error", refused: "silent",
			message: "the API was silent for longer than paceline's max-run",
		}
	case errors.As(err, &panicked):
		return &apiError{
			status: http.StatusInternalServerError, kind: "api_error", refused: "panic",
			message: "paceline failed: its log says why",
		}
	default:
		return &apiError{
			status: http.StatusBadGateway, kind: "api_error", refused: "unreachable",
			message: "paceline could not reach the API",
		}
	}
}

// connectionWords says why a call broke off, without what the other side sent in
// place of an answer: net/http quotes it.
func connectionWords(err error) error {
	said := err.Error()
	_, network := errors.AsType[net.Error](err)
	if _, certificate := errors.AsType[*tls.CertificateVerificationError](err); !network && !certificate {
		said, _, _ = strings.Cut(said, `"`)
	}
	return errors.New(cut(queue.Escape(strings.TrimSpace(said)), 300))
}

// etaOf is when to come again: never at once, whatever the queue expects.
func etaOf(r *queue.RefusedError) time.Duration {
	if r == nil {
		return time.Second
	}
	return max(r.ETA, time.Second)
}

func later(r *queue.RefusedError) string {
	if r == nil {
		return "try again later"
	}
	return fmt.Sprintf("it would be number %d and start in about %v", r.Position, r.ETA.Round(time.Second))
}

// fail answers with an error of our own. If the answer has begun already, it is
// told there.
func (x *exchange) fail(e *apiError) {
	if x.why == "" {
		x.why = e.Error()
	}
	if x.early.begun() {
		x.early.fail(x, e.json(x.id))
		return
	}
	h := x.w.Header()
	x.figures(h)
	x.refusedHeader(e)
	if !e.again {
		h.Set("X-Should-Retry", "false")
	}
	h.Set("Request-Id", x.id)
	x.answer(e.status, "application/json", e.json(x.id))
}

// refusedHeader says in the header why we refused a request, and when to come
// again.
func (x *exchange) refusedHeader(e *apiError) {
	h := x.w.Header()
	if e.refused != "" {
		h.Set(headerRefused, e.refused)
	}
	if e.refusal != nil {
		h.Set(headerPosition, strconv.Itoa(e.refusal.Position))
		h.Set(headerETA, strconv.FormatInt(e.refusal.ETA.Milliseconds(), 10))
	}
	if e.retry > 0 {
		h.Set("Retry-After", strconv.FormatFloat(math.Ceil(e.retry.Seconds()), 'f', -1, 64))
	}
}

// answer sends a whole answer that is ours.
func (x *exchange) answer(status int, contentType string, body []byte) {
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.status = status
	x.w.WriteHeader(status)
	_ = x.write(body, true) // it fails when the client has left: there is nobody to tell
}
