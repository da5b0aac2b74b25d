package limiter

import (
	"testing"
	"time"
)

// While it is not known of when answers tell what is left, starts may be sooner by what was
// counted twice; and by what rounding hides.
func TestBlur(t *testing.T) {
	for _, c := range []struct {
		name          string
		between       float64 // of input, started between the request that an answer belongs to and the answer
		lead          float64
		low, top      time.Duration
		output        int // left of 6000
		outputBetween float64
	}{
		{"a small one started between", 1000, 0, 2 * time.Second, 3 * time.Second, 6000, 0},
		{"a large one", 20_000, 0, 18 * time.Second, 26 * time.Second, 6000, 0},
		{"and answers tell of the arrival", 20_000, -leadDecides, 2 * time.Second, 2 * time.Second, 6000, 0},
		{"output binds, and much was counted twice", 1000, 0, 20 * time.Second, 40 * time.Second, 3000, 3000},
	} {
		l := &Limiter{}
		l.explore.done = true
		l.readings.lead = c.lead
		first := l.Start(0, Amount{Requests: 1, Input: 1000, Output: 100})
		second := l.Start(time.Second/2, Amount{Requests: 1, Input: c.between, Output: c.outputBetween})
		l.ReportUsage(time.Second, second, Amount{Requests: 1, Input: c.between, Output: c.outputBetween})
		l.End(time.Second, second, Success)
		now := 2 * time.Second
		l.ReportLimits(now, first, Report{
			Requests: {PerMinute: 1000, Remaining: 990}, Input: {PerMinute: 60_000, Remaining: 30_000}, Output: {PerMinute: 6000, Remaining: c.output},
		}, time.Second)
		if sooner, _ := l.Blur(now); sooner < c.low || sooner > c.top {
			t.Errorf("%s: starts may be %v sooner, want %v to %v", c.name, sooner, c.low, c.top)
		}
	}
}
