package report

import (
	"time"

	"paceline/client"
)

// Report is the summary of a queue over a period. A figure that the endpoint does not
// have, and that cannot be derived, is unknown.
type Report struct {
	From, To time.Time     // the first and the last answer or failed poll; zero if none has a time
	Interval time.Duration // the usual time between two polls; zero for one poll
	Answers  int64
	Failures int64 // polls that failed
	Backward int64 // the number of entries whose time is before that of the previous entry

	HasDetail      bool // the endpoint has more than the published wire
	SeveralServers bool // several servers answer, so that there are no Sums
	Version        client.Opt[string]
	Simulated      client.Opt[bool] // the API behind it is a simulated one

	Last    client.Sample  // the last answer
	Verdict client.Verdict // on the last answer

	Sums            Sums            // over the period
	Waits           Waits           // of requests
	Levels          []LevelDuration // how long each verdict held, without those that never did
	Problems        []Problem       // by level, then by duration
	Extremes        []Extreme       // the worst value of each figure
	Outages         []Outage        // by time
	Discontinuities []Discontinuity // by time: resets, restarts, several servers
	Users           Users
	Rows            []Row // the period in parts, by time; empty for less than two minutes

	Advice      *client.Advice // the last one; nil if there was none
	WorstAdvice *client.Advice // of those that can tell what would help the one with the longest p95 wait, if it is not the last one
	Arrivals    []Arrivals     // by time
}

// Sums are the requests that arrived and ended between the first answer and the last,
// over resets and restarts. Requests that arrived and ended between the last answer
// before a restart and the first one after it are missing.
type Sums struct {
	Requests, Successful, Failed             client.Opt[int64]
	Cancelled, Refused, Retries, RateLimited client.Opt[int64]
	Rate                                     client.Opt[float64] // share of the finished requests that succeeded, 0 to 1
}

// Waits are the times from the arrival of requests to their start.
type Waits struct {
	Last  Window // the last 5 minutes, as in the last answer
	Worst Window // the 5 minutes with the longest p95
	// All is the whole period, merged from windows of 5 minutes. If the endpoint has no
	// such windows, it is derived from the counters: only the waits of requests that
	// started alone between two polls are known then, and busy times are missing.
	All     Window
	Derived bool // All is derived from counters; Last and Worst are zero
	// Average is the endpoint's average since its last start or reset.
	Average client.Opt[time.Duration]
}

// Window are the waits in a period. The zero Window is empty.
type Window struct {
	To       time.Time
	Count    int64
	Average  client.Opt[time.Duration]
	P50, P95 client.Opt[time.Duration]
}

// LevelDuration is how long a verdict held.
type LevelDuration struct {
	Name  string // healthy, warning, critical, unreachable, or no figures
	For   time.Duration
	Share float64 // of the whole period
}

// The names of levels beyond a verdict's.
const (
	Unreachable = "unreachable" // polls failed
	NoFigures   = "no figures"  // there was no poll
)

// Problem is a finding, and how long it held.
type Problem struct {
	Finding     client.Finding // as it was last
	First, Last time.Time
	Polls       int64
	For         time.Duration
}

// Extreme is the worst value of a figure.
type Extreme struct {
	Figure string
	Value  any // an int, a time.Duration, or a float64 for a share
	At     time.Time
}

// Outage is a period without answers.
type Outage struct {
	From, To time.Time // To is zero if it did not end
	Polls    int64     // the failed polls; zero if there were none
	Cause    string
}

// Discontinuity is a point at which the counters do not continue those before.
type Discontinuity struct {
	At   time.Time
	Text string
}

// Users are the numbers of users that were active within 5 minutes.
type Users struct {
	Last, Most client.Opt[int]
	MostAt     time.Time
}

// Row is a part of the period.
type Row struct {
	At       time.Time // the beginning of the part
	Answers  int64
	Failures int64
	Worst    string // the worst verdict: healthy, warning, critical or unreachable
	Waiting  client.Opt[int]
	P95      client.Opt[time.Duration] // the longest one
	Finished int64
	Failed   int64 // of those that finished
}

// Arrivals are the requests that arrived between two answers.
type Arrivals struct {
	From, To time.Time
	Count    int64
}
