package limiter

import (
	"testing"
	"time"
)

// What is expected of requests that wait is as far from their estimates as what others
// have cost; how careful a start is does not change.
func TestAForecastLearnsFromWrongEstimates(t *testing.T) {
	var l Limiter
	l.SetLimits(0, [Dimensions]int{Output: 6000}, 0) // 100 a second
	estimate, truth := Cost(100, 1000), Cost(100, 100)
	now := time.Duration(0)
	for range 50 {
		at, _ := l.Next(estimate)
		now = max(now, at)
		n := l.Start(now, estimate)
		now += 2 * time.Second
		l.ReportUsage(now, n, truth)
		l.End(now, n, Success)
	}
	last := func(l *Limiter) (at time.Duration) {
		for range 61 + 30 {
			opens, _ := l.Next(estimate)
			at = max(at, opens, now)
			l.Start(at, estimate)
		}
		return at - now
	}
	// The bucket holds 60 of them, and one is supplied each second.
	if got := last(l.Forecast(now)); got < 20*time.Second || got > 45*time.Second {
		t.Errorf("the last of 91 is expected after %v, want about 31s", got)
	}
	if got := l.LastStart(now, 91, Cost(9100, 91_000)) - now; got < 20*time.Second || got > 45*time.Second {
		t.Errorf("the last of 91 is expected after %v at the door, want about 31s", got)
	}
	if got := last(&l); got < 10*time.Minute {
		t.Errorf("%v for 91 that may be what they seem, want what these take", got)
	}
}

// Who says of one request what it costs, and of many others nothing, has said nothing wrong.
func TestNothingIsLearnedWhereNothingWasEstimated(t *testing.T) {
	var l Limiter
	l.SetLimits(0, [Dimensions]int{Input: 60_000, Output: 60_000}, 0)
	now := time.Duration(0)
	run := func(estimate Amount) {
		now += time.Second
		n := l.Start(now, estimate)
		l.ReportUsage(now, n, Cost(100, 500))
		l.End(now, n, Success)
	}
	run(Cost(100, 1000))
	want := l.ProbableCost(Cost(100, 1000))
	for range 30_000 {
		run(Cost(0, 0))
	}
	if got := l.ProbableCost(Cost(100, 1000)); got != want {
		t.Errorf("after calls of unknown cost %.0f are expected to cost %v, want %v as before", Cost(100, 1000), got, want)
	}
	if wait := l.LastStart(now, 1, Cost(100, 1000)) - now; wait > 0 {
		t.Errorf("the next one is expected after %v, want at once: nothing waits", wait)
	}
}

// A cost that was estimated far too low or too high is an accident, not a rule without end.
func TestABiasIsBounded(t *testing.T) {
	for _, c := range []struct{ estimate, truth, want float64 }{
		{1, 1e9, maxBias * 1000}, {1e9, 1, 1000. / maxBias}, {1000, 0, 1000. / maxBias},
	} {
		var b estimateBias
		for range 1000 {
			b.observe(Output, c.estimate, c.truth)
		}
		if got := b.correct(Cost(0, 1000))[Output]; got != c.want {
			t.Errorf("1000 tokens are expected to be %v where %v were %v, want %v", got, c.estimate, c.truth, c.want)
		}
	}
}

// What runs is expected to give back what it takes too much.
func TestAForecastCountsOnWhatIsGivenBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		truth float64
		want  time.Duration
	}{{"as estimated", 1000, 40 * time.Second}, {"a tenth", 100, 0}} {
		var l Limiter
		first := l.Start(0, Cost(10, 1000))
		l.ReportLimits(0, first, Report{Output: Limit{PerMinute: 6000, Remaining: 6000}}, time.Second)
		for range 40 { // what is learned
			n := l.Start(0, Cost(10, 1000))
			l.ReportUsage(0, n, Cost(10, c.truth))
			l.End(0, n, Success)
		}
		now := 10 * time.Minute
		for range 6 { // all that the bucket holds
			l.Start(now, Cost(10, 1000))
		}
		f := l.Forecast(now)
		at, _ := f.Next(Cost(10, 4000))
		if got := max(at-now, 0); got < c.want-time.Second || got > c.want+5*time.Second {
			t.Errorf("%s: 4 times as much fits after %v, want %v", c.name, got, c.want)
		}
	}
}

// How far costs are from what is expected matters in the limit of which they take most.
func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name      string
		perMinute [Dimensions]int
		truths    [2]float64 // of an output that was estimated at 200
		low, top  float64
	}{
		{"all as estimated", [Dimensions]int{Output: 6000}, [2]float64{200, 200}, 0, 0.001},
		{"all wrong by as much", [Dimensions]int{Output: 6000}, [2]float64{20, 20}, 0, 0.001},
		{"half more, half less", [Dimensions]int{Output: 6000}, [2]float64{100, 300}, 0.45, 0.55},
		{"what is told is the requests", [Dimensions]int{Requests: 60}, [2]float64{100, 300}, 0, 0},
		{"the requests bind", [Dimensions]int{Requests: 10, Output: 60_000}, [2]float64{100, 300}, 0, 0},
	} {
		var l Limiter
		l.SetLimits(0, c.perMinute, 0)
		for i := range 100 {
			now := time.Duration(i) * time.Minute
			n := l.Start(now, Cost(10, 200))
			l.ReportUsage(now, n, Cost(10, c.truths[i%2]))
			l.End(now, n, Success)
		}
		if got, _ := l.Spread(); got < c.low || got > c.top {
			t.Errorf("%s: got %.3f, want %.3f to %.3f", c.name, got, c.low, c.top)
		}
	}
}
