package limiter

import (
	"testing"
	"time"
)

// How sure a start is follows what is known of the limits, and each change of it is a new
// basis.
func TestCertainty(t *testing.T) {
	var l Limiter
	basis := l.Basis()
	now := time.Duration(0)
	check := func(when string, want Certainty, changed bool) {
		t.Helper()
		if got := l.Certainty(); got != want {
			t.Errorf("%s: got %d, want %d", when, got, want)
		}
		if got := l.Basis() != basis; got != changed {
			t.Errorf("%s: it changes what is known: %v, want %v", when, got, changed)
		}
		basis = l.Basis()
	}
	reported := Report{Requests: Limit{PerMinute: 600, Remaining: 500}}
	start := func(refused bool) {
		now += 100 * time.Millisecond
		n := l.Start(now, Cost(10, 10))
		if refused {
			l.Refuse(now, now+time.Second, n, false)
			l.End(now, n, NoAnswer)
			return
		}
		l.ReportLimits(now, n, reported, 0)
		l.End(now, n, Success)
	}
	check("nothing is known", Unknown, false)
	l.SetLimits(now, [Dimensions]int{Requests: 600}, now)
	check("told from elsewhere", Rough, false)
	start(false)
	check("an answer told", Certain, true)
	start(false)
	check("another one told the same", Certain, false)
	start(true)
	check("a refusal contradicts it", Unknown, true)
	for range 50 {
		start(false)
	}
	check("50 starts later", Certain, false)
	reported[Requests].PerMinute = 300
	start(false)
	check("another limit is told", Certain, true)
	l.doubt(now)
	check("no answer tells it any more", Rough, true)
	for range fewMeasured {
		startUntold(&l, &now)
	}
	check("and some starts later", Certain, false)
}

// startUntold is a start whose answer tells nothing.
func startUntold(l *Limiter, now *time.Duration) {
	*now += time.Second
	l.End(*now, l.Start(*now, Cost(10, 10)), Success)
}

// Until a rate was measured twice nobody knows when starts may happen.
func TestCertaintyOfAMeasuredRate(t *testing.T) {
	var l Limiter
	now := time.Duration(0)
	refuse := func() {
		for range 20 {
			now += 100 * time.Millisecond
			l.End(now, l.Start(now, Cost(10, 10)), Success)
		}
		now += 100 * time.Millisecond
		n := l.Start(now, Cost(10, 10))
		l.Refuse(now, now+time.Second, n, false)
		l.End(now, n, NoAnswer)
		now += time.Second
	}
	for i, want := range []Certainty{Unknown, Rough, Rough} {
		if refuse(); l.Certainty() != want {
			t.Errorf("after %d refusals: got %d, want %d", i+1, l.Certainty(), want)
		}
	}
}

// A measured rate grows to find out whether it may, which it often may not: it is expected
// to stay.
func TestAForecastDoesNotCountOnGrowth(t *testing.T) {
	l := Limiter{rate: measuredRate{bucket: bucket{perMinute: 60, capacity: 1, level: 1}, growth: coarseGrowth}}
	last := func(l *Limiter) (at time.Duration) {
		for range 100 {
			opens, _ := l.Next(Cost(10, 10))
			at = max(at, opens)
			l.Start(at, Cost(10, 10))
		}
		return at
	}
	l.explore.done = true
	if got := last(l.Forecast(0)); got < 98*time.Second || got > 100*time.Second {
		t.Errorf("the last of 100 is expected after %v, want 99s", got)
	}
	if got := last(&l); got > 80*time.Second {
		t.Errorf("the last of 100 may start after %v, want less than 80s", got)
	}
}
