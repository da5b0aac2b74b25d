package sim

import (
	"errors"
	"fmt"
	"time"
)

// Conditions are how the simulated API behaves. Start from [DefaultConditions].
type Conditions struct {
	// Median is the median time of an answer. Above zero. Default 1.2 s.
	Median time.Duration
	// P99 is its 99th percentile: the further from Median, the longer the tail. At
	// least Median. Default 6 s.
	P99 time.Duration
	// PerMinute is how many requests a minute are admitted; the rest get 429 with
	// retry-after. Zero is no limit. Default 50, the lowest tier until 2026.
	PerMinute int
	// Burst is how many requests may come at once after an idle time. At least 1
	// where there is a limit. Default 20.
	Burst int
	// Overloaded is the share of requests (0 to 1) that get 529. Default 0.01.
	Overloaded float64
	// Failures is the share of requests (0 to 1) that fail otherwise: in equal
	// parts 500, 504 and a broken connection. Default 0.005.
	Failures float64
}

// DefaultConditions returns those of an API on a good day.
func DefaultConditions() Conditions {
	return Conditions{
		Median:     1200 * time.Millisecond,
		P99:        6 * time.Second,
		PerMinute:  50,
		Burst:      20,
		Overloaded: 0.01,
		Failures:   0.005,
	}
}

// Validate returns an error for each field out of its range, with the range; nil if
// there is none.
func (c Conditions) Validate() error {
	minBurst := 0
	if c.PerMinute > 0 {
		minBurst = 1
	}
	return errors.Join(
		inRange("median", c.Median, time.Millisecond, time.Hour),
		inRange("p99", c.P99, c.Median, time.Hour),
		inRange("perMinute", c.PerMinute, 0, 1_000_000),
		inRange("burst", c.Burst, minBurst, 1_000_000),
		inRange("overloaded", c.Overloaded, 0, 1),
		inRange("failures", c.Failures, 0, 1-c.Overloaded),
	)
}

// inRange returns an error if v is not from low to high.
func inRange[T int | float64 | time.Duration](field string, v, low, high T) error {
	if v >= low && v <= high { // false for NaN, too
		return nil
	}
	return fmt.Errorf("sim: %s is %v: must be from %v to %v", field, v, low, high)
}
