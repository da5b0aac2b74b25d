package limiter

import (
	"testing"
	"time"
)

// refusedAt returns a Limiter that knows nothing, of which so many starts at 0 were
// refused at once, until a time.
func refusedAt(starts int, now, until time.Duration) *Limiter {
	l := &Limiter{}
	l.explore.done = true
	for range starts {
		l.Start(0, Cost(0, 0))
	}
	for i := range starts {
		l.Refuse(now, until, uint64(i+1), false)
		l.End(now, uint64(i+1), NoAnswer)
	}
	return l
}

// startNext starts the next one when it may, and returns when that is.
func (l *Limiter) startNext(now time.Duration) (time.Duration, uint64) {
	at, _ := l.Next(Cost(0, 0))
	now = max(now, at)
	return now, l.Start(now, Cost(0, 0))
}

// What was under way when a rate was lowered, and is refused as well, changes nothing
// of what is measured from then on.
func TestWhatWasUnderWayIsNoPartOfTheMeasure(t *testing.T) {
	measured := func(underWay int) float64 {
		l, now := refusedAt(underWay, time.Second, 3*time.Second), 3*time.Second
		var number uint64
		for range 60 {
			now, number = l.startNext(now)
		}
		l.Refuse(now+time.Millisecond, now+time.Second, number, false)
		return l.Rate()
	}
	if one, fifty := measured(1), measured(50); fifty < 0.9*one {
		t.Errorf("the rate is %.0f a minute after one was refused at first, and %.0f after fifty: want the same", one, fifty)
	}
}

// A rate of which nothing is known doubles at most with each start: who wakes after a
// long pause does not start in the same second.
func TestASlowRateDoublesAtMostWithEachStart(t *testing.T) {
	l, now := refusedAt(1, 0, time.Minute), time.Minute
	for i := range 5 {
		before := l.Rate()
		if now, _ = l.startNext(now); l.Rate() > 2.001*before {
			t.Errorf("start %d, at %v: the rate goes from %.0f to %.0f a minute", i+1, now, before, l.Rate())
		}
	}
}

// What was measured while no answer told a limit holds up nobody once one does.
func TestAToldLimitEndsTheMeasuredRate(t *testing.T) {
	var l Limiter
	now := time.Duration(0)
	for range 5 { // refusals measure a rate
		number := l.Start(now, Cost(100, 10))
		l.Refuse(now, now+5*time.Second, number, false)
		l.End(now, number, NoAnswer)
		now += 6 * time.Second
	}
	if l.Rate() == 0 || l.Rate() > 100 {
		t.Fatalf("measured %v a minute", l.Rate())
	}
	number := l.Start(now, Cost(100, 10))
	l.ReportLimits(now, number, Report{Requests: {PerMinute: 1000, Remaining: 900}}, 0)
	l.End(now, number, Success)
	for i := range 100 {
		if at, by := l.Next(Cost(100, 10)); at > now {
			t.Fatalf("start %d waits until %v for %s", i, at-now, by)
		}
		l.Start(now, Cost(100, 10))
	}
}

// refuseHalf has half of what starts until a time be refused, whatever starts, and by refusals
// that say nothing.
func (l *Limiter) refuseHalf(now, until time.Duration) time.Duration {
	for i := 1; now < until; i++ {
		at, number := l.startNext(now)
		now = at + 100*time.Millisecond
		if i%4 < 2 {
			l.End(now, number, Success)
			continue
		}
		l.Refuse(now, now, number, false)
		l.End(now, number, NoAnswer)
		now += 3 * time.Second // as the queue pauses
	}
	return now
}

// Where much is refused for a time, whatever starts, that is no rate: when it is over, the
// rate is back within seconds. It is the same where a rate had been measured before.
func TestRefusalsWhateverStartsAreNoRate(t *testing.T) {
	for _, before := range []float64{0, 300} {
		l := Limiter{}
		l.explore.done = true
		if before > 0 {
			l.rate = measuredRate{bucket: fullBucket(before, 0), growth: probingGrowth, known: before / 60, credit: fullCredit}
		}
		now := l.refuseHalf(0, 30*time.Second)
		for until := now + 15*time.Second; now < until; {
			now, _ = l.startNext(now)
		}
		if got := l.Rate(); got < 0.9*max(before, 240) {
			t.Errorf("%v a minute before: %.0f are allowed 15 s after the refusals", before, got)
		}
	}
}

// A limit that lets in a few starts at a time is measured one day, whatever its refusals say.
func TestASlowLimitThatSaysNothingIsMeasured(t *testing.T) {
	var l Limiter
	l.explore.done = true
	now := time.Duration(0)
	for range 2 * maxGuesses {
		var number uint64
		for range 4 {
			now, number = l.startNext(now)
			l.End(now, number, Success)
		}
		now, number = l.startNext(now)
		l.Refuse(now, now, number, false)
		l.End(now, number, NoAnswer)
		now += time.Second
	}
	if got := l.Certainty(); got == Unknown {
		t.Errorf("after %d refusals nothing is measured", 2*maxGuesses)
	}
}
