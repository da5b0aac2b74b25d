package sim

import (
	"math"
	"net/http"
	"time"
)

// Call is one request to an [Account], with its true cost, which only the API
// knows.
type Call struct {
	// ID names this attempt. With the same seed, the same ID gets the same random
	// draws. If an ID is reused while its answer runs, it names the new answer.
	ID        uint64
	Model     string
	Workspace string // empty: none with limits of its own
	Fast      bool   // it asks for the fast mode, see [AccountSettings].Fast

	InputTokens         int // without cached tokens
	CacheReadTokens     int // they count toward no limit
	CacheCreationTokens int
	OutputTokens        int // of the answer, before MaxTokens cuts it
	MaxTokens           int // zero: no maximum

	// FirstToken and Took are the times to the first and the last token. If Took is
	// zero, they are drawn by [AccountSettings].Speeds.
	FirstToken, Took time.Duration

	// Lacking says that the account lacks what the request needs, such as extra
	// usage for a long context: it gets a 429 without retry-after and limit
	// headers, and draws from no bucket.
	Lacking bool
	// Malformed is 400, 404 or 413: the request is refused at once with that
	// status, without limit headers, and draws from no bucket. Zero is a
	// well-formed request; any other value counts as 400.
	Malformed int
	// Hang says that the call is admitted and never answered, see
	// [AccountSettings].Hang.
	Hang bool

	noFaults bool // neither Faults nor Storms apply to it
}

// maxCallTokens is the most tokens of one kind that a call can have.
const maxCallTokens = 10_000_000

// clean clamps the figures of a call to their ranges.
func (c Call) clean() Call {
	for _, n := range []*int{&c.InputTokens, &c.CacheReadTokens, &c.CacheCreationTokens, &c.OutputTokens, &c.MaxTokens} {
		*n = min(max(*n, 0), maxCallTokens)
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

// input is how many input tokens count toward the limits.
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

// LimitKind is the limit that refused a call.
type LimitKind string

// The limits of an account.
const (
	LimitNone         LimitKind = ""
	LimitRequests     LimitKind = "requests"
	LimitBurst        LimitKind = "burst" // requests in a short time
	LimitInput        LimitKind = "input-tokens"
	LimitOutput       LimitKind = "output-tokens"
	LimitTokens       LimitKind = "tokens" // input and output together
	LimitAcceleration LimitKind = "acceleration"
	LimitSpend        LimitKind = "spend"
)

// Decision is the outcome of a [Call] ("Errors", platform.claude.com).
type Decision struct {
	// Status is 200, 400, 404, 413, 429, 500, 504 or 529, or 0 when the connection is
	// refused, or breaks before any answer.
	Status int
	// Hangs says, with Status 0, that no answer comes: Took is when the connection
	// breaks by itself, an hour after the arrival, if the client does not leave
	// before.
	Hangs bool
	// ErrorType is "rate_limit_error" and so on; with Status 200, that of the error
	// in the middle of the answer. Empty: no error.
	ErrorType string
	ErrorCode string // "enforced_spend_limit_reached", "ramp_limit_exceeded", or empty
	Message   string // the error's, in the API's words

	// RefusedBy is the limit that a 429 is about, the one with the longest wait, and
	// InWorkspace whether it is the workspace's own. No header reports either.
	RefusedBy   LimitKind
	InWorkspace bool
	// TooLarge says that the bucket cannot hold the call even when it is full.
	TooLarge bool
	// RetryAfter is how long until the bucket that refused holds the call, rounded
	// up to whole seconds; for a call that is too large, until it is full. Zero: no
	// such header.
	RetryAfter time.Duration

	// Headers are the limit headers right after the decision; zero where the answer
	// has none. Those of an answer that is not streamed [Account.EndHeaders] returns.
	Headers Headers

	// FirstToken is when the answer begins, and Took when it ends or fails, both
	// since the arrival.
	FirstToken, Took time.Duration
	// OutputTokens are those of the answer, up to a failure in the middle of it.
	OutputTokens int
}

// Admitted reports whether the answer begins.
func (d Decision) Admitted() bool { return d.Status == 200 }

// draws are the random numbers of a call.
type draws struct {
	estimate          float64 // error of the input estimate, -1 to 1
	failure, breakOff float64 // whether it fails, and after which share of the answer; 0 to 1
	failsAfter        time.Duration
	firstToken, took  time.Duration
	noHeaders         bool // the answer has no limit headers; see HeadersMissing
}

// draw makes the draws of a call, from the random numbers of this name and numbers.
// They do not depend on the state of the account.
func (a *Account) draw(c Call, name string, numbers ...uint64) draws {
	rng := newRand(a.settings.Seed, name, numbers...)
	l := draws{
		estimate:   2*rng.Float64() - 1,
		failure:    rng.Float64(),
		breakOff:   rng.Float64(),
		failsAfter: uniform(rng, 50*time.Millisecond, 300*time.Millisecond),
	}
	l.firstToken, l.took = ofGroup(a.settings.Speeds, a.Group(c.Model)).Draw(rng, c)
	if a.settings.HeadersMissing > 0 {
		l.noHeaders = rng.Float64() < a.settings.HeadersMissing
	}
	if c.noFaults {
		l.failure = 1
	}
	if c.Took > 0 {
		l.firstToken, l.took = c.FirstToken, c.Took
	}
	return l
}

// estimate is how many input units count for a call until its true input is known.
func (a *Account) estimate(c Call, l draws) int64 {
	return int64(math.Round(float64(c.input())*(1+a.settings.EstimateError*l.estimate))) * token
}
