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
	e := &upstreamError{status: answer.StatusCode, header: answer.Header}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody+1))
	if err == nil && len(body) <= maxErrorBody {
		e.body = body
		return e
	}
	own := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d, and the rest of its answer did not come whole", e.status)}
	e.body = own.json(answer.Header.Get("Request-Id"))
	e.header.Set("Content-Type", "application/json")
	e.header.Del("Content-Encoding")
	return e
}

// classify returns the class of the failure, and whether to retry ("Errors",
// platform.claude.com). The answer came at now; ownKey says that the key is the
// client's.
func (e *upstreamError) classify(ownKey bool, now time.Time) *queue.Error {
	text, _ := decoded(e.header, e.body, maxErrorBody)
	parsed, _ := parseError(text)
	wait, given := retryAfter(e.header, now)
	failure := &queue.Error{RetryAfter: wait, CallerKey: ownKey, Err: e.summary(parsed)}
	switch e.header.Get("X-Should-Retry") {
	case "true":
		failure.Retry = queue.RetryYes
	case "false":
		failure.Retry = queue.RetryNo
	}
	switch s := e.status; {
	case e.classifyCredit(failure, parsed, now):
	case s == http.StatusTooManyRequests:
		e.classifyRateLimit(failure, parsed.Error.Details.ErrorCode, given, now)
	case s == http.StatusUnauthorized, s == http.StatusPaymentRequired, s == http.StatusForbidden:
		failure.Class = queue.KeyRefused
	case s == http.StatusRequestTimeout, s == http.StatusGatewayTimeout:
		failure.Class = queue.Timeout
	case s == 529:
		failure.Class = queue.Overloaded
	case s >= 500, s == http.StatusConflict:
		failure.Class = queue.ServerError
	case s < 400: // the API sends no redirects
		failure.Class, failure.Retry = queue.ServerError, queue.RetryNo
	default:
		failure.Class = queue.ClientError
	}
	return failure
}

// capCodes are the error codes of an end of credit, whatever their status (the official
// Go SDK, v2.15.0, has 429, 429, 402 and 400).
var capCodes = map[string]queue.Cap{
	"enforced_spend_limit_reached":            queue.TierCap,
	"contract_spend_limit_reached":            queue.ContractCap,
	"linked_organization_spend_limit_reached": queue.LinkedCap,
	"organization_on_hold":                    queue.OnHold,
}

// classifyCredit sets the failure if an end of credit is reached, and reports whether it
// is. A linked organization's concerns the requests that it is billed for, and a
// workspace's those of its keys: where the answer says so, nobody else is held up.
func (e *upstreamError) classifyCredit(failure *queue.Error, body apiErrorBody, now time.Time) bool {
	limit, known := capCodes[body.Error.Details.ErrorCode]
	var until time.Duration
	switch {
	case known && e.status >= 500:
		return false
	case known && limit == queue.TierCap:
		until = untilNextMonth(e.header, now)
	case known:
		failure.RequestScoped = limit == queue.LinkedCap && e.status == http.StatusPaymentRequired
	case e.status == http.StatusBadRequest:
		match := ownLimitPattern.FindStringSubmatch(body.Error.Message)
		if match == nil {
			return false
		}
		if limit = queue.OwnCap; match[1] != "" {
			limit, failure.RequestScoped = queue.WorkspaceCap, failure.CallerKey
		}
		until = untilRegained(match[2], sentAt(e.header, now))
	default:
		return false
	}
	failure.Class, failure.Cap, failure.RetryAfter = queue.SpendCap, limit, until
	if until <= 0 {
		failure.Undated, failure.RetryAfter = true, queue.CapRetry
	}
	return true
}

// ownLimitPattern matches how the message of a 400 begins that is about a spend limit
// which the customer has set: it has no error code ("Errors", platform.claude.com).
// Nothing that a client sends stands at the beginning of a message.
var ownLimitPattern = regexp.MustCompile(`^You have reached your specified (workspace )?API usage limits\b(?:.*?\bon ([0-9]{4}-[0-9]{2}-[0-9]{2}) at 00:00 UTC)?`)

// untilRegained is how long it is until a day begins; zero if that has passed or is
// implausible.
func untilRegained(day string, now time.Time) time.Duration {
	at, err := time.Parse(time.DateOnly, day)
	wait := at.Sub(now)
	if err != nil || wait <= 0 || wait > maxOwnLimit {
		return 0
	}
	return wait
}

// classifyRateLimit sets what a 429 is about. given says that it has a retry-after.
func (e *upstreamError) classifyRateLimit(failure *queue.Error, code string, given bool, now time.Time) {
	failure.Class, failure.Ramp = queue.RateLimited, code == "ramp_limit_exceeded"
	if !given {
		failure.RetryAfter = windowReset(e.header, now)
		failure.RequestScoped = !failure.Ramp && !hasLimits(e.header)
	}
}

// summary is for the log, the events and the verdict: the error's type and its code, known
// or not. Of the API's message it has only the limit that was hit: the rest may quote the
// client's text or key.
func (e *upstreamError) summary(body apiErrorBody) error {
	said := strconv.Itoa(e.status)
	if body.Error.Type == "" {
		return errors.New(strings.TrimSpace(said + " " + strings.ToLower(http.StatusText(e.status))))
	}
	said += " " + plainType(body.Error.Type)
	if code := body.Error.Details.ErrorCode; code != "" {
		said += " (" + queue.Truncate(queue.Escape(code), maxErrorCode) + ")"
	}
	if limit := limitPattern.FindString(body.Error.Message); limit != "" && e.status == http.StatusTooManyRequests {
		said += ": " + limit
	}
	return errors.New(said)
}

// maxErrorCode is how many bytes of an error code are shown; the longest known has 60.
const maxErrorCode = 80

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
// not to retry, because the gateway has retried already, unless its pace is off.
func (x *exchange) passUpstreamError(e *upstreamError) {
	if x.keepAlive.begun() {
		x.keepAlive.writeError(x, errorEvent(e, x.id))
		return
	}
	h := x.w.Header()
	passHeader(h, e.header)
	x.setHeaders(h)
	if !x.gateway.queue.Settings().Off { // then it has not retried
		h.Set("X-Should-Retry", "false")
	}
	h.Set("Content-Length", strconv.Itoa(len(e.body)))
	x.status = e.status
	x.w.WriteHeader(e.status)
	_ = x.write(e.body, true) // it fails when the client has left
}

// errorEvent is an error of the API as the data of an event: unchanged, if it has
// the API's shape.
func errorEvent(e *upstreamError, id string) []byte {
	if _, ok := parseError(e.body); ok {
		return bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' { // only between fields: in strings they are escaped
				return ' '
			}
			return r
		}, e.body)
	}
	own := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d", e.status)}
	return own.json(id)
}
