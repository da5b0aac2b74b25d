package ui

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// write returns a value with its unit, exactly: what it says can be typed again.
func (s setting) write(v float64) string { return s.Words(v) }

// Why what was typed is not a value.
var (
	errNotSpan  = errors.New("not a time: type a number with its unit, such as 1.5s, 200ms or 5m")
	errNoUnit   = errors.New("seconds or what? Type the unit, too, such as 1.5s, 200ms or 5m")
	errTooFine  = errors.New("finer than 1 ms: type whole milliseconds")
	errNotCount = errors.New("not a whole number: type one such as 12")
	errNotShare = errors.New("not a share: type one such as 80%")
)

// read returns the value that was typed. It does not look at the limits.
func (s setting) read(text string) (float64, error) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	switch {
	case s.Unit == queue.Milliseconds:
		return readSpan(text)
	case s.Unit != queue.Share:
		n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
		if err != nil || strings.Contains(text, ",") && human.Count(n) != text {
			return 0, errNotCount
		}
		return float64(n), nil
	default:
		return readShare(text)
	}
}

// readSpan reads "1.5s", "200ms", "5m", "5min" and "1h30m" as milliseconds.
func readSpan(text string) (float64, error) {
	text = strings.ReplaceAll(text, ",", ".")
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		if v != 0 {
			return 0, errNoUnit
		}
		return 0, nil
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, "min", "m"))
	switch {
	case err != nil:
		return 0, errNotSpan
	case d%time.Millisecond != 0:
		return 0, errTooFine
	}
	return float64(d.Milliseconds()), nil
}

// readShare reads "80%", "80" and "0.8" as 0.8.
func readShare(text string) (float64, error) {
	number, percents := strings.CutSuffix(strings.ReplaceAll(text, ",", "."), "%")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errNotShare
	}
	if percents || v > 1 {
		v /= 100
	}
	return roundShare(v), nil
}

// rung says how far one step goes for values below a bound.
type rung struct{ below, by float64 }

// ladder returns the steps for the setting's kind, and the unit that they are in.
// Each bound is a multiple of the step below and of the step above it.
func (s setting) ladder() (rungs []rung, unit float64) {
	const second, minute, hour = 1000, 60 * 1000, 60 * 60 * 1000
	switch {
	case s.Unit == queue.Milliseconds:
		return []rung{
			{100, 10},
			{500, 50},
			{5 * second, 100},
			{30 * second, second},
			{2 * minute, 5 * second},
			{10 * minute, 30 * second},
			{hour, minute},
			{math.Inf(1), 10 * minute},
		}, 1
	case s.Unit != queue.Share:
		return []rung{{50, 1}, {200, 10}, {1000, 50}, {5000, 100}, {50_000, 1000}, {math.Inf(1), 10_000}}, 1
	default:
		return []rung{{90, 5}, {math.Inf(1), 1}}, 0.01
	}
}

// step returns the next sensible value above v, or below it.
func (s setting) step(v float64, up bool) float64 {
	rungs, unit := s.ladder()
	v = math.Round(v/unit*1e6) / 1e6
	for _, r := range rungs {
		switch {
		case up && v < r.below:
			return roundShare((math.Floor(v/r.by) + 1) * r.by * unit)
		case !up && v <= r.below:
			return roundShare((math.Ceil(v/r.by) - 1) * r.by * unit)
		}
	}
	return v * unit
}

// roundShare rounds off the error of a share that was counted in hundredths.
func roundShare(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// valueText is what the text of a value can be made of.
func valueText() entryRule {
	return entryRule{9, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".,% -", r)
	}}
}
