package queue

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Settings are the rules a queue works by. They can change while it runs, see
// [Queue.SetSettings], or [Queue.ChangeSettings] by their names on the wire. Values mean what they say: a zero is a zero, not a default.
// Start from [DefaultSettings].
//
// Each field but Adaptive and Off is a row of [SettingTable], which has its default, its
// range, what it does, and what a greater or a smaller value costs.
type Settings struct {
	// The spacing after a start, with n waiting, is MinDelay + n × Step, at most
	// MaxDelay. With 200 ms a step and 5 waiting it is 2.5 s.
	MinDelay, Step, MaxDelay time.Duration
	// MaxInFlight and AdaptiveInFlight are how many calls of one lane may run at the
	// same time: without Adaptive, and with it.
	MaxInFlight, AdaptiveInFlight int
	// MaxRun is how long a running call may stay silent before it loses its
	// context and its slot; [Progress] renews it.
	MaxRun time.Duration
	// MaxQueue is how many requests may wait in the whole queue; one more is
	// refused with [ErrQueueFull].
	MaxQueue int
	// MaxWait is the longest wait at the door: a request that is expected to wait
	// longer is refused with [ErrWaitTooLong]. One that was let in waits on where things
	// get worse, unless a pause begins that it cannot outlast. While limits are unknown, a
	// request is refused once the oldest waiting one has waited MaxWait.
	MaxWait time.Duration
	// Attempts is how often a request is tried in all.
	Attempts int
	// Aging is how long a user has no turn, because requests of higher classes start,
	// before its next request counts one class higher, and again for each further such
	// time.
	Aging time.Duration
	// Adaptive starts each request as early as the account's limits allow, in place
	// of the spacing: from limits in answers ([ReportLimits]), else from a rate measured
	// by refusals, else by exploring. Default false.
	Adaptive bool
	// Off lets every request pass at once, and each answer as it is: nothing waits, is
	// refused or tried again, and no answer pauses anything. Adaptive stays the rule that
	// holds again afterwards, and goes on learning. Default false.
	Off bool
	// Thresholds say when the queue calls itself unhealthy.
	Thresholds Thresholds
}

// Thresholds are the limits of the health verdict. See [Verdict].
type Thresholds struct {
	// WarnWaiting and CriticalWaiting are the numbers of waiting requests from which
	// the verdict is a warning, and critical, if the last in line has at least
	// WarnLastWait before it, and CriticalLastWait.
	WarnWaiting, CriticalWaiting   int
	WarnLastWait, CriticalLastWait time.Duration
	// WarnSuccess is the share (0 to 1) of the last 20 finished requests that
	// must succeed.
	WarnSuccess float64
	// CriticalUserWait is critical as the p95 over users of each one's longest wait: of
	// the last minute, or as it is expected of those who wait.
	CriticalUserWait time.Duration
	// StuckAfter is how long nothing may happen while requests wait.
	StuckAfter time.Duration
}

// The names of what decides a pace.
const (
	PaceSpaced   = "spaced"   // the spacing
	PaceAdaptive = "adaptive" // the account's limits
	PaceOff      = "off"      // nothing: see [Settings].Off
)

// Pace is the name of what decides the pace.
func (s Settings) Pace() string {
	if s.Off {
		return PaceOff
	}
	return s.rule()
}

// rule is the name of the rule that decides the pace unless it is off.
func (s *Settings) rule() string {
	if s.Adaptive {
		return PaceAdaptive
	}
	return PaceSpaced
}

// adaptive reports whether the account's limits decide the pace now.
func (s *Settings) adaptive() bool { return s.Adaptive && !s.Off }

// WithPace returns the settings with another pace, by its name: [PaceOff], [PaceSpaced] or
// [PaceAdaptive].
func (s Settings) WithPace(name string) (Settings, error) {
	switch name {
	case PaceOff:
		s.Off = true
	case PaceSpaced, PaceAdaptive:
		s.Off, s.Adaptive = false, name == PaceAdaptive
	default:
		return s, fmt.Errorf("queue: pace is %q: must be %s, %s or %s", Truncate(name, maxNameShown), PaceOff, PaceSpaced, PaceAdaptive)
	}
	return s, nil
}

// changeTo says in words how other settings differ: "minDelay 1.5 s → 1.6 s, step 200 ms →
// 0 s"; empty if they do not.
func (s Settings) changeTo(other Settings) string {
	var words []string
	if s.Pace() != other.Pace() {
		words = append(words, "pace "+s.Pace()+" → "+other.Pace())
	}
	for _, row := range settingTable {
		if before, after := row.exact(&s), row.exact(&other); before != after {
			words = append(words, row.ChangeWords(before, after))
		}
	}
	return strings.Join(words, changesSeparator)
}

// changesSeparator stands between the changes of an event.
const changesSeparator = ", "

// HasChange reports whether an [Event] of changed settings, by its Change, is of one: as
// [Setting.ChangeWords] writes it.
func HasChange(change, one string) bool {
	return slices.Contains(strings.Split(change, changesSeparator), one)
}

// DefaultSettings returns the published rule: 1.5 s between starts, 200 ms more
// for each waiting request, at most 10 s.
func DefaultSettings() Settings {
	var s Settings
	for _, row := range settingTable {
		row.Set(&s, row.Default)
	}
	return s
}

// DefaultThresholds returns the thresholds that operators know.
func DefaultThresholds() Thresholds { return DefaultSettings().Thresholds }

// Validate returns an error that names each field that is out of its range, and
// the range; nil if there is none.
func (s Settings) Validate() error {
	var wrong []error
	for _, row := range settingTable {
		v, low := row.exact(&s), row.Low
		if floor, ok := s.named(row.Floor); ok {
			low = max(low, floor)
		}
		if v >= low && v <= row.High || low > row.High { // false for NaN, too; where low is too high, that is said of the floor
			continue
		}
		wrong = append(wrong, &rangeError{row, v, low})
	}
	return errors.Join(wrong...)
}

// named returns the value of the setting with a name, in the unit of the wire.
func (s Settings) named(name string) (v float64, ok bool) {
	row, ok := SettingNamed(name)
	if !ok {
		return 0, false
	}
	return row.exact(&s), true
}

// rangeError is a setting that is out of its range.
type rangeError struct {
	row      Setting
	got, low float64
}

func (e *rangeError) Error() string {
	show := func(v float64) any { return v }
	switch e.row.Unit {
	case Milliseconds:
		show = func(v float64) any { return time.Duration(math.Round(v * float64(time.Millisecond))) }
	case Requests, Attempts:
		show = func(v float64) any { return int64(v) }
	}
	return fmt.Sprintf("queue: %s%s is %v: must be from %v to %v", e.row.prefix(), e.row.Name, show(e.got), show(e.low), show(e.row.High))
}

// onWire is the error in the names and units of the wire.
func (e *rangeError) onWire() string {
	show := func(v float64) any { return v }
	if e.row.Whole() {
		show = func(v float64) any { return int64(math.Ceil(v)) } // a floor between two whole numbers is the upper one
	}
	return fmt.Sprintf("%s is %v: must be from %v to %v", e.row.Path(), show(e.got), show(e.low), show(e.row.High))
}
