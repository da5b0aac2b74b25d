package report

import (
	"time"

	"paceline/client"
)

// Report is what a queue told over a time. Figures that the endpoint did not tell,
// and that cannot be worked out, are unknown.
type Report struct {
	From, To time.Time     // the first and the last answer or failed poll; zero where none tells its time
	Interval time.Duration // the usual time between two polls; zero for one poll
	Answers  int64
	Failures int64 // polls that failed
	Backward int64 // how often the time of an entry lies before that of the one before

	HasDetail      bool // the endpoint tells more than the published wire
	SeveralServers bool // several servers answer: there are no sums over their counters
	Version        client.Opt[string]
	Simulated      client.Opt[bool] // the API behind it is a simulated one

	Last    client.Sample  // the last answer
	Verdict client.Verdict // on it

	Sums            Sums            // over the time
	Waits           Waits           // of users
	Levels          []LevelDuration // how long each verdict held; what did not is left out
	Problems        []Problem       // the findings that held, the worst and longest first
	Extremes        []Extreme       // the worst
	Outages         []Outage        // by time
	Discontinuities []Discontinuity // by time: resets, restarts, several servers
	Users           Users
	Rows            []Row // the time in parts, by time; empty for less than two minutes

	Advice      *client.Advice // the last that was told; nil if none was
	WorstAdvice *client.Advice // of those told the one with the longest p95 wait, if that is another
	Arrivals    []Arrivals     // by time
}

// Sums are what came and ended from the first answer to the last, over resets and
// restarts. What began and ended between two answers around a restart is missing.
type Sums struct {
	Requests, Successful, Failed             client.Opt[int64]
	Cancelled, Refused, Retries, RateLimited client.Opt[int64]
	Rate                                     client.Opt[float64] // successful of finished, 0 to 1
}

// Waits are how long requests waited until they started.
type Waits struct {
	Last  Window // of the last 5 minutes, as last told
	Worst Window // the 5 minutes with the longest p95
	// All is over the whole time: put together from what was told of 5 minutes
	// each. Where the endpoint tells none, it is of the waits that could be told
	// from the counters, one start between two polls: busy times are missing then.
	All     Window
	Derived bool // All is derived from counters, and there is no Last and no Worst
	// Average is the endpoint's own since its last start or reset.
	Average client.Opt[time.Duration]
}

// Window is what was measured in a time. The zero Window is nothing.
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
	Share float64 // of the whole time
}

// The names of levels beyond a verdict's.
const (
	Unreachable = "unreachable" // polls failed
	NoFigures   = "no figures"  // nobody polled
)

// Problem is a finding, and how long it held.
type Problem struct {
	Finding     client.Finding // as it was last said
	First, Last time.Time
	Polls       int64
	For         time.Duration
}

// Extreme is when a figure was worst.
type Extreme struct {
	What  string
	Value any // an int, a time.Duration, or a float64 for a share
	At    time.Time
}

// Outage is a time without answers.
type Outage struct {
	From, To time.Time // To is zero if it did not end
	Polls    int64     // that failed; zero if nobody polled
	Cause    string
}

// Discontinuity is where the counters began anew, or do not go on.
type Discontinuity struct {
	At   time.Time
	What string
}

// Users are how many were active in 5 minutes.
type Users struct {
	Last, Most client.Opt[int]
	MostAt     time.Time
}

// Row is a part of the time.
type Row struct {
	At       time.Time // when it begins
	Answers  int64
	Failures int64
	Worst    string // verdict
	Waiting  client.Opt[int]
	P95      client.Opt[time.Duration] // the longest that was told
	Finished int64
	Failed   int64 // of these
}

// Arrivals are so many requests that came between two answers.
type Arrivals struct {
	From, To time.Time
	Count    int64
}
