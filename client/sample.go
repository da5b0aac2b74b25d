package client

import (
	"time"
)

// Opt is a figure that can be unknown. The zero Opt is unknown.
type Opt[T any] struct {
	Value T
	Known bool
}

// Some returns a known figure.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Known: true} }

// Or returns the figure, or other if it is unknown.
func (o Opt[T]) Or(other T) T {
	if o.Known {
		return o.Value
	}
	return other
}

// Level is how bad a verdict is; the greater the worse.
type Level uint8

// The levels. The zero Level is Healthy.
const (
	Healthy Level = iota
	Warning
	Critical
)

// String returns the level's word: healthy, warning or critical.
func (l Level) String() string {
	return [...]string{"healthy", "warning", "critical"}[min(l, Critical)]
}

// Sample is what one poll said. What was missing, null, of another type,
// negative or absurd is unknown. Its strings are cleaned, see [Clean]. A Sample is
// not changed once it is made: copies share its Detail.
type Sample struct {
	At   time.Time     // when it was received, by our clock; a stream brings it a little before the poll that returns it
	Took time.Duration // how long the poll took

	Status    Opt[string] // as the endpoint says it
	Timestamp Opt[time.Time]

	Total      Opt[int64]
	Successful Opt[int64]
	Failed     Opt[int64]
	RateText   Opt[string]  // the endpoint's own successRate, for display where the counters are missing
	Rate       Opt[float64] // 0 to 1: from the counters, else from RateText; unknown while nothing finished
	// Average is the wait from arrival to start, over all since the last reset.
	Average Opt[time.Duration]
	Waiting Opt[int]
	// LastProcessed is the last success; unknown when null or missing.
	LastProcessed Opt[time.Time]

	IsHealthy      Opt[bool]
	Message        Opt[string]
	Recommendation Opt[string]

	Detail *Detail // nil where the endpoint tells none
}

// Detail is what a paceline server tells beyond the published wire.
type Detail struct {
	Version     Opt[string]
	Simulated   Opt[bool]
	Pace        Opt[string] // what decides the pace: spaced or adaptive
	Uptime      Opt[time.Duration]
	Resets      Opt[int64]
	Draining    Opt[bool]
	Running     Opt[int]
	InBackoff   Opt[int]
	Cancelled   Opt[int64]
	Refused     Opt[int64]
	Retries     Opt[int64]
	RateLimited Opt[int64]
	Resent      Opt[int64] // sent twice: the connection broke before any answer
	PerMinute   Opt[float64]

	OldestWait Opt[time.Duration]
	NextStart  Opt[time.Duration]
	EmptyIn    Opt[time.Duration]

	Wait     Quantiles
	Response Quantiles

	RecentFinished Opt[int]
	RecentRate     Opt[float64] // 0 to 1

	ActiveUsers Opt[int]
	Band        Opt[string]
	Expected    Opt[string]
	Feels       Opt[string]

	Findings    []Finding
	Lanes       []Lane // nil where none is told of; empty where there is none now
	Users       []User
	Events      []Event
	EventsTotal Opt[int64]

	Settings Settings // nil where none is told

	Troubles []Trouble // parts beside the requests that have failed, the latest first

	Advises bool    // advice is told of, though perhaps there is none yet
	Advice  *Advice // nil where there is none
}

// Trouble is a part of the server beside the requests that has failed, the last time.
type Trouble struct {
	Part   string // "advice"
	Reason Opt[string]
	At     Opt[time.Time]
	Count  Opt[int64] // how often since the server's start
}

// Quantiles describe what was measured in the last 5 minutes.
type Quantiles struct {
	Count         Opt[int64]
	Average       Opt[time.Duration]
	P50, P95, P99 Opt[time.Duration]
}

// Finding is one row of the health table that applies.
type Finding struct {
	Level          Level
	Message        string
	Recommendation string
}

// Lane is what shares one limit of the API.
type Lane struct {
	Name        string
	Waiting     Opt[int]
	Running     Opt[int]
	MaxInFlight Opt[int] // may run at the same time now
	InBackoff   Opt[int]
	NextStart   Opt[time.Duration]
	PausedUntil Opt[time.Time]

	Pace     Opt[string]  // what decides it: spaced or adaptive
	WaitsFor Opt[string]  // the kind of limit that the next in line waits for
	Rate     Opt[float64] // starts a minute, measured by refusals where no answer tells the limit
	Limits   []Limit      // what is known of them
}

// Limit is what is left of one limit of a lane. Free and FullIn are known once an
// answer has told.
type Limit struct {
	Kind      string             // requests, input tokens or output tokens
	PerMinute Opt[int64]         // never zero
	Free      Opt[int64]         // at most PerMinute; below zero while what runs is yet to be produced
	FullIn    Opt[time.Duration] // until it is full, if nothing starts
}

// User is one user's part of the work since start or reset.
type User struct {
	Name     string
	Waiting  Opt[int]
	Running  Opt[int]
	Done     Opt[int64]
	Failed   Opt[int64]
	LastWait Opt[time.Duration]
}
