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

// maxRefusal is how much of an error's body is kept, in bytes. The API's are a
// few hundred.
const maxRefusal = 1 << 20

// refusal is an answer of the API that is no success.
type refusal struct {
	status int
	header http.Header
	body   []byte
}

// readRefusal keeps an answer. One whose body does not come whole gets one of
// ours in its place.
func readRefusal(answer *http.Response) *refusal {
	f := &refusal{status: answer.StatusCode, header: answer.Header}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal+1))
	if err == nil && len(body) <= maxRefusal {
		f.body = body
		return f
	}
	e := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d, and the rest of its answer did not come whole", f.status)}
	f.body = e.json(answer.Header.Get("Request-Id"))
	f.header.Set("Content-Type", "application/json")
	f.header.Del("Content-Encoding")
	return f
}

// classify says what kind of failure it is, and whether to try again ("Errors",
// platform.claude.com). It came at now; ownKey says that the key is the client's.
func (f *refusal) classify(ownKey bool, now time.Time) *queue.Error {
	parsed, _ := parseError(plain(f.header, f.body))
	wait, given := retryAfter(f.header, now)
	e := &queue.Error{RetryAfter: wait, CallerKey: ownKey, Err: f.words(parsed)}
	switch f.header.Get("X-Should-Retry") {
	case "true":
		e.Retry = queue.RetryYes
	case "false":
		e.Retry = queue.RetryNo
	}
	switch s := f.status; {
	case s == http.StatusTooManyRequests:
		f.tooMany(e, parsed.Error.Details.ErrorCode, given, now)
	case s == http.StatusUnauthorized, s == http.StatusPaymentRequired, s == http.StatusForbidden:
		e.Class = queue.KeyRefused
	case s == http.StatusRequestTimeout, s == http.StatusGatewayTimeout:
		e.Class = queue.Timeout
	case s == 529:
		e.Class = queue.Overloaded
	case s >= 500, s == http.StatusConflict:
		e.Class = queue.ServerError
	case s < 400: // a redirect is nothing that the API sends
		e.Class, e.Retry = queue.ServerError, queue.RetryNo
	default:
		e.Class = queue.ClientError
	}
	return e
}

// tooMany says what a 429 is about. Given says that it has a retry-after.
func (f *refusal) tooMany(e *queue.Error, code string, given bool, now time.Time) {
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
		e.RequestScoped = !e.Ramp && !tellsLimits(f.header)
	}
}

// words are for the log and the events. Of what the API said in its own words only
// the limit that was hit is in them: the rest may quote what the client wrote, or
// its key.
func (f *refusal) words(e apiErrorBody) error {
	said := strconv.Itoa(f.status)
	if e.Error.Type == "" {
		return errors.New(strings.TrimSpace(said + " " + strings.ToLower(http.StatusText(f.status))))
	}
	said += " " + plainType(e.Error.Type)
	if limit := limitWords.FindString(e.Error.Message); limit != "" && f.status == http.StatusTooManyRequests {
		said += ": " + limit
	}
	return errors.New(said)
}

// limitWords finds the limit in the message of a 429 ("Rate limits",
// platform.claude.com).
var limitWords = regexp.MustCompile(`[0-9][0-9,]{0,15} (requests|input tokens|output tokens|tokens) per (second|minute|hour|day)|usage increase rate|concurrent connections`)

// plainType is an error's type, where it is a name as the API gives them.
func plainType(t string) string {
	if len(t) > 60 || !plainID(t) {
		return "error"
	}
	return t
}

// passRefusal passes an error of the API on as it is, and tells the client not to
// try again: we have, as often as makes sense.
func (x *exchange) passRefusal(f *refusal) {
	if x.early.begun() {
		x.early.fail(x, oneLine(f, x.id))
		return
	}
	h := x.w.Header()
	passHeader(h, f.header)
	x.figures(h)
	h.Set("X-Should-Retry", "false")
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	x.status = f.status
	x.w.WriteHeader(f.status)
	_ = x.write(f.body, true) // it fails when the client has left
}

// oneLine is an error of the API for a stream: as it is, if it is in the API's
// shape.
func oneLine(f *refusal, id string) []byte {
	if _, ok := parseError(f.body); ok {
		return bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' { // between the fields: in a text they are escaped
				return ' '
			}
			return r
		}, f.body)
	}
	e := &apiError{kind: "api_error", message: fmt.Sprintf("the API answered %d", f.status)}
	return e.json(id)
}
