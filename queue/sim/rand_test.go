package sim

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestStreamsRepeatAndDiffer(t *testing.T) {
	draw := func(seed uint64, name string, numbers ...uint64) [3]uint64 {
		rng := newRand(seed, name, numbers...)
		return [3]uint64{rng.Uint64(), rng.Uint64(), rng.Uint64()}
	}
	if a, b := draw(1, "user_101", 1, 2), draw(1, "user_101", 1, 2); a != b {
		t.Errorf("the same stream twice: got %v and %v, want the same", a, b)
	}
	seen := map[[3]uint64]string{}
	for name, got := range map[string][3]uint64{
		"seed 1":           draw(1, "user_101", 1, 2),
		"seed 2":           draw(2, "user_101", 1, 2),
		"another user":     draw(1, "user_102", 1, 2),
		"another number":   draw(1, "user_101", 2, 2),
		"another attempt":  draw(1, "user_101", 1, 3),
		"numbers swapped":  draw(1, "user_101", 2, 1),
		"one number fewer": draw(1, "user_101", 1),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s draw the same: %v", name, other, got)
		}
		seen[got] = name
	}
}

// TestStreamsAreEven looks at the first number of many neighbouring streams: a
// weak mix of user and number shows as a mean away from a half, or as streams that
// follow each other.
func TestStreamsAreEven(t *testing.T) {
	const n = 20_000
	var sum, follow float64
	last := 0.5
	for i := range uint64(n) {
		x := newRand(7, "user_101", i).Float64()
		sum += x
		follow += (x - 0.5) * (last - 0.5)
		last = x
	}
	// Both bounds are five standard deviations.
	if mean := sum / n; math.Abs(mean-0.5) > 5*0.2887/math.Sqrt(n) {
		t.Errorf("mean of the first numbers: got %.4f, want 0.5", mean)
	}
	if c := follow / n; math.Abs(c) > 5.0/12/math.Sqrt(n) {
		t.Errorf("covariance of neighbours: got %.5f, want 0", c)
	}
}

func TestLongTail(t *testing.T) {
	const n = 20_000
	rng := newRand(1, "tail")
	drawn := make([]time.Duration, n)
	for i := range drawn {
		drawn[i] = logNormal(rng, 1200*time.Millisecond, 6*time.Second)
	}
	slices.Sort(drawn)
	for _, c := range []struct {
		share     float64
		low, high time.Duration
	}{
		{0.01, 200 * time.Millisecond, 300 * time.Millisecond},
		{0.50, 1150 * time.Millisecond, 1250 * time.Millisecond},
		{0.95, 3500 * time.Millisecond, 4 * time.Second},
		{0.99, 5500 * time.Millisecond, 6500 * time.Millisecond},
	} {
		if got := drawn[int(c.share*n)]; got < c.low || got > c.high {
			t.Errorf("p%g: got %v, want %v to %v", 100*c.share, got, c.low, c.high)
		}
	}
}

func TestLongTailWithoutSpread(t *testing.T) {
	rng := newRand(1, "tail")
	for range 10 {
		if got := logNormal(rng, time.Second, time.Second); got != time.Second {
			t.Fatalf("median and p99 of 1 s: got %v, want 1s", got)
		}
	}
}
