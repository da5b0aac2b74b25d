package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"paceline/queue"
)

// Capture writes what the API's answers to messages tell of the account's limits, with their
// times, sizes and error codes, a line of JSON each: a [CaptureRecord]. No name, key, ID or
// text is in it, so that it can be shown to others. It writes on a goroutine of its own:
// requests never wait for it, and what comes faster than it can be written is left out. Make
// one with [NewCapture], and end it with [Capture.Close].
type Capture struct {
	began   time.Time
	records chan CaptureRecord
	ended   atomic.Bool
	closing chan struct{}
	close   sync.Once
	done    chan struct{}
}

// CaptureRecord is a line of a capture: one call, and its answer. What is not known is left
// out, and a name that is none of the API's published ones is "other".
type CaptureRecord struct {
	At     float64 `json:"at"`    // seconds from the beginning of the capture to the call
	Model  string  `json:"model"` // its group, see [queue.ModelGroup]
	Stream bool    `json:"stream"`
	Bytes  int64   `json:"bytes"` // of the request's body, in whole kB

	Input     *int `json:"input,omitempty"`     // tokens that count as input
	CacheRead *int `json:"cacheRead,omitempty"` // tokens of the prompt that do not
	Output    *int `json:"output,omitempty"`

	Status      int                `json:"status"`              // zero: no answer came
	Failure     string             `json:"failure,omitempty"`   // its class, if the call failed, or "cancelled"
	ErrorType   string             `json:"errorType,omitempty"` // of an answer with an error
	ErrorCode   string             `json:"errorCode,omitempty"`
	HeaderMs    int64              `json:"headerMs"` // from the call to the header of the answer
	TookMs      int64              `json:"tookMs"`   // to its end
	Limits      []CaptureLimit     `json:"limits,omitempty"`
	RetryAfter  *CaptureRetryAfter `json:"retryAfter,omitempty"`
	DateMs      *int64             `json:"dateMs,omitempty"` // by how much the answer's Date is ahead of our clock
	ShouldRetry string             `json:"shouldRetry,omitempty"`
}

// CaptureLimit is what an answer tells of one limit: each header that it has.
type CaptureLimit struct {
	Name      string `json:"name"` // as in the header: "ratelimit-input-tokens"
	Limit     *int   `json:"limit,omitempty"`
	Remaining *int   `json:"remaining,omitempty"`
	ResetMs   *int64 `json:"resetMs,omitempty"`  // from the answer's Date, else from its arrival, to the time told
	Fraction  bool   `json:"fraction,omitempty"` // that time has parts of a second
}

// CaptureRetryAfter is the wait that an answer asks for, and how it is written.
type CaptureRetryAfter struct {
	Form string `json:"form"` // "seconds", "date", "ms", or "other"
	Ms   int64  `json:"ms"`
}

// captureBacklog is how many records may wait to be written.
const captureBacklog = 256

var errCaptureFull = errors.New("it is as large as it may be")

// NewCapture returns a capture that writes to w, at most most bytes. When that is reached, or
// w fails, it ends, and calls ended with the reason; requests go on.
func NewCapture(w io.Writer, most int64, ended func(error)) *Capture {
	c := &Capture{began: time.Now(), records: make(chan CaptureRecord, captureBacklog), closing: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		err := c.write(w, most)
		if c.ended.Store(true); err != nil {
			ended(err)
		}
	}()
	return c
}

// write writes records until the capture is closed, and then those that wait.
func (c *Capture) write(w io.Writer, most int64) error {
	for {
		var r CaptureRecord
		select {
		case r = <-c.records:
		case <-c.closing:
			select {
			case r = <-c.records:
			default:
				return nil
			}
		}
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
		if most -= int64(len(line)) + 1; most < 0 {
			return errCaptureFull
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
}

// Close ends the capture once all that was recorded is written. It is safe to call twice.
func (c *Capture) Close() {
	c.close.Do(func() { close(c.closing) })
	<-c.done
}

// add hands over a record, unless there is no room.
func (c *Capture) add(r CaptureRecord) {
	if c.ended.Load() {
		return
	}
	select {
	case c.records <- r:
	default:
	}
}

// beginRecord reads the header of the answer to a call before it is passed on; answer is nil
// where none came. The record is nil where nothing is captured.
func (c *call) beginRecord(answer *http.Response) (r *CaptureRecord) {
	capture := c.gateway.options.Capture
	if capture == nil {
		return nil
	}
	now := time.Now()
	c.gateway.queue.Guard(queue.PartCapture, func() {
		record := CaptureRecord{
			At: c.started.Sub(capture.began).Round(time.Millisecond).Seconds(), Model: queue.ModelGroup(c.fields.model),
			Stream: c.fields.stream, Bytes: (c.body.size + 999) / 1000 * 1000,
		}
		if answer != nil {
			record.Status, record.HeaderMs = answer.StatusCode, now.Sub(c.started).Milliseconds()
			record.readHeader(answer.Header, now)
		}
		r = &record
	})
	return r
}

// endRecord records how a call has ended.
func (c *call) endRecord(r *CaptureRecord, err error) {
	if r == nil {
		return
	}
	c.gateway.queue.Guard(queue.PartCapture, func() {
		r.TookMs = time.Since(c.started).Milliseconds()
		if u := &c.usage; u.hasInput {
			r.Input, r.CacheRead = new(u.charged()), new(u.read)
		}
		if c.usage.hasOutput {
			r.Output = new(c.usage.output)
		}
		if err != nil {
			r.Failure = "cancelled"
			if failure, ok := errors.AsType[*queue.Error](err); ok {
				r.Failure = string(failure.Class.Name())
			}
		}
		if c.last != nil {
			text, _ := decoded(c.last.header, c.last.body, maxErrorBody)
			parsed, _ := parseError(text)
			r.ErrorType = knownOf(parsed.Error.Type, errorTypes)
			r.ErrorCode = knownOf(parsed.Error.Details.ErrorCode, errorCodes)
		}
		c.gateway.options.Capture.add(*r)
	})
}

// The names that the API has published ("Errors", platform.claude.com).
var (
	errorTypes = strings.Fields(`invalid_request_error authentication_error billing_error permission_error not_found_error
		conflict_error request_too_large rate_limit_error timeout_error api_error overloaded_error`)
	errorCodes = strings.Fields(`enforced_spend_limit_reached contract_spend_limit_reached linked_organization_spend_limit_reached
		organization_on_hold ramp_limit_exceeded`)
	limitFamilies = strings.Fields(`ratelimit fast`)
	limitKinds    = strings.Fields(`requests tokens input-tokens output-tokens`)
)

// knownOf returns a name if it is one of some, "other" if it is not, and nothing for none.
func knownOf(name string, of []string) string {
	for _, known := range of {
		if name == known {
			return known
		}
	}
	if name == "" {
		return ""
	}
	return "other"
}

// readHeader reads what the header of an answer that came at now tells of limits.
func (r *CaptureRecord) readHeader(h http.Header, now time.Time) {
	sent := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		sent, r.DateMs = date, new(date.Sub(now).Milliseconds())
	}
	for _, family := range limitFamilies {
		for _, kind := range limitKinds {
			if l := limitTold(h, family+"-"+kind, sent); l != (CaptureLimit{}) {
				r.Limits = append(r.Limits, l)
			}
		}
	}
	r.RetryAfter = retryAfterTold(h, now)
	r.ShouldRetry = knownOf(h.Get("X-Should-Retry"), []string{"true", "false"})
}

// limitTold reads the headers of one limit, of an answer that was sent at a time; zero if
// there are none.
func limitTold(h http.Header, name string, sent time.Time) (l CaptureLimit) {
	prefix := "Anthropic-" + name + "-"
	if n, ok := number([]byte(h.Get(prefix + "Limit"))); ok {
		l.Limit = &n
	}
	if n, ok := number([]byte(h.Get(prefix + "Remaining"))); ok {
		l.Remaining = &n
	}
	if reset, err := time.Parse(time.RFC3339, h.Get(prefix+"Reset")); err == nil {
		l.ResetMs, l.Fraction = new(reset.Sub(sent).Milliseconds()), reset.Nanosecond() != 0
	}
	if l != (CaptureLimit{}) {
		l.Name = name
	}
	return l
}

// retryAfterTold reads how long an answer that came at now asks to wait; nil if it does not.
func retryAfterTold(h http.Header, now time.Time) *CaptureRetryAfter {
	wait, ok := retryAfter(h, now)
	after := h.Get("Retry-After")
	form := "seconds"
	switch _, whole := seconds(after); {
	case h.Get("Retry-After-Ms") != "":
		form = "ms"
	case after == "":
		return nil
	case !ok:
		form = "other"
	case !whole:
		form = "date"
	}
	return &CaptureRetryAfter{form, wait.Milliseconds()}
}
