package sim

import (
	"math"
	"net/http"
	"time"
)

// Call is one request to an [Account], with what it will truly cost; only the API
// knows that.
type Call struct {
	// ID names this attempt. Under the same seed, the same ID draws the same. An
	// ID that comes again while its answer runs names the new one from then on.
	ID        uint64
	Model     string
	Workspace string // empty: one without limits of its own

	InputTokens         int // without those of the cache
	CacheReadTokens     int // they count towards no limit
	CacheCreationTokens int
	OutputTokens        int // that the answer would have; MaxTokens cuts it
	MaxTokens           int // zero: as many as it likes

	// FirstToken and Took are the answer's times where Took is above zero;
	// otherwise chance decides by [AccountSettings].Speeds.
	FirstToken, Took time.Duration

	// Lacking says that the request needs what the account lacks, such as extra usage
	// for a long context: it gets 429 with neither retry-after nor limit headers, and
	// draws from no bucket.
	Lacking bool
	// Malformed is 400, 404 or 413: the request is refused at once with that status,
	// without limit headers, and draws from no bucket. Zero is a request in order;
	// any other value counts as 400.
	Malformed int
	// Hang says that the call is let in and never answered, see
	// [AccountSettings].Hang.
	Hang bool

	steady bool // the day's faults and storms pass it by
}

// mostTokens is the most tokens of one kind that a call can have.
const mostTokens = 10_000_000

// clean brings the figures of a call into their ranges.
func (c Call) clean() Call {
	for _, n := range []*int{&c.InputTokens, &c.CacheReadTokens, &c.CacheCreationTokens, &c.OutputTokens, &c.MaxTokens} {
		*n = min(max(*n, 0), mostTokens)
	}
	c.Took = min(max(c.Took, 0), slowestRest)
	c.FirstToken = min(max(c.FirstToken, 0), c.Took)
	switch c.Malformed {
	case 0, http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge:
	default:
		c.Malformed = http.StatusBadRequest
	}
	return c
}

// input is what counts of the input.
func (c Call) input() int { return c.InputTokens + c.CacheCreationTokens }

// output is how many tokens the answer has.
func (c Call) output() int {
	if c.MaxTokens > 0 {
		return min(c.OutputTokens, c.MaxTokens)
	}
	return c.OutputTokens
}

// reserved is what the older rule draws for the output at the start.
func (c Call) reserved() int { return max(c.MaxTokens, c.output()) }

// Limit says which limit refused a call.
type Limit string

// The limits of an account.
const (
	LimitNone         Limit = ""
	LimitRequests     Limit = "requests"
	LimitBurst        Limit = "burst" // requests in a short time
	LimitInput        Limit = "input-tokens"
	LimitOutput       Limit = "output-tokens"
	LimitTokens       Limit = "tokens" // input and output together
	LimitAcceleration Limit = "acceleration"
	LimitSpend        Limit = "spend"
)

// Decision is what comes of a [Call] ("Errors", platform.claude.com).
type Decision struct {
	// Status is 200, 400, 404, 413, 429, 500, 504 or 529, or 0 when the connection is
	// refused, or breaks before any answer.
	Status int
	// Hangs says of Status 0 that no answer comes: Took is when the connection breaks
	// by itself, an hour from the arrival, if the client does not leave before.
	Hangs bool
	// ErrorType is "rate_limit_error" and so on; with Status 200, that of the
	// error in the middle of the answer. Empty: there is none.
	ErrorType string
	ErrorCode string // "enforced_spend_limit_reached", "ramp_limit_exceeded", or empty
	Message   string // the error's, in the API's words

	// Refused says which limit a 429 is about, the one to wait for longest, and
	// InWorkspace whether that is the workspace's own. No header tells either.
	Refused     Limit
	InWorkspace bool
	// Never says that the bucket cannot hold the call even when it is full.
	Never bool
	// RetryAfter is when the bucket that refused holds the call, in whole seconds,
	// up; until it is full for one that it never holds. Zero: there is no such header.
	RetryAfter time.Duration

	// Headers are what the headers tell right after the decision; zero where the
	// answer has none. For one that has some, a driver that answers later may ask
	// [Account.Headers] then.
	Headers Headers

	// FirstToken is when the answer begins, and Took when it ends or fails, both
	// from the arrival.
	FirstToken, Took time.Duration
	// OutputTokens are those of the answer, until it fails for one that does.
	OutputTokens int
}

// Admitted reports whether the answer begins.
func (d Decision) Admitted() bool { return d.Status == 200 }

// luck is all that chance decides about a call.
type luck struct {
	estimate    float64 // how far the estimate is off, -1 to 1
	fate, part  float64 // whether it fails, and after which part of the answer
	quick       time.Duration
	first, took time.Duration
	bare        bool // the answer has no limit headers
}

// draw draws what belongs to a call, from the stream of this name and numbers. It
// does not depend on what state the account is in.
func (a *Account) draw(c Call, name string, numbers ...uint64) luck {
	rng := stream(a.settings.Seed, name, numbers...)
	l := luck{
		estimate: 2*rng.Float64() - 1,
		fate:     rng.Float64(),
		part:     rng.Float64(),
		quick:    between(rng, 50*time.Millisecond, 300*time.Millisecond),
	}
	l.first, l.took = ofGroup(a.settings.Speeds, a.Group(c.Model)).Draw(rng, c)
	if a.settings.HeadersMissing > 0 {
		l.bare = rng.Float64() < a.settings.HeadersMissing
	}
	if c.steady {
		l.fate = 1
	}
	if c.Took > 0 {
		l.first, l.took = c.FirstToken, c.Took
	}
	return l
}

// estimate is what counts of the input of a call until it is known.
func (a *Account) estimate(c Call, l luck) int64 {
	return int64(math.Round(float64(c.input())*(1+a.settings.EstimateError*l.estimate))) * token
}
