package queue

import (
	"math"
	"testing"
	"time"
)

// holds is what a limit holds by the model, rounded.
func holds(a *adaptive, d int, now time.Duration) int {
	return int(math.Round(a.buckets[d].levelAt(now)))
}

// learned has learned its limits from a first request of no tokens, at 0.
func learned(t *testing.T, l Limits) *adaptive {
	t.Helper()
	a := &adaptive{}
	a.learn(0, a.start(0, amount{requests: 1}), l, 0)
	a.ended(0, 1, true)
	if !a.known {
		t.Fatal("the limits are not known")
	}
	return a
}

// A start takes somewhat more than its estimate, until its cost is told; then the
// next ones take what the estimates were worth.
func TestAnEstimateIsTakenWithCare(t *testing.T) {
	a := learned(t, Limits{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	full := holds(a, inputTokens, 0)
	n := a.start(0, amount{1, 10_000, 0})
	if got, want := holds(a, inputTokens, 0), full-12_500; got != want {
		t.Errorf("after the start: %d, want %d: a fifth may be missing, and the API be off", got, want)
	}
	a.spent(0, n, amount{1, 11_000, 0})
	if got, want := holds(a, inputTokens, 0), full-11_000; got != want {
		t.Errorf("when it is told: %d, want %d", got, want)
	}
	for range 500 {
		a.spent(0, a.start(0, amount{1, 100, 0}), amount{1, 100, 0})
	}
	if got := a.careful(amount{1, 10_000, 0})[inputTokens]; got < 10_500 || got > 10_600 {
		t.Errorf("after 500 good estimates, 10,000 are taken for %.0f, want what the API may be off and no more", got)
	}
}

// What the API itself has estimated wrong is held back until an answer tells that
// came in after the truth.
func TestWhatTheAPIHasEstimatedIsHeldBack(t *testing.T) {
	a := learned(t, Limits{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	told := func(left int) Limits { return Limits{Input: Limit{PerMinute: 60_000, Remaining: left}} }
	first := a.start(0, amount{1, 20_000, 0})
	second := a.start(0, amount{1, 1000, 0})
	a.spent(time.Second, first, amount{1, 20_000, 0})
	a.learn(time.Second, second, told(39_000), 0) // it came in before
	if got, most := holds(a, inputTokens, 0), 39_000-rounding-20_000*slack; float64(got) > most {
		t.Errorf("got %d, want %.0f at most: the first one may have been estimated too low", got, most)
	}
	before := holds(a, inputTokens, time.Second)
	a.spent(time.Second, first, amount{1, 19_000, 0})
	if got := holds(a, inputTokens, time.Second); got != before {
		t.Errorf("got %d when its cost is told once more, want %d still", got, before)
	}
	third := a.start(2*time.Second, amount{1, 1000, 0})
	a.spent(3*time.Second, second, amount{1, 1000, 0})
	a.learn(3*time.Second, third, told(40_000), 0)
	if got, want := a.launch(first).share[inputTokens], 0.0; got != want {
		t.Errorf("%v of the first one is held back, want %v: the third came in after the truth", got, want)
	}
}

// An answer tells how many whole requests are left. That agrees with the model as
// long as it holds less than one more.
func TestWholeRequestsAreToldAndPartsAreKept(t *testing.T) {
	for _, c := range []struct {
		at   time.Duration // of the next start
		left int           // as told with it
		want float64       // what the bucket then holds after it
	}{
		{1000 * time.Millisecond, 48, 48.75}, // by the model, 49 and three quarters before it
		{1000 * time.Millisecond, 47, 47},    // others have taken some
		{1000 * time.Millisecond, 49, 49},
	} {
		a := learned(t, Limits{Requests: Limit{PerMinute: 50, Remaining: 49}})
		a.learn(c.at, a.start(c.at, amount{requests: 1}), Limits{Requests: Limit{PerMinute: 50, Remaining: c.left}}, 0)
		if got := a.buckets[requests].levelAt(c.at); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("told %d: holds %.3f, want %.3f", c.left, got, c.want)
		}
	}
}

// When a bucket is full is told of the moment of the answer, not of that of the
// request.
func TestFullInCountsFromTheAnswer(t *testing.T) {
	a := learned(t, Limits{Input: Limit{PerMinute: 60_000, Remaining: 60_000}})
	n := a.start(0, amount{1, 0, 0})
	a.learn(5*time.Second, n, Limits{Input: Limit{PerMinute: 60_000, FullIn: 30 * time.Second}}, 0)
	if got, want := holds(a, inputTokens, 5*time.Second), 29_999; got != want {
		t.Errorf("holds %d, want %d: half a minute is missing", got, want)
	}
}

// A request that was refused because nothing was left, says so even if its answer
// comes late, and is no burst.
func TestALateRefusalIsNoBurst(t *testing.T) {
	a := learned(t, Limits{Requests: Limit{PerMinute: 50, Remaining: 49}})
	first, second := a.start(0, amount{requests: 1}), a.start(0, amount{requests: 1})
	none := Limits{Requests: Limit{PerMinute: 50, Remaining: 0}}
	for _, n := range []uint64{second, first} {
		a.learn(time.Second, n, none, 0)
		a.refused(time.Second, 2*time.Second, n)
	}
	if a.burst != 0 {
		t.Errorf("%v may start at once, want as many as the limit", a.burst)
	}
}

// After a refusal that told how little is left, the bucket holds the request when
// the API says so, and what has come back beside it counts, from when the request
// has arrived.
func TestARefusalTellsWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  float64
	}{{time.Second, 1}, {2 * time.Second, 95.0 / 60}} {
		a := learned(t, Limits{Requests: Limit{PerMinute: 50, Remaining: 49}})
		n := a.start(0, amount{requests: 1})
		a.learn(0, n, Limits{Requests: Limit{PerMinute: 50, Remaining: 0}}, 0)
		a.refused(0, c.after, n)
		if got := a.buckets[requests].levelAt(c.after); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("after %v: holds %.3f, want %.3f", c.after, got, c.want)
		}
	}
}
