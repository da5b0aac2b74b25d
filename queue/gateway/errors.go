package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/internal/apierror"
	"paceline/queue/internal/urlpath"
)

// apiError is an answer of the gateway in the API's error shape ("Errors",
// platform.claude.com), so that clients raise the errors that they know.
type apiError struct {
	status       int
	kind         string // error.type
	message      string
	reason       string        // X-Paceline-Refused; empty if it is no refusal
	retryAfter   time.Duration // zero: no such header
	retryable    bool          // the client may retry by itself
	queueRefusal *queue.RefusedError
}

func (e *apiError) Error() string { return e.kind + ": " + e.message }

// json returns the error as the API writes it.
func (e *apiError) json(id string) []byte { return apierror.JSON(e.kind, e.message, id) }

func invalid(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "invalid_request_error", message: message, reason: "invalid"}
}

func notFound(r *http.Request, path string) *apiError {
	hint := strayHint(path)
	if hint == "" {
		hint = "messages are at /v1/messages"
	}
	return &apiError{
		status: http.StatusNotFound, kind: "not_found_error", reason: "path",
		message: fmt.Sprintf("paceline has nothing at %q: %s", queue.Truncate(r.URL.Path, 200), hint),
	}
}

// strayHint is what to set where a client asks at a path that is not the API's own, but
// known; empty if it is not known ("Claude Code on Amazon Bedrock", "… on Google Vertex AI",
// code.claude.com).
func strayHint(path string) string {
	const instead = ", and paceline stands in front of the Claude API alone: set ANTHROPIC_BASE_URL to its address, and leave out "
	under := func(folders ...string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return urlpath.Under(path, folder) })
	}
	switch {
	case under("/model", "/inference-profiles"):
		return "that is a path of Amazon Bedrock" + instead + "CLAUDE_CODE_USE_BEDROCK"
	case under("/projects", "/v1/projects"):
		return "that is a path of Google Vertex AI" + instead + "CLAUDE_CODE_USE_VERTEX"
	case under("/messages", "/complete", "/models", "/files"):
		return "the API's paths begin with /v1: this client's base URL has to end in it"
	case under("/chat/completions", "/responses", "/completions", "/embeddings"):
		return "that is a path of OpenAI's API; messages are at /v1/messages"
	default:
		return ""
	}
}

// forOperators is the answer to a token that is no admin's, where the gateway does not know
// what a part of the API does with the key that all tokens share.
func forOperators(path string) *apiError {
	return &apiError{
		status: http.StatusForbidden, kind: "permission_error", reason: "admin",
		message: fmt.Sprintf("this gateway calls with a key of its own, with which its tokens may use messages, models, files and batches: %q is for an admin's, which paceline token new NAME --admin makes",
			queue.Truncate(path, 200)),
	}
}

func panicError() *apiError {
	return &apiError{status: http.StatusInternalServerError, kind: "api_error", reason: "panic", message: "paceline failed: its log says why"}
}

func methodNotAllowed(r *http.Request, allow []string) *apiError {
	return &apiError{
		status: http.StatusMethodNotAllowed, kind: "invalid_request_error", reason: "method",
		message: fmt.Sprintf("%q is not for this address: it takes %s", queue.Truncate(r.Method, 20), strings.Join(allow, ", ")),
	}
}

// bodyError is the answer to a request whose body could not be read.
func (x *exchange) bodyError(err error, most int64) *apiError {
	var disk *diskError
	switch {
	case errors.Is(err, errTooLarge):
		return &apiError{
			status: http.StatusRequestEntityTooLarge, kind: "request_too_large", reason: "too-large",
			message: fmt.Sprintf("the request is larger than %d MB", most>>20),
		}
	case errors.Is(err, errDecodedTooLarge):
		return &apiError{
			status: http.StatusRequestEntityTooLarge, kind: "request_too_large", reason: "too-large",
			message: fmt.Sprintf("the request is larger than %d MB once it is decoded", most>>20),
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &apiError{
			status: http.StatusRequestTimeout, kind: "timeout_error", reason: "slow-body",
			message: fmt.Sprintf("the request came too slowly: paceline waits for %d bytes a second after %v, and for a whole request %v and a second for each %d kB",
				leastBodyRate, bodyGrace, bodyTime, bytesASecond/1000),
		}
	case errors.Is(err, errDiskFull):
		x.failure = err.Error()
		x.gateway.queue.ReportTrouble(queue.PartBodies, strings.TrimPrefix(err.Error(), "gateway: "))
		return &apiError{
			status: http.StatusServiceUnavailable, kind: "overloaded_error", reason: "disk-full",
			message:    "paceline has no room on its disk for a request of this size now: try again in a while",
			retryAfter: 10 * time.Second, retryable: true,
		}
	case errors.As(err, &disk):
		x.failure = disk.Error()
		x.gateway.queue.ReportTrouble(queue.PartBodies, disk.reason())
		return &apiError{
			status: http.StatusInternalServerError, kind: "api_error", reason: "disk",
			message: "paceline could not keep the request: its disk is not writable", retryable: true,
		}
	default:
		return invalid("the request's body broke off")
	}
}

// queueError is the answer to a request that got none from the API, by the queue's
// error.
func queueError(err error) *apiError {
	var refused *queue.RefusedError
	var panicked *queue.PanicError
	errors.As(err, &refused)
	switch {
	case errors.Is(err, queue.ErrClosed):
		return &apiError{
			status: http.StatusServiceUnavailable, kind: "overloaded_error", reason: "draining",
			message: "paceline is stopping: try again in a few seconds", retryAfter: 5 * time.Second, retryable: true,
		}
	case errors.Is(err, queue.ErrQueueFull):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", reason: "queue-full",
			message: "paceline's queue is full: " + etaText(refused), retryAfter: retryAfterOf(refused), queueRefusal: refused,
		}
	case errors.Is(err, queue.ErrSpendCap):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", reason: "spend-limit",
			message: capText(refused), retryAfter: retryAfterOf(refused), queueRefusal: refused,
		}
	case errors.Is(err, queue.ErrWaitTooLong):
		return &apiError{
			status: http.StatusTooManyRequests, kind: "rate_limit_error", reason: "wait-too-long",
			message: "the wait in paceline's queue would be longer than allowed: " + etaText(refused), retryAfter: retryAfterOf(refused), queueRefusal: refused,
		}
	case errors.Is(err, queue.ErrCancelled):
		return &apiError{
			status: http.StatusServiceUnavailable, kind: "api_error", reason: "cancelled",
			message: "an operator of paceline took the request out of the queue",
		}
	case errors.Is(err, queue.ErrSilent), errors.Is(err, context.DeadlineExceeded):
		return &apiError{
			status: http.StatusGatewayTimeout, kind: "timeout_error", reason: "silent",
			message: "the API was silent for longer than paceline's max-run",
		}
	case errors.As(err, &panicked):
		return panicError()
	default:
		return &apiError{
			status: http.StatusBadGateway, kind: "api_error", reason: "unreachable",
			message: "paceline could not reach the API",
		}
	}
}

// connectionError says why a call broke off. It leaves out what the other side
// sent, which net/http quotes.
func connectionError(err error) error {
	said := err.Error()
	if said == io.EOF.Error() || said == io.ErrUnexpectedEOF.Error() { // alone it says little
		said = "the connection was closed (" + said + ")"
	}
	_, network := errors.AsType[net.Error](err)
	if _, certificate := errors.AsType[*tls.CertificateVerificationError](err); !network && !certificate {
		said, _, _ = strings.Cut(said, `"`)
	}
	return errors.New(queue.Truncate(queue.Escape(strings.TrimSpace(said)), 300))
}

// retryAfterOf is the expected wait, and at least a second.
func retryAfterOf(r *queue.RefusedError) time.Duration {
	if r == nil {
		return time.Second
	}
	return max(r.ETA, time.Second)
}

func etaText(r *queue.RefusedError) string {
	if r == nil {
		return "try again later"
	}
	if r.Guess {
		return fmt.Sprintf("it would be number %d, and nobody knows when it would start", r.Position)
	}
	return fmt.Sprintf("it would be number %d and start in about %v", r.Position, r.ETA.Round(time.Second))
}

// capText says which end of credit it is, and when it ends.
func capText(r *queue.RefusedError) string {
	switch {
	case r == nil:
		return "the API refuses everything for the account: an end of its credit is reached"
	case r.Guess:
		return fmt.Sprintf("the API refuses everything for the account: %s. There is no known end; it is tried again in about %v", lowerFirst(r.Cap.Message()), r.ETA.Round(time.Second))
	default:
		return fmt.Sprintf("the API refuses everything for the account: %s. That ends in about %v, or once the limit is raised", lowerFirst(r.Cap.Message()), r.ETA.Round(time.Second))
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// writeError answers with an error of the gateway. If the answer has begun already,
// the error follows in the stream.
func (x *exchange) writeError(e *apiError) {
	if x.failure == "" {
		x.failure = e.Error()
	}
	if x.keepAlive.begun() {
		x.keepAlive.writeError(x, e.json(x.id))
		return
	}
	h := x.w.Header()
	x.setHeaders(h)
	x.setRefusedHeaders(e)
	if !e.retryable {
		h.Set("X-Should-Retry", "false")
	}
	h.Set("Request-Id", x.id)
	x.writeAnswer(e.status, "application/json", e.json(x.id))
}

// setRefusedHeaders sets the headers with the reason for a refusal, and when to
// retry.
func (x *exchange) setRefusedHeaders(e *apiError) {
	h := x.w.Header()
	if e.reason != "" {
		h.Set(headerRefused, e.reason)
	}
	if e.queueRefusal != nil {
		h.Set(headerPosition, strconv.Itoa(e.queueRefusal.Position))
		h.Set(headerETA, strconv.FormatInt(e.queueRefusal.ETA.Milliseconds(), 10))
	}
	if e.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatFloat(math.Ceil(e.retryAfter.Seconds()), 'f', -1, 64))
	}
}

// writeAnswer sends a complete answer of the gateway.
func (x *exchange) writeAnswer(status int, contentType string, body []byte) {
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.status = status
	x.w.WriteHeader(status)
	_ = x.write(body, true) // it fails when the client has left
}
