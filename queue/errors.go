package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// What [Do] can answer instead of calling the function. Test with errors.Is.
var (
	// ErrQueueFull says that Settings.MaxQueue requests are waiting already.
	ErrQueueFull = errors.New("queue: full")
	// ErrWaitTooLong says that the request could not start within
	// Settings.MaxWait: at the door, or because the API paused its lane.
	ErrWaitTooLong = errors.New("queue: the wait would be too long")
	// ErrSpendCap says that the API refuses everything for the account until its credit is
	// renewed, see [Cap].
	ErrSpendCap = errors.New("queue: the account's spend limit is reached")
	// ErrClosed says that the queue is shutting down.
	ErrClosed = errors.New("queue: closed")
	// ErrCancelled says that [Queue.Cancel] took the request out.
	ErrCancelled = errors.New("queue: cancelled")
	// ErrSilent is the cause of the context of a call that sent nothing for
	// Settings.MaxRun.
	ErrSilent = errors.New("queue: the call was silent for too long")
)

// RefusedError is what [Do] returns when it refuses a request: at the door, or because
// a pause delays it beyond Settings.MaxWait. It wraps [ErrQueueFull], [ErrWaitTooLong]
// or [ErrSpendCap].
type RefusedError struct {
	Reason   error
	Position int           // the place the request would have had, from 1; an upper bound
	ETA      time.Duration // how long it would have waited; an upper bound
	Guess    bool          // nobody knows how long: the API cannot be reached, or its limits are not known
	Cap      Cap           // of ErrSpendCap
}

func (e *RefusedError) Error() string {
	switch {
	case errors.Is(e.Reason, ErrSpendCap) && e.Guess:
		return fmt.Sprintf("%v (%v): it has no known end; it is tried again in %v", e.Reason, e.Cap, e.ETA.Round(time.Second))
	case errors.Is(e.Reason, ErrSpendCap):
		return fmt.Sprintf("%v: nothing starts for %v, or until the limit is raised and the pause ended", e.Reason, e.ETA.Round(time.Second))
	case e.Guess:
		return fmt.Sprintf("%v: it would be number %d in line, and nobody knows how long it would wait; try again later, or raise maxQueue", e.Reason, e.Position)
	}
	return fmt.Sprintf("%v: it would be number %d in line and wait about %v; try again later, or raise maxQueue and maxWait",
		e.Reason, e.Position, e.ETA.Round(time.Second))
}

func (e *RefusedError) Unwrap() error { return e.Reason }

// Class says what kind of failure an [Error] is.
type Class uint8

// The classes, after the errors of the Claude API ("Errors",
// platform.claude.com). The zero Class is ServerError.
const (
	ServerError  Class = iota // 500, 409, and what fits no other class
	RateLimited               // 429: pauses the lane for everybody, unless it is of one request
	Overloaded                // 529
	KeyRefused                // 401, 402, 403
	SpendCap                  // an end of credit, see [Cap]
	NetworkError              // no response header came
	Timeout                   // 408, 504, or silent for Settings.MaxRun
	ClientError               // 400, 404, 413: the caller's own mistake
	classes                   // how many there are
)

// ClassName is the name of a [Class] in plain words, as on the wire. That of a server may be of
// a later build, and name none of ours.
type ClassName string

var classNames = [classes]ClassName{"server", "rate limited", "overloaded", "key refused", "spend cap", "network", "time-out", "client"}

// Name returns the name of the class.
func (c Class) Name() ClassName {
	if c < classes {
		return classNames[c]
	}
	return ClassName(fmt.Sprintf("class %d", uint8(c)))
}

// String returns the name of the class.
func (c Class) String() string { return string(c.Name()) }

// retried reports whether a failure of this class is worth another attempt.
func (c Class) retried() bool {
	switch c {
	case ServerError, RateLimited, Overloaded, NetworkError, Timeout:
		return true
	default:
		return false
	}
}

// Retry says whether a failed request is tried again.
type Retry uint8

// The zero Retry is RetryByClass.
const (
	RetryByClass Retry = iota // server, rate limited, overloaded, network, time-out: yes
	RetryYes
	RetryNo
)

// Error is what a function given to [Do] returns to say how its call failed. The
// zero Error is a server error that is tried again. A spend cap is never tried
// again, whatever Retry says.
type Error struct {
	Class Class
	Retry Retry
	// RetryAfter is how long the API asked to wait; zero if it did not. A rate
	// limit pauses the whole lane for so long, and a spend cap until it is over.
	RetryAfter time.Duration
	// RequestScoped says that a rate limit may concern this request alone: its answer
	// has neither a time to wait nor the account's limits. The lane pauses only
	// once another request is refused in the same way. Of a spend cap it says that it is
	// that of who asks, such as a workspace, and not the account's: nobody else waits.
	RequestScoped bool
	// Cap says which end of credit a spend cap is about.
	Cap Cap
	// Undated says that nobody knows when a spend cap ends: RetryAfter is when to try it.
	Undated bool
	// Ramp says that a rate limit is about how fast the traffic rises
	// (ramp_limit_exceeded), so that no bucket counts as empty for it.
	Ramp bool
	// CallerKey says that the key belongs to the caller alone, so that its refusal
	// concerns nobody else and does not count against the health.
	CallerKey bool
	// OtherKeys says that a key of a pool was refused, and others are left.
	OtherKeys bool
	// Unsent says that the call was not sent: there was no connection to send it on. A
	// second one is no second bill.
	Unsent bool
	// Err is the error itself, in words.
	Err error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Class.String()
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) retriable() bool {
	switch {
	case e.Class == SpendCap || e.Retry == RetryNo:
		return false
	default:
		return e.Retry == RetryYes || e.Class.retried()
	}
}

// OversizeError is the failure of a request that needs more of a limit than the
// API's bucket holds when it is full. It wraps the API's own refusal.
type OversizeError struct {
	Limit     string // input tokens, output tokens or tokens
	Needs     int    // as estimated
	PerMinute int    // what the bucket holds
	Err       error
}

func (e *OversizeError) Error() string {
	return fmt.Sprintf("the request needs about %d %s, and the account's limit is %d a minute: make it smaller, or raise the limit", e.Needs, e.Limit, e.PerMinute)
}

func (e *OversizeError) Unwrap() error { return e.Err }

// PanicError is the failure of a request whose function panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// classify turns what a function returned into an *Error. What is not one
// already is never tried again: nobody said that it is safe.
func classify(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	class := ServerError
	if netErr, ok := errors.AsType[net.Error](err); ok {
		class = NetworkError
		if netErr.Timeout() {
			class = Timeout
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrSilent) {
		class = Timeout
	}
	return &Error{Class: class, Retry: RetryNo, Err: err}
}
