package queue

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue/human"
)

// clock says when something happened, or will: with the day where it is not today.
func (m *Machine) clock(at time.Duration) string {
	return human.Clock(m.wallTime(at), m.wallTime(m.now))
}

// until says when a pause ends, and how long that still is.
func (m *Machine) until(at time.Duration) string {
	return fmt.Sprintf("%s (in %s)", m.clock(at), human.Age((at - m.now).Round(time.Second)))
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
