package limiter

import (
	"math"
	"time"
)

// Fits reports whether a start of the usual cost may happen at now.
func (l *Limiter) Fits(now time.Duration) bool {
	at, _ := l.Next(l.usualCost)
	return at <= now
}

// Delay returns how much later a start of a cost may happen, as far as the buckets go, if
// one of another cost happens before.
func (l *Limiter) Delay(cost, other Amount) time.Duration {
	cost, other = l.takes(cost), l.takes(other)
	var alone, behind time.Duration
	buckets := l.activeBuckets()
	for d := range buckets {
		if b := &buckets[d]; b.limits() {
			needs := min(cost[d], b.capacity)
			alone = max(alone, b.reachesAt(needs))
			behind = max(behind, b.reachesAt(needs+other[d]))
		}
	}
	return behind - alone
}

// Told returns the limits, a minute each, that were told; zero where none was.
func (l *Limiter) Told() (perMinute Amount) {
	if l.provisional && !l.reported { // they are another lane's
		return Amount{}
	}
	for d, b := range l.activeBuckets() {
		perMinute[d] = b.perMinute
	}
	return perMinute
}

// ProbableCost returns what a start of an estimated cost will probably have cost.
func (l *Limiter) ProbableCost(cost Amount) Amount { return l.bias.correct(cost) }

// Spread returns how far the costs of starts are from what is expected of them, in the
// limit of which they take most: the standard deviation as a share, and of how many starts
// of late it was seen. What a start takes of the requests is known.
func (l *Limiter) Spread() (share, seen float64) {
	d := l.scarcest()
	if d == Requests {
		return 0, math.Inf(1)
	}
	return l.bias.spread(d), l.bias.seen[d]
}

// scarcest returns the limit of which starts take most.
func (l *Limiter) scarcest() (scarcest int) {
	most := 0.0
	for d, b := range l.activeBuckets() {
		mean := 1.0
		if d != Requests && l.bias.seen[d] > 0 {
			mean = l.bias.truth[d] / l.bias.seen[d]
		}
		if b.limits() && mean/b.perMinute > most {
			most, scarcest = mean/b.perMinute, d
		}
	}
	return scarcest
}

// Blur returns how much sooner and later a start may be than forecast because what is left is
// known roughly: answers tell it of tokens in thousands, perhaps of another time than is
// believed, and what runs holds back more than it probably costs until it ends.
func (l *Limiter) Blur(now time.Duration) (sooner, later time.Duration) {
	d := l.scarcest()
	b := &l.activeBuckets()[d]
	if !b.limits() {
		return 0, 0
	}
	supplied := func(tokens float64) time.Duration {
		return time.Duration(min(max(tokens, 0)/b.perSecond(), maxBucketWait.Seconds()) * float64(time.Second))
	}
	if left, ok := l.leftByAnswer(d, now); ok {
		sooner = supplied(left - b.levelAt(now))
	}
	if d == Requests {
		return sooner, 0
	}
	given := l.bias.correct(l.inFlight)
	return max(sooner, supplied(2*rounding)+clockAllowance), supplied(l.inFlight[d] - given[d])
}

// leftByAnswer returns what is left of a limit at now if answers tell what is left when they
// begin, and that may be right although it is not believed.
func (l *Limiter) leftByAnswer(d int, now time.Duration) (left float64, ok bool) {
	w := l.readings.answer
	switch {
	case l.readings.byAnswer || l.readings.lead <= -leadDecides:
		return 0, false
	case d == Output && l.outputTold.limits():
		return l.outputTold.levelAt(now) - l.inFlight[d], true
	case d >= len(w.levels) || !w.levels[d].limits():
		return 0, false
	}
	l.play(&w, l.last())
	return w.levels[d].levelAt(now), true
}

// FullAt returns when all buckets are full if nothing starts.
func (l *Limiter) FullAt() time.Duration {
	var at time.Duration
	buckets := l.activeBuckets()
	for d := range buckets {
		if b := &buckets[d]; b.limits() {
			at = max(at, b.reachesAt(b.capacity))
		}
	}
	if l.rate.limits() {
		at = max(at, l.rate.reachesAt(l.rate.capacity))
	}
	return at
}

// LastStart returns about when the last of so many further starts may happen that cost so
// much in all, as far as what runs and what starts costs what it probably does.
func (l *Limiter) LastStart(now time.Duration, starts int, amount Amount) time.Duration {
	at, amount := l.explore.lastStart(now, starts), l.bias.correct(amount)
	buckets := l.activeBuckets()
	if l.reported {
		amount.Add(l.bias.correct(l.inFlight).minus(l.inFlight))
	}
	for d := range buckets {
		if b := &buckets[d]; b.limits() {
			at = max(at, b.suppliedAt(now, amount[d]))
		}
	}
	if l.rate.limits() {
		at = max(at, l.rate.suppliedAt(now, float64(starts)))
	}
	return at
}

// Forecast returns a copy to play forward from now. It has no calls, and takes costs for
// what they probably are: as far from their estimates as those of late. What runs gives back
// what it was taken for beyond that, and a measured rate stays as it is.
func (l *Limiter) Forecast(now time.Duration) *Limiter {
	f := &Limiter{
		buckets: l.buckets, ceilings: l.ceilings, reported: l.reported,
		caution: l.caution, explore: l.explore, rate: l.rate, bias: l.bias, forecast: true,
	}
	f.rate.steady = f.rate.growth < rampGrowth // it grows to find out that it must not
	given := l.bias.correct(l.inFlight)
	for d := range f.buckets {
		f.buckets[d].take(now, given[d]-l.inFlight[d])
	}
	return f
}

// Remaining is how much remains of one limit.
type Remaining struct {
	Dimension int
	PerMinute int
	Reported  bool          // an answer reported it: the rest is known, too
	Free      int           // below zero while what runs is yet to be produced
	FullAt    time.Duration // when it is full, if nothing starts
}

// Remaining returns what is known of the limits, by dimension.
func (l *Limiter) Remaining(now time.Duration) (all []Remaining) {
	for d := range l.buckets {
		switch b, most := &l.buckets[d], &l.ceilings[d]; {
		case l.reported && b.limits():
			// What a pause still lasts is no debt.
			own := l.caution.told(d, b)
			free := max(own.levelAt(now), -max(l.inFlight[d], 0))
			all = append(all, Remaining{Dimension: d, PerMinute: int(b.perMinute), Reported: true, Free: int(math.Floor(free)), FullAt: max(own.reachesAt(own.capacity), now)})
		case most.limits() && !l.provisional: // no answer has reported what remains of it
			all = append(all, Remaining{Dimension: d, PerMinute: int(most.perMinute)})
		}
	}
	return all
}

// Used returns how much of a limit that an answer reported is in use, as a share of what
// its bucket holds: of the limit of which that is most. It is false if none was reported.
func (l *Limiter) Used(now time.Duration) (share float64, told bool) {
	for d := range l.buckets {
		if b := l.caution.told(d, &l.buckets[d]); l.reported && b.limits() {
			share, told = max(share, 1-b.levelAt(now)/b.capacity), true
		}
	}
	return share, told
}

// Rate returns the measured rate in starts a minute; zero if none is in force.
func (l *Limiter) Rate() float64 { return l.rate.perMinute }
