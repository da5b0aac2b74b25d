package limiter

import (
	"testing"
	"time"
)

// A refusal says that a request never fits only if its bucket was full, or nearly, where the
// estimate says so, too.
func TestWhoNeverFits(t *testing.T) {
	for _, c := range []struct {
		needs    float64
		left     int
		oversize bool
	}{
		{28_700, 28_500, false}, // a little more of the bucket, and it fits
		{28_700, 30_000, true},  // the estimate is too low
		{31_000, 28_500, true},
		{31_000, 20_000, false}, // the estimate may be too high
		{90_000, 20_000, true},
	} {
		left := Report{Input: Limit{PerMinute: 30_000, Remaining: c.left}}
		a := learned(t, left)
		n := a.Start(0, Cost(c.needs, 0))
		a.ReportLimits(0, n, left, 0)
		if got := a.Refuse(0, time.Second, n, false); got.Oversize != c.oversize {
			t.Errorf("%.0f tokens, refused with %d left: got %+v", c.needs, c.left, got)
		}
	}
}

// What no full bucket holds waits for none, and takes nothing from those that fit.
func TestWhatNeverFitsHoldsUpNobody(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 30_000, Remaining: 2000}})
	if at, by := a.Next(Cost(90_000, 0)); at > 0 {
		t.Errorf("it waits until %v for %s", at, by)
	}
	n := a.Start(0, Cost(90_000, 0))
	if at, by := a.Next(Cost(1000, 0)); at > 0 {
		t.Errorf("after its start a small one waits until %v for %s", at, by)
	}
	a.Refuse(0, time.Minute, n, false)
	if at, by := a.Next(Cost(1000, 0)); at > 0 {
		t.Errorf("after its refusal a small one waits until %v for %s", at, by)
	}
}
