package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
)

// maxErrorBody is how many bytes of an error's body are kept. The API's have a few
// hundred.
const maxErrorBody = 1 << 20

// upstreamError is an answer of the API without success.
type upstreamError struct {
	status int
	header http.Header
	body   []byte
}

// readUpstreamError reads an answer. If its body is incomplete or too large, one of
// ours replaces it.
func readUpstreamError(answer *http.Response) *upstreamError {
	f := &upstreamError{status: answer.StatusCode, header: answer.Header}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody+1))
	if err == nil && len(body) <= maxErrorBody {
		f.body = body
		return f
	}
	e := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d, and the rest of its answer did not come whole", f.status)}
	f.body = e.json(answer.Header.Get("Request-Id"))
	f.header.Set("Content-Type", "application/json")
	f.header.Del("Content-Encoding")
	return f
}

// classify returns the class of the failure, and whether to retry ("Errors",
// platform.claude.com). The answer came at now; ownKey says that the key is the
// client's.
func (f *upstreamError) classify(ownKey bool, now time.Time) *queue.Error {
	parsed, _ := parseError(decompressed(f.header, f.body))
	wait, given := retryAfter(f.header, now)
	e := &queue.Error{RetryAfter: wait, CallerKey: ownKey, Err: f.summary(parsed)}
	switch f.header.Get("X-Should-Retry") {
	case "true":
		e.Retry = queue.RetryYes
	case "false":
		e.Retry = queue.RetryNo
	}
	switch s := f.status; {
	case s == http.StatusTooManyRequests:
		f.classifyRateLimit(e, parsed.Error.Details.ErrorCode, given, now)
	case s == http.StatusUnauthorized, s == http.StatusPaymentRequired, s == http.StatusForbidden:
		e.Class = queue.KeyRefused
	case s == http.StatusRequestTimeout, s == http.StatusGatewayTimeout:
		e.Class = queue.Timeout
	case s == 529:
		e.Class = queue.Overloaded
	case s >= 500, s == http.StatusConflict:
		e.Class = queue.ServerError
	case s < 400: // the API sends no redirects
		e.Class, e.Retry = queue.ServerError, queue.RetryNo
	default:
		e.Class = queue.ClientError
	}
	return e
}

// classifyRateLimit sets what a 429 is about. Given says that it has a retry-after.
func (f *upstreamError) classifyRateLimit(e *queue.Error, code string, given bool, now time.Time) {
	switch code {
	case "enforced_spend_limit_reached", "contract_spend_limit_reached", "linked_organization_spend_limit_reached", "organization_on_hold":
		e.Class, e.RetryAfter = queue.SpendCap, untilNextMonth(f.header, now)
		return
	case "ramp_limit_exceeded":
		e.Ramp = true
	}
	e.Class = queue.RateLimited
	if !given {
		e.RetryAfter = windowReset(f.header, now)
		e.RequestScoped = !e.Ramp && !hasLimits(f.header)
	}
}

// summary is for the log and the events. Of the API's message it has only the limit
// that was hit: the rest may quote the client's text or key.
func (f *upstreamError) summary(e apiErrorBody) error {
	said := strconv.Itoa(f.status)
	if e.Error.Type == "" {
		return errors.New(strings.TrimSpace(said + " " + strings.ToLower(http.StatusText(f.status))))
	}
	said += " " + plainType(e.Error.Type)
	if limit := limitPattern.FindString(e.Error.Message); limit != "" && f.status == http.StatusTooManyRequests {
		said += ": " + limit
	}
	return errors.New(said)
}

// limitPattern matches the limit in the message of a 429 ("Rate limits",
// platform.claude.com).
var limitPattern = regexp.MustCompile(`[0-9][0-9,]{0,15} (requests|input tokens|output tokens|tokens) per (second|minute|hour|day)|usage increase rate|concurrent connections`)

// plainType returns an error type if it is a plain name, as the API's are;
// otherwise "error".
func plainType(t string) string {
	if len(t) > 60 || !plainID(t) {
		return "error"
	}
	return t
}

// passUpstreamError passes an error of the API on unchanged, and tells the client
// not to retry, because the gateway has retried already.
func (x *exchange) passUpstreamError(f *upstreamError) {
	if x.keepAlive.begun() {
		x.keepAlive.writeError(x, errorEvent(f, x.id))
		return
	}
	h := x.w.Header()
	passHeader(h, f.header)
	x.setHeaders(h)
	h.Set("X-Should-Retry", "false")
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	x.status = f.status
	x.w.WriteHeader(f.status)
	_ = x.write(f.body, true) // it fails when the client has left
}

// errorEvent is an error of the API as the data of an event: unchanged, if it has
// the API's shape.
func errorEvent(f *upstreamError, id string) []byte {
	if _, ok := parseError(f.body); ok {
		return bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' { // only between fields: in strings they are escaped
				return ' '
			}
			return r
		}, f.body)
	}
	e := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d", f.status)}
	return e.json(id)
}
