package ui

import (
	"time"

	"paceline/queue"
)

// setting is one of the queue's settings: how it is called and what it does.
// Exactly one of span, count and share says where it is. As a number it is in
// the wire's unit: milliseconds, a count, or a share from 0 to 1.
type setting struct {
	name  string // as the log and the recommendations call it
	field string // on the wire
	what  string // what it does, in at most 33 cells
	more  string // what a greater or a smaller value costs

	span  func(*queue.Settings) *time.Duration
	count func(*queue.Settings) *int
	share func(*queue.Settings) *float64

	low, high float64
	// The settings that it cannot go below and above; may be empty.
	floor, ceiling string
}

// The widest values, as [queue.Settings.Validate] knows them.
const (
	hourMillis  = 60 * 60 * 1000
	dayMillis   = 24 * hourMillis
	maxCount    = 1_000_000
	maxAttempts = 100
)

// settingCount is how many settings there are.
const settingCount = 16

// settings returns them all, in the order in which they are shown.
func settings() [settingCount]setting {
	return [...]setting{
		{
			name: "minDelay", field: "minDelayMs", what: "least time between two starts",
			more: "Longer is gentler on the API, shorter serves more requests a minute.",
			span: func(s *queue.Settings) *time.Duration { return &s.MinDelay }, high: hourMillis, ceiling: "maxDelay",
		},
		{
			name: "step", field: "stepMs", what: "more for each one who waits",
			more: "Greater slows a long line and hits fewer limits; 0 is fixed spacing.",
			span: func(s *queue.Settings) *time.Duration { return &s.Step }, high: hourMillis,
		},
		{
			name: "maxDelay", field: "maxDelayMs", what: "longest time between two starts",
			more: "Shorter empties a long line sooner and may meet the API's limit.",
			span: func(s *queue.Settings) *time.Duration { return &s.MaxDelay }, high: hourMillis, floor: "minDelay",
		},
		{
			name: "maxInFlight", field: "maxInFlight", what: "calls that run at the same time",
			more:  "More keep slow answers from holding up the line. Of lanes that the spacing paces.",
			count: func(s *queue.Settings) *int { return &s.MaxInFlight }, low: 1, high: maxCount,
		},
		{
			name: "adaptiveInFlight", field: "adaptiveInFlight", what: "calls at once on adaptive lanes",
			more:  "Where the API's limits decide the pace, maxInFlight does not hold, and this does.",
			count: func(s *queue.Settings) *int { return &s.AdaptiveInFlight }, low: 1, high: maxCount,
		},
		{
			name: "maxRun", field: "maxRunMs", what: "silence until a call is cut off",
			more: "Shorter frees the slot of a call that hangs sooner; too short cuts off slow answers.",
			span: func(s *queue.Settings) *time.Duration { return &s.MaxRun }, low: 1, high: dayMillis,
		},
		{
			name: "maxQueue", field: "maxQueue", what: "requests that may wait",
			more:  "One more is refused at the door.",
			count: func(s *queue.Settings) *int { return &s.MaxQueue }, low: 1, high: maxCount,
		},
		{
			name: "maxWait", field: "maxWaitMs", what: "longest wait that is promised",
			more: "Who would wait longer is refused at the door.",
			span: func(s *queue.Settings) *time.Duration { return &s.MaxWait }, low: 1, high: dayMillis,
		},
		{
			name: "attempts", field: "attempts", what: "tries in all for a request",
			more:  "1 means that nothing is tried again.",
			count: func(s *queue.Settings) *int { return &s.Attempts }, low: 1, high: maxAttempts,
		},
		{
			name: "aging", field: "agingMs", what: "wait that lifts a class higher",
			more: "Shorter lets those of low priority pass sooner.",
			span: func(s *queue.Settings) *time.Duration { return &s.Aging }, low: 1, high: dayMillis,
		},
		{
			name: "warnWaiting", field: "thresholds.warnWaiting", what: "waiting: a warning",
			more:  "From so many on the queue is backing up.",
			count: func(s *queue.Settings) *int { return &s.Thresholds.WarnWaiting }, low: 1, high: maxCount, ceiling: "criticalWaiting",
		},
		{
			name: "criticalWaiting", field: "thresholds.criticalWaiting", what: "waiting: critical",
			more:  "From so many on the verdict is critical.",
			count: func(s *queue.Settings) *int { return &s.Thresholds.CriticalWaiting }, low: 1, high: maxCount, floor: "warnWaiting",
		},
		{
			name: "warnSuccess", field: "thresholds.warnSuccess", what: "less success: a warning",
			more:  "Of the last 20 finished so many must succeed.",
			share: func(s *queue.Settings) *float64 { return &s.Thresholds.WarnSuccess }, high: 1,
		},
		{
			name: "criticalAverageWait", field: "thresholds.criticalAverageWaitMs", what: "average wait: critical",
			more: "Measured over the last 5 minutes.",
			span: func(s *queue.Settings) *time.Duration { return &s.Thresholds.CriticalAverageWait }, low: 1, high: dayMillis,
		},
		{
			name: "criticalOldestWait", field: "thresholds.criticalOldestWaitMs", what: "oldest wait: critical",
			more: "The wait of the one who has waited longest.",
			span: func(s *queue.Settings) *time.Duration { return &s.Thresholds.CriticalOldestWait }, low: 1, high: dayMillis,
		},
		{
			name: "stuckAfter", field: "thresholds.stuckAfterMs", what: "nothing happens: stuck",
			more: "While somebody waits and nothing starts, finishes or sends for so long.",
			span: func(s *queue.Settings) *time.Duration { return &s.Thresholds.StuckAfter }, low: 1, high: dayMillis,
		},
	}
}

func settingNamed(name string) (setting, bool) {
	for _, f := range settings() {
		if f.name == name {
			return f, true
		}
	}
	return setting{}, false
}

// get returns the value in s, in the wire's unit.
func (f setting) get(s queue.Settings) float64 {
	switch {
	case f.span != nil:
		return float64(*f.span(&s)) / float64(time.Millisecond)
	case f.count != nil:
		return float64(*f.count(&s))
	default:
		return *f.share(&s)
	}
}

// set changes the value in s.
func (f setting) set(s *queue.Settings, v float64) {
	switch {
	case f.span != nil:
		*f.span(s) = time.Duration(v * float64(time.Millisecond))
	case f.count != nil:
		*f.count(s) = int(v)
	default:
		*f.share(s) = v
	}
}

// limits returns the least and the greatest value beside the others in s.
func (f setting) limits(s queue.Settings) (low, high float64) {
	low, high = f.low, f.high
	if other, ok := settingNamed(f.floor); ok {
		low = max(low, other.get(s))
	}
	if other, ok := settingNamed(f.ceiling); ok {
		high = min(high, other.get(s))
	}
	return low, high
}

// limitWords says the limits, and whose they are: "from 0 s to 10 s (maxDelay)".
func (f setting) limitWords(s queue.Settings) string {
	low, high := f.limits(s)
	words := "from " + f.write(low)
	if f.floor != "" {
		words += " (" + f.floor + ")"
	}
	words += " to " + f.write(high)
	if f.ceiling != "" {
		words += " (" + f.ceiling + ")"
	}
	return words
}
