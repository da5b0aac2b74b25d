package limiter

import (
	"math"
	"testing"
)

// How careful an estimate is follows how wrong the ones before were.
func TestEstimateError(t *testing.T) {
	type outcome struct{ estimate, truth float64 }
	many := func(n int, all ...outcome) (list []outcome) {
		for range n {
			list = append(list, all...)
		}
		return list
	}
	for _, c := range []struct {
		name     string
		outcomes []outcome
		low, top float64 // without what the API may be off
	}{
		{"nothing seen", nil, 0.2, 0.2},
		{"one that was right", []outcome{{5000, 5000}}, 0.1, 0.2},
		{"all right", many(1000, outcome{5000, 5000}), 0, 0.01},
		{"all too high", many(1000, outcome{5000, 1000}), 0, 0.01},
		{"a tenth off, either way", many(500, outcome{5000, 5500}, outcome{5000, 4500}), 0.2, 0.3},
		{"far too low", many(100, outcome{5000, 50_000}), 0.5, 0.5},
		{"small ones far too low", many(1000, outcome{10, 30}), 0.05, 0.1},
		{"not told", many(100, outcome{5000, 0}, outcome{0, 5000}), 0.2, 0.2},
		{"once far off, long ago", append(many(1, outcome{5000, 50_000}), many(1000, outcome{5000, 5000})...), 0, 0.01},
	} {
		var d estimateError
		for _, o := range c.outcomes {
			d.observe(o.estimate, o.truth)
		}
		if got := d.share() - apiEstimate; got < c.low-1e-9 || got > c.top+1e-9 || math.IsNaN(got) {
			t.Errorf("%s: %.3f, want %.3f to %.3f", c.name, got, c.low, c.top)
		}
	}
}
