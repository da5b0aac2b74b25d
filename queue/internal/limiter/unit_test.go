package limiter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// toldAccount is an account with a limit of requests that tells so many times what is in
// force, and of which others take.
type toldAccount struct {
	limiter Limiter
	bucket  bucket
	times   float64
	now     time.Duration
	refused int
}

func newToldAccount(perMinute, times float64) *toldAccount {
	a := &toldAccount{bucket: fullBucket(perMinute, 0), times: times}
	a.limiter.explore.done = true
	return a
}

// run asks as fast as the limiter allows until a time, and lets others take so many a minute
// at random.
func (a *toldAccount) run(until time.Duration, others float64) {
	random := rand.New(rand.NewPCG(1, uint64(until)))
	next := func() time.Duration {
		return a.now + time.Duration(random.ExpFloat64()/others*float64(time.Minute))
	}
	other := time.Duration(math.MaxInt64)
	if others > 0 {
		other = next()
	}
	for a.now < until {
		at, _ := a.limiter.Next(Cost(0, 0))
		if at = max(at, a.now); other <= at {
			a.now = other
			a.bucket.set(a.now, max(a.bucket.levelAt(a.now)-1, 0))
			other = next()
			continue
		}
		a.now = at
		a.ask()
	}
}

// ask starts a request, which is answered at once.
func (a *toldAccount) ask() {
	number, admitted := a.limiter.Start(a.now, Cost(0, 0)), a.bucket.levelAt(a.now) >= 1
	if admitted {
		a.bucket.take(a.now, 1)
	}
	told := func(n float64) int { return int(a.times * n) }
	a.limiter.ReportLimits(a.now, number, Report{Requests: {PerMinute: told(a.bucket.perMinute), Remaining: told(math.Floor(a.bucket.levelAt(a.now)))}}, 0)
	if admitted {
		a.limiter.End(a.now, number, Success)
		return
	}
	a.refused++
	missing := time.Second + time.Duration((1-a.bucket.levelAt(a.now))/a.bucket.perSecond()*float64(time.Second))
	a.limiter.Refuse(a.now, a.now+missing.Truncate(time.Second), number, false)
	a.limiter.End(a.now, number, NoAnswer)
}

func TestLimitsToldTooHighAreLearned(t *testing.T) {
	for _, times := range []float64{1, 2, 3} {
		a := newToldAccount(50, times)
		a.run(2*time.Minute, 0)
		before := a.refused
		a.run(4*time.Minute, 0)
		if got := a.limiter.PerMinute()[Requests]; got != 50 || a.refused > before {
			t.Errorf("told %v times what is in force: taken for %d a minute, and %d are refused; want 50, and none", times, got, a.refused-before)
		}
	}
}

// What is in force may be told again one day.
func TestLimitsToldRightAreLearned(t *testing.T) {
	a := newToldAccount(50, 2)
	a.run(2*time.Minute, 0)
	if got := a.limiter.PerMinute()[Requests]; got != 50 {
		t.Fatalf("told twice what is in force: taken for %d a minute, want 50", got)
	}
	a.times = 1
	a.run(5*time.Minute, 0)
	if got := a.limiter.PerMinute()[Requests]; got != 50 {
		t.Errorf("told what is in force: taken for %d a minute, want 50", got)
	}
}

// Others who take as much as we do are no limit that is told wrong.
func TestOthersAreNoUnit(t *testing.T) {
	a := newToldAccount(100, 1)
	a.run(15*time.Minute, 50)
	if got := a.limiter.PerMinute()[Requests]; got != 100 {
		t.Errorf("others take half: taken for %d a minute, want the 100 that are told", got)
	}
}

func TestTokensToldTooHighAreLearned(t *testing.T) {
	a := newToldAccount(800_000, 2)
	for range 8 {
		number := a.limiter.Start(a.now, Cost(100_000, 0))
		a.bucket.take(a.now, 100_000)
		thousands := int(2*a.bucket.levelAt(a.now)+rounding) / 1000
		a.limiter.ReportLimits(a.now, number, Report{Input: {PerMinute: 1_600_000, Remaining: thousands * 1000}}, 0)
		a.limiter.ReportUsage(a.now, number, Cost(100_000, 0))
		a.limiter.End(a.now, number, Success)
		a.now += time.Second
	}
	if got := a.limiter.PerMinute()[Input]; got != 800_000 {
		t.Errorf("taken for %d a minute, want 800,000", got)
	}
}

// A limit without an end to what is seen of it needs no more and more memory.
func TestPointsAreBounded(t *testing.T) {
	var u unit
	for i := range 10 * maxPoints {
		u.see(Requests, point{limit: Limit{PerMinute: 1 << 30, Remaining: 1 << 29}, own: float64(i), squares: float64(i)})
	}
	if got := cap(u.points); got > 2*maxPoints {
		t.Errorf("%d points are kept, want %d at most", got, maxPoints)
	}
}

// A unit is also learned where only some answers tell limits, and each call is forgotten at
// its end.
func TestAUnitIsLearnedFromSomeAnswers(t *testing.T) {
	for _, long := range []bool{false, true} { // whether one call runs all the time, so that none is forgotten
		a := newToldAccount(600, 2)
		random := rand.New(rand.NewPCG(1, 2))
		if long {
			a.limiter.Start(0, Cost(0, 0))
			a.bucket.take(0, 1)
		}
		for i, next := 0, 0; i < 300; i++ {
			number := a.limiter.Start(a.now, Cost(0, 0))
			a.bucket.take(a.now, 1)
			if i == next {
				a.limiter.ReportLimits(a.now, number, Report{Requests: {PerMinute: 1200, Remaining: int(2 * math.Floor(a.bucket.levelAt(a.now)))}}, 0)
				next += 1 + random.IntN(12)
			}
			a.limiter.End(a.now, number, Success)
			a.now += 50 * time.Millisecond
		}
		if got := a.limiter.PerMinute()[Requests]; got != 600 {
			t.Errorf("a long call %v: %d a minute, want 600", long, got)
		}
	}
}

// A limit that is told stays one, however small.
func TestAUnitLeavesASmallLimit(t *testing.T) {
	var u units
	u.of[Requests].believed = 6
	if got := u.convert(Report{Requests: {PerMinute: 5, Remaining: 5}})[Requests]; got.PerMinute != 1 {
		t.Errorf("got %+v, want 1 a minute", got)
	}
}

func TestAUnitOutlastsARestart(t *testing.T) {
	a := newToldAccount(50, 2)
	a.run(4*time.Minute, 0)
	saved, _ := a.limiter.Save(a.now)
	before := a.refused
	a.limiter = Restore(saved, a.now)
	a.run(8*time.Minute, 0)
	if got := a.refused - before; got > 2 {
		t.Errorf("%d are refused after a restart, want 2 at most", got)
	}
}
