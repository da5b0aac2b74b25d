package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"paceline/client"
)

// count writes a whole number with a comma at each thousand.
func count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes a duration in at most 6 cells, with the digits that matter.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 99_950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// age writes a duration in whole seconds and up.
func age(d time.Duration) string {
	if d < 100*time.Second {
		return fmt.Sprintf("%d s", max(int(d.Seconds()), 0))
	}
	return span(d)
}

// about writes a duration as people say it, so that it does not change with each
// second.
func about(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s < 10:
		return fmt.Sprintf("about %d s", max(1, int(math.Round(s))))
	case s < 57.5:
		return fmt.Sprintf("about %d s", int(math.Round(s/5))*5)
	case s < 95:
		return fmt.Sprintf("about %d s", int(math.Round(s/10))*10)
	case s < 3570:
		return fmt.Sprintf("about %d min", int(math.Round(s/60)))
	default:
		return fmt.Sprintf("about %d h", int(math.Round(s/3600)))
	}
}

// capitalize makes the first letter of a sentence upper case.
func capitalize(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// percent writes a share with one decimal; 100.0% means all.
func percent(v float64) string {
	p := math.Round(v*1000) / 10
	if p >= 100 && v < 1 {
		p = 99.9
	}
	return fmt.Sprintf("%.1f%%", p)
}

// rate writes a figure per minute.
func rate(v float64) string {
	if v < 9.95 {
		return fmt.Sprintf("%.1f", v)
	}
	return count(int64(math.Round(v)))
}

// orDash writes a figure, or a dash for one that is not known.
func orDash[T any](t *theme, o client.Opt[T], write func(T) string) string {
	if !o.Known {
		return t.dash
	}
	return write(o.Value)
}

const clockLayout = "15:04:05"

// windowName is a plot's window in words.
func windowName(d time.Duration) string { return fmt.Sprintf("%d min", int(d.Minutes())) }

// intervalName is a poll interval in words.
func intervalName(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}
