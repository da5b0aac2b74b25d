package limiter

import (
	"math"
	"testing"
	"time"
)

// holds is what a limit holds by the model, rounded.
func holds(a *Limiter, d int, now time.Duration) int {
	return int(math.Round(a.buckets[d].levelAt(now)))
}

// learned has learned its limits from a first request of no tokens, at 0.
func learned(t *testing.T, l Report) *Limiter {
	t.Helper()
	a := &Limiter{}
	a.ReportLimits(0, a.Start(0, Cost(0, 0)), l, 0)
	a.End(0, 1, Success)
	if !a.reported {
		t.Fatal("the limits are not known")
	}
	return a
}

// A start takes somewhat more than its estimate, until its cost is reported; then the
// next ones take what the estimates were worth.
func TestAnEstimateIsTakenWithCare(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	full := holds(a, Input, 0)
	n := a.Start(0, Cost(10_000, 0))
	if got, want := holds(a, Input, 0), full-12_500; got != want {
		t.Errorf("after the start: %d, want %d: a fifth may be missing, and the API be off", got, want)
	}
	a.ReportUsage(0, n, Cost(11_000, 0))
	if got, want := holds(a, Input, 0), full-11_000; got != want {
		t.Errorf("when it is told: %d, want %d", got, want)
	}
	for range 500 {
		a.ReportUsage(0, a.Start(0, Cost(100, 0)), Cost(100, 0))
	}
	if got := a.input.withMargin(Cost(10_000, 0))[Input]; got < 10_500 || got > 10_600 {
		t.Errorf("after 500 good estimates, 10,000 are taken for %.0f, want what the API may be off and no more", got)
	}
}

// What the API itself has estimated wrong is held back until an answer reports that
// came in after the truth.
func TestWhatTheAPIHasEstimatedIsHeldBack(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	told := func(left int) Report { return Report{Input: Limit{PerMinute: 60_000, Remaining: left}} }
	first := a.Start(0, Cost(20_000, 0))
	second := a.Start(0, Cost(1000, 0))
	a.ReportUsage(time.Second, first, Cost(20_000, 0))
	a.ReportLimits(time.Second, second, told(39_000), 0) // it came in before
	if got, most := holds(a, Input, time.Second), 40_000-rounding-20_000*apiEstimate; float64(got) > most {
		t.Errorf("got %d, want %.0f at most: the first one may have been estimated too low", got, most)
	}
	before := holds(a, Input, time.Second)
	a.ReportUsage(time.Second, first, Cost(19_000, 0))
	if got := holds(a, Input, time.Second); got != before {
		t.Errorf("got %d when its cost is told once more, want %d still", got, before)
	}
	third := a.Start(2*time.Second, Cost(1000, 0))
	a.ReportUsage(3*time.Second, second, Cost(1000, 0))
	a.ReportLimits(3*time.Second, third, told(40_000), 0)
	if got, want := a.share(Input, first), 0.0; got != want {
		t.Errorf("%v of the first one is held back, want %v: the third came in after the truth", got, want)
	}
}

// An answer reports how many whole requests are left. That agrees with the model as
// long as it holds less than one more.
func TestWholeRequestsAreToldAndPartsAreKept(t *testing.T) {
	for _, c := range []struct {
		at   time.Duration // of the next start
		left int           // as reported with it
		want float64       // what the bucket then holds after it
	}{
		{1000 * time.Millisecond, 48, 48.75}, // by the model, 49 and three quarters before it
		{1000 * time.Millisecond, 47, 47},    // others have taken some
		{1000 * time.Millisecond, 49, 49},
	} {
		a := learned(t, Report{Requests: Limit{PerMinute: 50, Remaining: 49}})
		a.ReportLimits(c.at, a.Start(c.at, Cost(0, 0)), Report{Requests: Limit{PerMinute: 50, Remaining: c.left}}, 0)
		if got := a.buckets[Requests].levelAt(c.at); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("told %d: holds %.3f, want %.3f", c.left, got, c.want)
		}
	}
}

// The time at which a bucket is full counts from the answer, not from the
// request.
func TestFullInCountsFromTheAnswer(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	n := a.Start(0, Cost(0, 0))
	a.ReportLimits(5*time.Second, n, Report{Input: Limit{PerMinute: 60_000, Remaining: 25_000, FullIn: 30 * time.Second}}, 0)
	if got, want := holds(a, Input, 5*time.Second), 24_500+5_000; got != want {
		t.Errorf("holds %d, want %d: 25,000 were left, or 500 less, and five seconds have passed", got, want)
	}
}

// A request that was refused because nothing was left, says so even if its answer
// comes late, and is no burst.
func TestALateRefusalIsNoBurst(t *testing.T) {
	a := learned(t, Report{Requests: Limit{PerMinute: 50, Remaining: 49}})
	first, second := a.Start(0, Cost(0, 0)), a.Start(0, Cost(0, 0))
	none := Report{Requests: Limit{PerMinute: 50, Remaining: 0}}
	for _, n := range []uint64{second, first} {
		a.ReportLimits(time.Second, n, none, 0)
		a.Refuse(time.Second, 2*time.Second, n, false)
	}
	if a.Rate() != 0 {
		t.Errorf("a rate of %v is measured, want none", a.Rate())
	}
}

// After a refusal that reported how little is left, the bucket holds the request when
// the API says so, and what has come back beside it counts, from when the request
// has arrived.
func TestARefusalTellsWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  float64
	}{{time.Second, 1}, {2 * time.Second, 95.0 / 60}} {
		a := learned(t, Report{Requests: Limit{PerMinute: 50, Remaining: 49}})
		n := a.Start(0, Cost(0, 0))
		a.ReportLimits(0, n, Report{Requests: Limit{PerMinute: 50, Remaining: 0}}, 0)
		a.Refuse(0, c.after, n, false)
		if got := a.buckets[Requests].levelAt(c.after); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("after %v: holds %.3f, want %.3f", c.after, got, c.want)
		}
	}
}

// A call that runs for long does not keep all that came after it, and what it cost is
// in flight no more once it is forgotten.
func TestALongCallKeepsNoMoreThanMayMatter(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	long := a.Start(0, Cost(1000, 0))
	for i := range 3 * maxCalls {
		now := time.Duration(i) * time.Second
		n := a.Start(now, Cost(1, 0))
		a.ReportUsage(now, n, Cost(1, 0))
		a.End(now, n, Success)
	}
	if len(a.calls) > maxCalls+1 {
		t.Errorf("%d calls are kept, want %d at most", len(a.calls), maxCalls+1)
	}
	if a.End(time.Hour, long, Success); a.inFlight[Input] < -1e-6 || a.inFlight[Input] > 10 {
		t.Errorf("%.1f tokens are in flight, want none", a.inFlight[Input])
	}
}

// Nobody owes more than what is in flight, however long a refusal pauses.
func TestARefusalMakesNoDebt(t *testing.T) {
	for _, pause := range []time.Duration{time.Second, time.Minute, 24 * time.Hour} {
		a := learned(t, Report{Requests: Limit{PerMinute: 1000, Remaining: 990}, Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
		now := 10 * time.Second
		running, refused := a.Start(now, Cost(100, 0)), a.Start(now, Cost(1000, 0))
		a.Refuse(now, now+pause, refused, false)
		a.End(now, refused, NoAnswer)
		for range 2 {
			for _, left := range a.Remaining(now) {
				if left.Free < -int(a.inFlight[left.Dimension]) {
					t.Errorf("a pause of %v: %s says %d free, with %.0f in flight", pause, DimensionName(left.Dimension), left.Free, a.inFlight[left.Dimension])
				}
			}
			now += time.Second / 2
			a.ReportUsage(now, running, Cost(90, 0))
			a.End(now, running, Success)
		}
	}
}

// Who is told to come back much later than a limit refills shares it with others: then one
// starts, and its answer tells the rest. Eight started at once after a pause of 4 s, and
// seven were refused.
func TestALongPauseShowsThatOthersTakeOfALimit(t *testing.T) {
	for pause, want := range map[time.Duration]int{2 * time.Second: 3, 4 * time.Second: 1} {
		var l Limiter
		l.explore.done = true
		number := l.Start(0, Cost(0, 0))
		l.ReportLimits(0, number, Report{Requests: {PerMinute: 120, Remaining: 0}}, time.Second)
		l.Refuse(0, pause, number, false)
		l.End(0, number, NoAnswer)
		starts := 0
		for at, _ := l.Next(Cost(0, 0)); at <= pause+jitter; at, _ = l.Next(Cost(0, 0)) {
			l.Start(pause+jitter, Cost(0, 0))
			starts++
		}
		if starts != want {
			t.Errorf("after a pause of %v %d start at once, want %d", pause, starts, want)
		}
	}
}

// A refusal that says nothing is no sign of a limit that nothing reports where what was told
// is used up: others have taken the rest. Where much is left, it is.
func TestARefusalThatSaysNothingIsExplainedByWhatWasTold(t *testing.T) {
	for _, c := range []struct {
		remaining int
		measured  bool
	}{{2, false}, {50, true}} {
		var l Limiter
		now := time.Duration(0)
		for range 2 * maxStrikes {
			number := l.Start(now, Cost(0, 0))
			l.ReportLimits(now, number, Report{Requests: {PerMinute: 100, Remaining: c.remaining}}, 0)
			l.End(now, number, Success)
			number = l.Start(now, Cost(0, 0))
			l.Refuse(now, now, number, false)
			l.End(now, number, NoAnswer)
			now += time.Second
		}
		if got := l.Rate() > 0; got != c.measured {
			t.Errorf("%d are left: a rate is measured: %v, want %v", c.remaining, got, c.measured)
		}
		if at, _ := l.Next(Cost(0, 0)); !c.measured && at <= now-time.Second {
			t.Errorf("%d are left, and one was refused: the next may start at once", c.remaining)
		}
	}
}
