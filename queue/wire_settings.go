package queue

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Wire returns the settings as the wire writes them.
func (s Settings) Wire() WireSettings {
	t := s.Thresholds
	return WireSettings{
		MinDelayMs: s.MinDelay.Milliseconds(), StepMs: s.Step.Milliseconds(), MaxDelayMs: s.MaxDelay.Milliseconds(),
		MaxInFlight: s.MaxInFlight, AdaptiveInFlight: s.AdaptiveInFlight, MaxRunMs: s.MaxRun.Milliseconds(),
		MaxQueue: s.MaxQueue, MaxWaitMs: s.MaxWait.Milliseconds(),
		Attempts: s.Attempts, AgingMs: s.Aging.Milliseconds(),
		Thresholds: WireThresholds{
			WarnWaiting: t.WarnWaiting, CriticalWaiting: t.CriticalWaiting, WarnSuccess: t.WarnSuccess,
			CriticalAverageWaitMs: t.CriticalAverageWait.Milliseconds(),
			CriticalOldestWaitMs:  t.CriticalOldestWait.Milliseconds(),
			StuckAfterMs:          t.StuckAfter.Milliseconds(),
		},
	}
}

// With returns the settings with some fields changed. The fields have the names
// and units of [WireSettings]: "minDelayMs", "maxInFlight",
// "thresholds.warnSuccess"; all but the last are whole numbers. A field that is
// not named stays as it is, to the nanosecond. The error, one line, names each
// field that there is not, and each that is out of its range, with the range.
func (s Settings) With(changes map[string]float64) (Settings, error) {
	changed := s
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if why := changed.set(name, changes[name]); why != "" {
			bad = append(bad, why)
		}
	}
	if len(bad) == 0 {
		bad = onWire(changed.Validate())
	}
	if len(bad) > 0 {
		return s, errors.New("queue: " + strings.Join(bad, "; "))
	}
	return changed, nil
}

// Change changes the fields of the settings that are named, see [Settings.With],
// and returns the whole. Of two changes at the same time none is lost. After an
// error everything is as before. Without a field nothing happens. By says who
// asked, for the events.
func (q *Queue) Change(changes map[string]float64, by string) (s Settings, err error) {
	q.update(func(now time.Time) {
		s, err = q.machine.settings.With(changes)
		if err == nil && len(changes) > 0 {
			err = q.machine.setSettings(now, s, by)
		}
	})
	return s, err
}

// set sets one field by its name on the wire, and returns what is wrong with it:
// nothing if only its range can be.
func (s *Settings) set(name string, v float64) (wrong string) {
	whole := v == math.Trunc(v) && math.Abs(v) <= 1e12 // what lies above is out of every range
	switch field := s.field(name).(type) {
	case *time.Duration:
		if !whole {
			return fmt.Sprintf("%s is %v: must be a whole number of milliseconds", name, v)
		}
		*field = time.Duration(v) * time.Millisecond
	case *int:
		if !whole {
			return fmt.Sprintf("%s is %v: must be a whole number", name, v)
		}
		*field = int(v)
	case *float64:
		*field = v
	default:
		return fmt.Sprintf("there is no setting %q", name[:min(len(name), maxNameShown)])
	}
	return ""
}

const maxNameShown = 64 // bytes of a name that no setting has

// field returns where the field of that name on the wire is kept; nil if there
// is none. A *time.Duration is milliseconds there.
func (s *Settings) field(name string) any {
	t := &s.Thresholds
	switch name {
	case "minDelayMs":
		return &s.MinDelay
	case "stepMs":
		return &s.Step
	case "maxDelayMs":
		return &s.MaxDelay
	case "maxInFlight":
		return &s.MaxInFlight
	case "adaptiveInFlight":
		return &s.AdaptiveInFlight
	case "maxRunMs":
		return &s.MaxRun
	case "maxQueue":
		return &s.MaxQueue
	case "maxWaitMs":
		return &s.MaxWait
	case "attempts":
		return &s.Attempts
	case "agingMs":
		return &s.Aging
	case "thresholds.warnWaiting":
		return &t.WarnWaiting
	case "thresholds.criticalWaiting":
		return &t.CriticalWaiting
	case "thresholds.warnSuccess":
		return &t.WarnSuccess
	case "thresholds.criticalAverageWaitMs":
		return &t.CriticalAverageWait
	case "thresholds.criticalOldestWaitMs":
		return &t.CriticalOldestWait
	case "thresholds.stuckAfterMs":
		return &t.StuckAfter
	default:
		return nil
	}
}

// rangeError is a setting that is out of its range. Its fields are of one type.
type rangeError struct {
	field          string
	got, low, high any
}

func (e *rangeError) Error() string {
	return fmt.Sprintf("queue: %s is %v: must be from %v to %v", e.field, e.got, e.low, e.high)
}

// onWire returns what is wrong according to err, which is from Validate, in the
// names and units of the wire.
func onWire(err error) (wrong []string) {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range list.Unwrap() {
			wrong = append(wrong, onWire(err)...)
		}
		return wrong
	}
	e, ok := errors.AsType[*rangeError](err)
	if !ok {
		return nil
	}
	name, unit := e.field, func(v any) any { return v }
	if _, ok := e.got.(time.Duration); ok {
		name, unit = name+"Ms", func(v any) any { return v.(time.Duration).Milliseconds() }
	}
	return []string{fmt.Sprintf("%s is %v: must be from %v to %v", name, unit(e.got), unit(e.low), unit(e.high))}
}
