package client

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// What lies above is a slip or a lie, not a figure.
const (
	maxCounter = 1e12
	maxSize    = 1e7
	maxWait    = 7 * 24 * time.Hour
	maxUptime  = 100 * 365 * 24 * time.Hour
	maxRate    = 1e9 // per minute
)

// The years that a timestamp may lie in.
const (
	firstYear = 2000
	lastYear  = 2200
)

// object is a JSON object that is read field by field. What is missing, null, of
// another type or out of bounds is unknown. The nil object has no fields.
type object map[string]any

func (o object) text(key string) Opt[string] {
	s, ok := o[key].(string)
	if !ok {
		return Opt[string]{}
	}
	return text(s)
}

func (o object) flag(key string) Opt[bool] {
	b, ok := o[key].(bool)
	return Opt[bool]{Value: b, Known: ok}
}

func (o object) moment(key string) Opt[time.Time] {
	s, ok := o[key].(string)
	if !ok {
		return Opt[time.Time]{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Opt[time.Time]{}
	}
	return moment(t)
}

func (o object) number(key string) Opt[float64] {
	n, ok := o[key].(json.Number)
	if !ok {
		return Opt[float64]{}
	}
	f, err := n.Float64()
	return Opt[float64]{Value: f, Known: err == nil}
}

// read takes the number at key through one of the functions below that bound it.
func read[T any](o object, key string, bound func(float64) Opt[T]) Opt[T] {
	n := o.number(key)
	if !n.Known {
		return Opt[T]{}
	}
	return bound(n.Value)
}

func (o object) counter(key string) Opt[int64]        { return read(o, key, counter) }
func (o object) size(key string) Opt[int]             { return read(o, key, size) }
func (o object) share(key string) Opt[float64]        { return read(o, key, share) }
func (o object) millis(key string) Opt[time.Duration] { return read(o, key, millis) }

func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

// rows returns the objects in the list at key.
func (o object) rows(key string) []object {
	list, _ := o[key].([]any)
	var rows []object
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			rows = append(rows, m)
		}
	}
	return rows
}

// texts returns the strings in the list at key, as they came.
func (o object) texts(key string) []string {
	list, _ := o[key].([]any)
	var texts []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

func first[T any](list []T, limit int) []T { return list[:min(len(list), limit)] }

func last[T any](list []T, limit int) []T { return list[max(0, len(list)-limit):] }

func text(s string) Opt[string] {
	s = Clean(s)
	return Opt[string]{Value: s, Known: strings.TrimSpace(s) != ""}.tidy()
}

func moment(t time.Time) Opt[time.Time] {
	t = t.UTC().Truncate(time.Millisecond)
	return Opt[time.Time]{Value: t, Known: t.Year() >= firstYear && t.Year() < lastYear}.tidy()
}

// within returns f if it is a number from 0 to most.
func within(f, most float64) Opt[float64] {
	return Opt[float64]{Value: f, Known: f >= 0 && f <= most}.tidy() // false for NaN, too
}

func counter(f float64) Opt[int64] {
	known := within(f, maxCounter).Known && f == math.Trunc(f)
	return Opt[int64]{Value: int64(f), Known: known}.tidy()
}

// level is a counter that can be below zero.
func level(f float64) Opt[int64] {
	return Opt[int64]{Value: int64(f), Known: counter(math.Abs(f)).Known}.tidy()
}

func size(f float64) Opt[int] {
	known := within(f, maxSize).Known && f == math.Trunc(f)
	return Opt[int]{Value: int(f), Known: known}.tidy()
}

func share(f float64) Opt[float64]     { return within(f, 1) }
func perMinute(f float64) Opt[float64] { return within(f, maxRate) }

func millis(f float64) Opt[time.Duration] { return duration(f, maxWait) }
func uptime(f float64) Opt[time.Duration] { return duration(f, maxUptime) }

func duration(ms float64, most time.Duration) Opt[time.Duration] {
	if !within(ms, float64(most/time.Millisecond)).Known {
		return Opt[time.Duration]{}
	}
	return Some(time.Duration(ms * float64(time.Millisecond)))
}

// tidy makes an unknown figure the zero Opt, so that nothing reads its value.
func (o Opt[T]) tidy() Opt[T] {
	if !o.Known {
		return Opt[T]{}
	}
	return o
}

// quantity reads "2345ms" or "95.7%": digits, perhaps with a fraction, and the unit.
func quantity(s Opt[string], unit string) Opt[float64] {
	digits, ok := strings.CutSuffix(s.Value, unit)
	if !s.Known || !ok || strings.Trim(digits, "0123456789.") != "" {
		return Opt[float64]{}
	}
	f, err := strconv.ParseFloat(digits, 64)
	return Opt[float64]{Value: f, Known: err == nil}.tidy()
}
