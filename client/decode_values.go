package client

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
)

// The types of figures whose bounds differ from those of their Go type, see [setValue].
type (
	// Share is a part of a whole, 0 to 1.
	Share float64
	// Balance is a number of requests or tokens that are left; negative while more are
	// spent than there were.
	Balance int64
	// Uptime is the time since a server has started.
	Uptime time.Duration
)

// The upper bounds: a larger figure is an error or an attack.
const (
	maxCount  = 1e12
	maxSize   = 1e7
	maxNumber = 1e9
	maxWait   = 7 * 24 * time.Hour
	maxUptime = 100 * 365 * 24 * time.Hour
)

// The years that a time may lie in.
const (
	firstYear = 2000
	lastYear  = 2200
)

// setValue sets the variable that to points to from a value of JSON, and reports whether
// the value is within the bounds of the variable's type. The bounds of all types are
// written down here.
func setValue(to, v any) (ok bool) {
	switch to := to.(type) {
	case *bool:
		*to, ok = v.(bool)
	case *string: // one line, cleaned, not blank
		*to, ok = textOf(v)
	case *queue.Kind:
		ok = setName(to, v)
	case *queue.Pause:
		ok = setName(to, v)
	case *queue.Action:
		ok = setName(to, v)
	case *queue.ClassName:
		ok = setName(to, v)
	case *time.Time: // RFC 3339, rounded down to milliseconds
		*to, ok = timeOf(v)
	case *int: // the length of a line, or another number of things at one time
		*to, ok = wholeOf[int](v, 0, maxSize)
	case *int64: // a count over a long time, or a number of tokens
		*to, ok = wholeOf[int64](v, 0, maxCount)
	case *Balance:
		*to, ok = wholeOf[Balance](v, -maxCount, maxCount)
	case *float64: // a rate per minute
		*to, ok = numberOf(v, 0, maxNumber)
	case *Share:
		var f float64
		f, ok = numberOf(v, 0, 1)
		*to = Share(f)
	case *time.Duration: // in milliseconds
		*to, ok = millisOf[time.Duration](v, maxWait)
	case *Uptime: // in milliseconds
		*to, ok = millisOf[Uptime](v, maxUptime)
	case *Level: // a word; one that we do not know is a warning
		word, _ := textOf(v)
		*to, ok = levelOf(word)
	default:
		panic("client: no figure of an answer has this type")
	}
	return ok
}

// setName sets to, one of a few names, to a text; false if it is blank.
func setName[T ~string](to *T, v any) bool {
	s, ok := textOf(v)
	*to = T(s)
	return ok
}

// textOf returns a cleaned text; false if it is blank.
func textOf(v any) (string, bool) {
	s, _ := v.(string)
	s = Clean(s)
	if strings.TrimSpace(s) == "" {
		return "", false
	}
	return s, true
}

// timeOf returns a time in UTC; false if it is not between firstYear and lastYear.
func timeOf(v any) (time.Time, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, false
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < firstYear || t.Year() >= lastYear {
		return time.Time{}, false
	}
	return t, true
}

// numberOf returns a number; false if it is not from least to most.
func numberOf(v any, least, most float64) (float64, bool) {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil || !(f >= least && f <= most) {
		return 0, false
	}
	return f, true
}

// wholeOf returns an integer, however it is written: 5, 5.0, 0.5e1.
func wholeOf[I int | int64 | Balance](v any, least, most float64) (I, bool) {
	f, ok := numberOf(v, least, most)
	if !ok || f != math.Trunc(f) {
		return 0, false
	}
	return I(f), true
}

// millisOf returns a number of milliseconds as a duration; false if it is negative or
// longer than most.
func millisOf[D time.Duration | Uptime](v any, most time.Duration) (D, bool) {
	ms, ok := numberOf(v, 0, float64(most/time.Millisecond))
	return D(ms * float64(time.Millisecond)), ok
}

// asFloat returns a share as the type that figures have which are computed here.
func asFloat(s Opt[Share]) Opt[float64] {
	return Opt[float64]{Value: float64(s.Value), Known: s.Known}
}

// levelOf returns the level of that name; if there is none, it is a warning.
func levelOf(word string) (level Level, known bool) {
	for l := Healthy; l <= Critical; l++ {
		if strings.EqualFold(word, l.String()) {
			return l, true
		}
	}
	return Warning, false
}

// quantityOf reads "2345ms" or "95.7%": digits, perhaps with a fraction, and the
// unit.
func quantityOf(s, unit string) (float64, bool) {
	digits, ok := strings.CutSuffix(s, unit)
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	return f, err == nil
}

func first[T any](list []T, limit int) []T { return list[:min(len(list), limit)] }

func last[T any](list []T, limit int) []T { return list[max(0, len(list)-limit):] }
