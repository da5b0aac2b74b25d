package sim

import (
	"errors"
	"fmt"
	"time"

	"paceline/queue"
)

// Err returns what a queue is told of a call that failed, a [*queue.Error]; nil if it was
// answered.
func (d Decision) Err() error {
	class, failed := d.Class()
	if !failed {
		return nil
	}
	message := d.Message
	if d.Status != 0 {
		message = fmt.Sprintf("%d %s: %s", d.Status, d.ErrorType, d.Message)
	}
	return &queue.Error{
		Class: class, RetryAfter: d.RetryAfter,
		RequestScoped: class == queue.RateLimited && d.RetryAfter == 0 && d.Headers == Headers{},
		Ramp:          d.ErrorCode == "ramp_limit_exceeded",
		Err:           errors.New(message),
	}
}

// Class returns the class of a failure; false for an answer.
func (d Decision) Class() (queue.Class, bool) {
	switch d.Status {
	case 200:
		return queue.Overloaded, d.ErrorType != ""
	case 429:
		return queue.RateLimited, true
	case 500:
		return queue.ServerError, true
	case 504:
		return queue.Timeout, true
	case statusOverloaded:
		return queue.Overloaded, true
	case 0:
		return queue.NetworkError, true
	}
	return queue.ClientError, true
}

// Told returns what the headers of an answer that has come now tell a queue. The limit of
// tokens is left out where it repeats that of the input or of the output.
func (h Headers) Told(now time.Time) queue.Limits {
	one := func(t LimitHeader) queue.Limit {
		l := queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining}
		if !t.Reset.IsZero() {
			l.FullIn = t.Reset.Sub(now)
		}
		return l
	}
	l := queue.Limits{Requests: one(h.Requests), Input: one(h.InputTokens), Output: one(h.OutputTokens)}
	if all := h.Tokens.Limit; all != h.InputTokens.Limit && all != h.OutputTokens.Limit {
		l.Tokens = one(h.Tokens)
	}
	return l
}
