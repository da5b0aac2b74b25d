package ui

import (
	"strings"
	"time"
)

// clockTime reads a time of day that was typed, such as "14:02" or "14:02:31": the last time
// that it was so late, from now back.
func clockTime(text string, now time.Time) (at time.Time, ok bool) {
	text = strings.TrimSpace(text)
	clock, err := time.Parse("15:04", text)
	if err != nil {
		if clock, err = time.Parse("15:04:05", text); err != nil {
			return time.Time{}, false
		}
	}
	y, m, d := now.Date()
	at = time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
	if at.After(now) {
		at = time.Date(y, m, d-1, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
	}
	return at, true
}
