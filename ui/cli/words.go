package cli

import (
	"fmt"
	"paceline/client"
	"strconv"
	"strings"
	"time"
)

// span writes a time with the digits that matter.
func span(d time.Duration) string {
	switch {
	case d < 9950*time.Microsecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	case d < 99950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return age(d)
	}
}

// age writes a time in whole seconds.
func age(d time.Duration) string {
	s := int(d.Seconds())
	if s < 100 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%dm%02ds", s/60, s%60)
}

// list writes words as a sentence does: "a, b or c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// text writes a figure, or a dash if it is not known.
func text[T any](o client.Opt[T], format func(T) string) string {
	if !o.Known {
		return "–"
	}
	return format(o.Value)
}

// join joins what is not empty.
func join(separator string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, separator)
}

// grouped writes a number with commas: 30,000.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// percent writes a share.
func percent(share float64) string {
	return fmt.Sprintf("%.*f%%", decimals(100*share), 100*share)
}

// decimals are the digits after the point that matter.
func decimals(n float64) int {
	if n < 9.95 {
		return 1
	}
	return 0
}
