package client

import (
	"testing"
	"time"
)

func TestNextPoll(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		interval time.Duration
		failures int
		random   float64
		want     time.Duration
	}{
		{s, 0, 0.9, s},
		{s, 1, 0, 2 * s},
		{s, 1, 0.5, 1500 * time.Millisecond},
		{s, 2, 0, 4 * s},
		{s, 3, 0, 8 * s},
		{s, 4, 0, 10 * s},
		{s, 4, 0.5, 7500 * time.Millisecond},
		{s, 1 << 40, 0, 10 * s},
		{500 * time.Millisecond, 1, 0, s},
		{7 * s, 1, 0, 10 * s},
		{60 * s, 0, 0, 60 * s},
		{60 * s, 1, 0, 60 * s},
		{60 * s, 5, 0.5, 45 * s},
		{0, 3, 0.5, 0},
	} {
		if got := NextPoll(c.interval, c.failures, c.random); got != c.want {
			t.Errorf("NextPoll(%v, %d, %v): got %v, want %v", c.interval, c.failures, c.random, got, c.want)
		}
	}
}
