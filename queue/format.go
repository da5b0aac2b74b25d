package queue

import (
	"fmt"
	"strings"
	"time"
)

// until says when a pause ends: with the day where it is not today, and how long that
// still is.
func (m *Machine) until(at time.Duration) string {
	end, now := m.wallTime(at), m.wallTime(m.now)
	layout := "15:04:05"
	if end.YearDay() != now.YearDay() || end.Year() != now.Year() {
		layout = "Mon 2 Jan 15:04:05"
	}
	return fmt.Sprintf("%s (in %s)", end.Format(layout), span(at-m.now))
}

// span writes a time to come for people.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// seconds writes a duration for people.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

const (
	maxErrorText = 300 // bytes of an error's text that are kept
	maxReason    = 200 // of a trouble's
)

// errorText returns an error's text, short enough to keep.
func errorText(err error) string { return shorten(err.Error(), maxErrorText) }

// reasonText says on one line why something failed.
func reasonText(reason any) string {
	line, _, _ := strings.Cut(strings.TrimSpace(fmt.Sprint(reason)), "\n")
	return shorten(Escape(line), maxReason)
}

// shorten returns at most so many bytes of s, and an ellipsis for the rest.
func shorten(s string, most int) string {
	short := Truncate(s, most)
	if len(short) < len(s) {
		short += "…"
	}
	return short
}
