package queue

import (
	"errors"
	"time"
)

// Settings are the rules a queue works by. They can change while it runs, see
// [Queue.SetSettings]. Values mean what they say: a zero is a zero, not a
// default. Start from [DefaultSettings].
type Settings struct {
	// MinDelay is the least time from one start to the next in a lane. Longer
	// is gentler on the API, shorter serves more requests a minute. Zero means
	// no spacing by itself. Default 1.5 s.
	MinDelay time.Duration
	// Step is added to the spacing for each request that waits, so that a
	// longer line goes slower and hits fewer limits. Zero is fixed spacing.
	// With 200 ms and 5 waiting, the spacing is 2.5 s. Default 200 ms.
	Step time.Duration
	// MaxDelay is the longest spacing. At least MinDelay. Default 10 s.
	MaxDelay time.Duration
	// MaxInFlight is how many calls of one lane may run at the same time by the
	// spacing. At least 1. Default 16.
	MaxInFlight int
	// AdaptiveInFlight is the same with Adaptive: the account's limits let start as
	// many as answers take long. At least 1. Default 1000.
	AdaptiveInFlight int
	// MaxRun is how long a running call may stay silent before it loses its
	// context and its slot; [Progress] renews it. Above zero. Default 10 min.
	MaxRun time.Duration
	// MaxQueue is how many requests may wait in the whole queue; one more is
	// refused with [ErrQueueFull]. At least 1. Default 1000.
	MaxQueue int
	// MaxWait is the longest wait that is promised: a request that would wait
	// longer is refused at the door with [ErrWaitTooLong]. Where the wait can only be
	// guessed, one is refused once another one has really waited for so long. Above
	// zero. Default 5 min.
	MaxWait time.Duration
	// Attempts is how often a request is tried in all. 1 means no retries.
	// Default 3.
	Attempts int
	// Aging is how long a request waits before it counts one class higher, and
	// again for each further such time. Above zero. Default 60 s.
	Aging time.Duration
	// Adaptive starts each request as early as the account's limits allow, in place
	// of the spacing: as answers tell them ([ReportLimits]), as refusals show them, or
	// exploring where nothing is known. Default false.
	Adaptive bool
	// Thresholds say when the queue calls itself unhealthy.
	Thresholds Thresholds
}

// Thresholds are the limits of the health verdict. See [Verdict].
type Thresholds struct {
	// WarnWaiting is the number of waiting requests from which the queue is
	// backing up. At least 1. Default 6.
	WarnWaiting int
	// CriticalWaiting is the number of waiting requests that is critical. At
	// least WarnWaiting. Default 20.
	CriticalWaiting int
	// WarnSuccess is the share (0 to 1) of the last 20 finished requests that
	// must succeed. Default 0.8.
	WarnSuccess float64
	// CriticalAverageWait is the average wait over the last 5 minutes that is
	// critical. Above zero. Default 30 s.
	CriticalAverageWait time.Duration
	// CriticalOldestWait is the wait of the oldest request that is critical.
	// Above zero. Default 60 s.
	CriticalOldestWait time.Duration
	// StuckAfter is how long nothing may happen while somebody waits. Above
	// zero. Default 60 s.
	StuckAfter time.Duration
}

// The names of what decides a pace.
const (
	PaceSpaced   = "spaced"   // the spacing
	PaceAdaptive = "adaptive" // the account's limits
)

// Pace is the name of what decides the pace.
func (s Settings) Pace() string {
	if s.Adaptive {
		return PaceAdaptive
	}
	return PaceSpaced
}

// DefaultSettings returns the published rule: 1.5 s between starts, 200 ms more
// for each waiting request, at most 10 s.
func DefaultSettings() Settings {
	return Settings{
		MinDelay:    1500 * time.Millisecond,
		Step:        200 * time.Millisecond,
		MaxDelay:    10 * time.Second,
		MaxInFlight: 16, AdaptiveInFlight: 1000,
		MaxRun:     10 * time.Minute,
		MaxQueue:   1000,
		MaxWait:    5 * time.Minute,
		Attempts:   3,
		Aging:      time.Minute,
		Thresholds: DefaultThresholds(),
	}
}

// DefaultThresholds returns the thresholds that operators know.
func DefaultThresholds() Thresholds {
	return Thresholds{
		WarnWaiting:         6,
		CriticalWaiting:     20,
		WarnSuccess:         0.8,
		CriticalAverageWait: 30 * time.Second,
		CriticalOldestWait:  time.Minute,
		StuckAfter:          time.Minute,
	}
}

// The widest values a setting may take: what lies above is a slip of the
// keyboard, not a wish.
const (
	maxSpacing  = time.Hour
	maxDuration = 24 * time.Hour
	maxCount    = 1_000_000
	maxAttempts = 100
)

// Validate returns an error that names each field that is out of its range, and
// the range; nil if there is none.
func (s Settings) Validate() error {
	t := s.Thresholds
	return errors.Join(
		between("minDelay", s.MinDelay, 0, maxSpacing),
		between("step", s.Step, 0, maxSpacing),
		between("maxDelay", s.MaxDelay, s.MinDelay, maxSpacing),
		between("maxInFlight", s.MaxInFlight, 1, maxCount),
		between("adaptiveInFlight", s.AdaptiveInFlight, 1, maxCount),
		between("maxRun", s.MaxRun, time.Millisecond, maxDuration),
		between("maxQueue", s.MaxQueue, 1, maxCount),
		between("maxWait", s.MaxWait, time.Millisecond, maxDuration),
		between("attempts", s.Attempts, 1, maxAttempts),
		between("aging", s.Aging, time.Millisecond, maxDuration),
		between("thresholds.warnWaiting", t.WarnWaiting, 1, maxCount),
		between("thresholds.criticalWaiting", t.CriticalWaiting, t.WarnWaiting, maxCount),
		between("thresholds.warnSuccess", t.WarnSuccess, 0, 1),
		between("thresholds.criticalAverageWait", t.CriticalAverageWait, time.Millisecond, maxDuration),
		between("thresholds.criticalOldestWait", t.CriticalOldestWait, time.Millisecond, maxDuration),
		between("thresholds.stuckAfter", t.StuckAfter, time.Millisecond, maxDuration),
	)
}

func between[T int | float64 | time.Duration](field string, v, low, high T) error {
	if v >= low && v <= high || low > high { // false for NaN, too; where low is too high, that is said of its own field
		return nil
	}
	return &rangeError{field, v, low, high}
}
