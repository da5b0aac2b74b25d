package queue

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue/human"
)

// until says when a pause ends: with the day where it is not today, and how long that
// still is.
func (m *Machine) until(at time.Duration) string {
	end, now := m.wallTime(at), m.wallTime(m.now)
	layout := "15:04:05"
	if end.YearDay() != now.YearDay() || end.Year() != now.Year() {
		layout = "Mon 2 Jan 15:04:05"
	}
	return fmt.Sprintf("%s (in %s)", end.Format(layout), human.Age((at - m.now).Round(time.Second)))
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
