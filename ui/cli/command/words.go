package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"paceline/client"
)

// Span writes a time with the digits that matter.
func Span(d time.Duration) string {
	switch {
	case d < 9950*time.Microsecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	case d < 99950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return Age(d)
	}
}

// Age writes a time in whole seconds.
func Age(d time.Duration) string {
	s := int(d.Seconds())
	if s < 100 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%dm%02ds", s/60, s%60)
}

// List writes words as a sentence does: "a, b or c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// OrDash writes a figure, or a dash if it is not known.
func OrDash[T any](o client.Opt[T], format func(T) string) string {
	if !o.Known {
		return "–"
	}
	return format(o.Value)
}

// Join joins what is not empty.
func Join(separator string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, separator)
}

// Grouped writes a number with commas: 30,000.
func Grouped(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Percent writes a share.
func Percent(share float64) string {
	return fmt.Sprintf("%.*f%%", decimals(100*share), 100*share)
}

// decimals are the digits after the point that matter.
func decimals(n float64) int {
	if n < 9.95 {
		return 1
	}
	return 0
}
