package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestRamp reads as transcripts: at so many seconds, how many of a hundred calls
// are let in, and for how long the next is refused.
func TestRamp(t *testing.T) {
	type step struct {
		at   float64 // s
		want string
	}
	for name, script := range map[string]struct {
		limit Acceleration
		steps []step
	}{
		"a cold start has the floor": {Acceleration{2, 10, 5 * time.Minute, 0}, []step{
			{0, "10, then 1m0s"}, {0.5, "0, then 1m0s"}, {30, "0, then 30s"}, {59.9, "0, then 1s"},
			{60, "14, then 1m0s"}, // 10 + 2·10/5
			{120, "19, then 1m0s"},
		}},
		"what was long ago counts no more": {Acceleration{2, 10, time.Minute, 0}, []step{
			{0, "10, then 1m0s"}, {60, "30, then 1m0s"}, {120, "70, then 1m0s"}, {180, "100, then 0s"}, {1000, "10, then 1m0s"},
		}},
		"twice the ten seconds before, from 20 on": {Acceleration{2, 20, 10 * time.Second, 10 * time.Second}, []step{
			{0, "20, then 10s"}, {9.5, "0, then 1s"}, {10, "40, then 10s"}, {15, "0, then 5s"}, {20, "80, then 10s"}, {40, "20, then 10s"},
			{50, "40, then 10s"}, {61, "80, then 10s"},
		}},
		"a floor that is not added": {Acceleration{2, 10, time.Minute, time.Minute}, []step{
			{0, "10, then 1m0s"}, {60, "20, then 1m0s"}, {120, "40, then 1m0s"},
		}},
		"no growth but the floor": {Acceleration{0, 3, time.Minute, 0}, []step{
			{0, "3, then 1m0s"}, {60, "3, then 1m0s"}, {90, "0, then 30s"}, {120, "3, then 1m0s"},
		}},
	} {
		r := newRamp(script.limit)
		for _, s := range script.steps {
			now, in := micros(s.at*float64(second)), 0
			for in < 100 && r.wait(now) == 0 {
				r.count(now)
				in++
			}
			if got := fmt.Sprintf("%d, then %v", in, wholeSeconds(r.wait(now))); got != s.want {
				t.Errorf("%s, at %v s: got %s, want %s", name, s.at, got, s.want)
			}
		}
	}
	if newRamp(Acceleration{}) != nil {
		t.Error("no limit: got one")
	}
}

// The running sums are those of a plain count, and a request that comes after
// the wait, and not before it, is let in.
func TestRampCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := newRamp(Acceleration{1.5, 5, 2 * time.Minute, 0})
	count := map[micros]int{}
	sum := func(from, to micros) (n int) {
		for s := from; s <= to; s++ {
			n += count[s]
		}
		return n
	}
	may := func(s micros) bool {
		return float64(sum(s-59, s)+1) <= 5+1.5*float64(sum(s-179, s-60))/2
	}
	now := micros(0)
	for range 20_000 {
		if rng.IntN(300) == 0 {
			now += micros(rng.Int64N(int64(6 * minute)))
		}
		now += micros(rng.Int64N(int64(second)))
		wait := r.wait(now)
		if may(now/second) != (wait == 0) {
			t.Fatalf("at %v: got a wait of %v, want %t", now, wait, may(now/second))
		}
		if wait > 0 && (!may((now+wait)/second) || may((now+wait)/second-1)) {
			t.Fatalf("at %v: the wait of %v is not the shortest", now, wait)
		}
		if wait == 0 {
			r.count(now)
			count[now/second]++
		}
	}
}
