package sim

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestConditionsValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Conditions)
		want   string // in the error; empty where there is none
	}{
		{"default", func(*Conditions) {}, ""},
		{"no limit", func(c *Conditions) { c.PerMinute, c.Burst = 0, 0 }, ""},
		{"all fail", func(c *Conditions) { c.Overloaded, c.Failures = 0, 1 }, ""},
		{"no time", func(c *Conditions) { c.Median = 0 }, "median is 0s: must be from 1ms"},
		{"a tail before the middle", func(c *Conditions) { c.P99 = time.Second }, "p99 is 1s: must be from 1.2s"},
		{"negative limit", func(c *Conditions) { c.PerMinute = -1 }, "perMinute is -1: must be from 0"},
		{"a bucket without room", func(c *Conditions) { c.Burst = 0 }, "burst is 0: must be from 1"},
		{"not a number", func(c *Conditions) { c.Overloaded = math.NaN() }, "overloaded is NaN"},
		{"more than all fail", func(c *Conditions) { c.Overloaded, c.Failures = 0.6, 0.6 }, "failures is 0.6: must be from 0 to 0.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conditions := DefaultConditions()
			c.change(&conditions)
			_, err := NewAPI(1, conditions)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
