package human

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Duration writes a duration for a sentence, or beside its label, with the digits that matter: tenths below 10 s,
// seconds below 10 min, minutes below a day. Below 0.1 s it is in milliseconds.
// What is negative is written as zero.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < 99500*time.Microsecond:
		return fmt.Sprintf("%d ms", max(round(d, time.Millisecond), 1))
	case d < 9950*time.Millisecond:
		return tenths(d) + " s"
	default:
		return long(d)
	}
}

// Age writes how long ago something was, or how long until it is, as a clock counts:
// in whole units that have passed, and otherwise as [Duration].
func Age(d time.Duration) string {
	unit := time.Second
	switch {
	case d >= day:
		unit = time.Hour
	case d >= 10*time.Minute:
		unit = time.Minute
	}
	return long(max(d.Truncate(unit), 0))
}

// long writes a duration in whole seconds and up.
func long(d time.Duration) string {
	switch {
	case d < 59500*time.Millisecond:
		return fmt.Sprintf("%d s", round(d, time.Second))
	case d < 10*time.Minute-time.Second/2:
		s := round(d, time.Second)
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case d < time.Hour-time.Minute/2:
		return fmt.Sprintf("%d min", round(d, time.Minute))
	case d < day-time.Minute/2:
		m := round(d, time.Minute)
		return fmt.Sprintf("%d h %02d min", m/60, m%60)
	default:
		h := round(d, time.Hour)
		return fmt.Sprintf("%d d %d h", h/24, h%24)
	}
}

// Short writes a duration in at most 5 cells, for a column of a table or the axis of a plot:
// 0.9s, 2s, 57s, 1m40s, 12m, 1h05m, 2h, 14h, 2d3h.
func Short(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < 99500*time.Microsecond:
		return fmt.Sprintf("%dms", max(round(d, time.Millisecond), 1))
	case d < 9950*time.Millisecond:
		return strings.TrimSuffix(tenths(d), ".0") + "s"
	case d < 59500*time.Millisecond:
		return fmt.Sprintf("%ds", round(d, time.Second))
	case d < 10*time.Minute-time.Second/2:
		s := round(d, time.Second)
		return two(s/60, "m", "%02ds", s%60)
	case d < time.Hour-time.Minute/2:
		return fmt.Sprintf("%dm", round(d, time.Minute))
	case d < 10*time.Hour-time.Minute/2:
		m := round(d, time.Minute)
		return two(m/60, "h", "%02dm", m%60)
	case d < day-time.Hour/2:
		return fmt.Sprintf("%dh", round(d, time.Hour))
	case d < 10*day-time.Hour/2:
		h := round(d, time.Hour)
		return two(h/24, "d", "%dh", h%24)
	default:
		return fmt.Sprintf("%dd", round(d, day))
	}
}

// two writes a figure in two units, and leaves out a second one that is zero.
func two(first int64, unit, format string, second int64) string {
	if second == 0 {
		return fmt.Sprint(first) + unit
	}
	return fmt.Sprint(first) + unit + fmt.Sprintf(format, second)
}

// Precise writes a duration that is compared with others like it: in milliseconds
// below a second, and otherwise as [Duration].
func Precise(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 ms"
	case d < 9950*time.Microsecond:
		return fmt.Sprintf("%.1f ms", max(float64(d)/float64(time.Millisecond), 0.1))
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%d ms", round(d, time.Millisecond))
	default:
		return Duration(d)
	}
}

// Rough writes a duration in one unit, with about two digits, so that one that
// runs down does not change each second.
func Rough(d time.Duration) string {
	switch d = RoundRough(d); {
	case d < 95*time.Second:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/day)
	}
}

// RoughRange writes two durations as [Rough] does, the unit once where it is the same:
// "45 to 55 min", "45 s to 2 min".
func RoughRange(from, to time.Duration) string {
	first, second := Rough(from), Rough(to)
	number, unit, _ := strings.Cut(first, " ")
	if strings.HasSuffix(second, " "+unit) {
		first = number
	}
	return first + " to " + second
}

// RoundRough rounds a duration to what [Rough] says of it.
func RoundRough(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Second:
		return max(d.Round(time.Second), time.Second)
	case d < 57500*time.Millisecond:
		return d.Round(5 * time.Second)
	case d < 95*time.Second:
		return d.Round(10 * time.Second)
	case d < time.Hour-time.Minute/2:
		return d.Round(time.Minute)
	case d < 2*day-time.Hour/2:
		return d.Round(time.Hour)
	default:
		return d.Round(day)
	}
}

// Exact writes a value that somebody has set, without rounding it: in the largest
// unit that needs no fraction, or in seconds. It can be typed again.
func Exact(d time.Duration) string {
	switch in := func(unit time.Duration) string {
		return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64)
	}; {
	case d > -time.Second && d < time.Second && d != 0:
		return in(time.Millisecond) + " ms"
	case d != 0 && d%time.Hour == 0:
		return in(time.Hour) + " h"
	case d.Abs() >= 2*time.Minute && d%time.Minute == 0:
		return in(time.Minute) + " min"
	default:
		return in(time.Second) + " s"
	}
}

// round returns how many units d is.
func round(d, unit time.Duration) int64 { return int64(d.Round(unit) / unit) }

// tenths writes the seconds of d with one decimal.
func tenths(d time.Duration) string {
	n := round(d, 100*time.Millisecond)
	return fmt.Sprintf("%d.%d", n/10, n%10)
}

// Clock writes the time of day, with the day in front where that is not the day of
// now. Both are written in the zone of t.
func Clock(t, now time.Time) string {
	year, month, date := t.Date()
	if y, m, d := now.In(t.Location()).Date(); y == year && m == month && d == date {
		return t.Format(time.TimeOnly)
	}
	return t.Format("Mon 2 Jan " + time.TimeOnly)
}
