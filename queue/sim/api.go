package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"paceline/queue"
)

// answer is the result of a successful call.
type answer struct {
	id           string // "msg_…"
	outputTokens int
}

// API is how the simulated Claude API behaves now: a [Handler] answers as it says. Make
// one with [NewAPI]. It is safe for concurrent use and has no goroutines.
type API struct {
	seed uint64

	mu         sync.Mutex // guards what follows
	conditions Conditions
	outage     bool
}

// NewAPI returns an API with these conditions that draws from seed.
func NewAPI(seed uint64, c Conditions) (*API, error) {
	a := &API{seed: seed}
	if err := a.SetConditions(c); err != nil {
		return nil, err
	}
	return a, nil
}

// SetConditions changes how the API behaves from the next call on.
func (a *API) SetConditions(c Conditions) error {
	if err := c.Validate(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conditions = c
	return nil
}

// SetOutage starts or ends an outage, in which every call fails.
func (a *API) SetOutage(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.outage = on
}

// Outage reports whether an outage is on.
func (a *API) Outage() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.outage
}

// decide returns the outcome of a call that arrives now under these conditions and
// draws from b, and how long it takes.
func decide(now time.Time, rng *rand.Rand, c Conditions, outage bool, b *requestBucket) (after time.Duration, result answer, failure *queue.Error) {
	// Always drawn, and first, so that the draws of a request do not depend on
	// the state of the API.
	luck, kind, soon := rng.Float64(), rng.Float64(), rng.Float64()
	quick := 50*time.Millisecond + time.Duration(soon*float64(250*time.Millisecond))

	if outage {
		return quick, answer{}, outageError(kind)
	}
	if retryAfter, ok := b.take(now); !ok {
		return quick, answer{}, rateLimited(c.PerMinute, retryAfter)
	}
	switch {
	case luck < c.Overloaded:
		return quick, answer{}, overloaded()
	case luck < c.Overloaded+c.Failures:
		failure = failureError(kind)
		if failure.Class == queue.Timeout {
			return timeoutAfter, answer{}, failure
		}
		return quick, answer{}, failure
	}
	after = min(logNormal(rng, c.Median, c.P99), slowest)
	return after, answer{
		id:           fmt.Sprintf("msg_%016x", rng.Uint64()),
		outputTokens: max(1, int(after.Seconds()*tokensPerSecond)),
	}, nil
}

const (
	timeoutAfter    = 15 * time.Second // until the API gives up with a 504
	slowest         = time.Minute      // the longest answer
	tokensPerSecond = 80               // a typical speed of output
)

// The errors of the API ("Errors", platform.claude.com), in its words.

func rateLimited(perMinute int, retryAfter time.Duration) *queue.Error {
	return &queue.Error{
		Class:      queue.RateLimited,
		RetryAfter: retryAfter,
		Err: fmt.Errorf("429 rate_limit_error: this request would exceed the rate limit of %d requests per minute",
			perMinute),
	}
}

func overloaded() *queue.Error {
	return &queue.Error{Class: queue.Overloaded, Err: errors.New("529 overloaded_error: Overloaded")}
}

func serverError() *queue.Error {
	return &queue.Error{Class: queue.ServerError, Err: errors.New("500 api_error: Internal server error")}
}

// failureError picks one of the random failures; kind is from 0 to 1.
func failureError(kind float64) *queue.Error {
	switch {
	case kind < 1.0/3:
		return serverError()
	case kind < 2.0/3:
		return &queue.Error{Class: queue.Timeout, Err: errors.New("504 timeout_error: Request timed out")}
	default:
		return &queue.Error{Class: queue.NetworkError, Err: errors.New("connection reset by peer")}
	}
}

// outageError picks one of the failures of an outage: mostly the connection fails.
func outageError(kind float64) *queue.Error {
	if kind < 0.1 {
		return serverError()
	}
	return &queue.Error{Class: queue.NetworkError, Err: errors.New("connection refused")}
}
