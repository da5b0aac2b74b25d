package limiter

import (
	"math"
	"time"
)

// Refusal is what a refusal says of its request. The zero Refusal says nothing.
type Refusal struct {
	// Smaller says that only its tokens were too many, so that smaller ones may fit.
	Smaller bool
	// Oversize says that it needs more than a full bucket holds: of which dimension, how
	// much, and what that bucket holds.
	Oversize  bool
	Dimension int
	Needs     int
	PerMinute int
}

// sharedAfter is how much later than the limit refills an API may say to come again; if it
// is more, others take of the limit, too.
const sharedAfter = 2 * clockAllowance

// Refuse notes that the API has refused a start for the account's sake, and that
// nothing starts until a time. Ramp says that the traffic rises too fast.
//
// What the answers report explains a refusal if too little was left for the start.
// Otherwise there is a limit that nothing reports, and the rate is measured.
func (l *Limiter) Refuse(now, until time.Duration, number uint64, ramp bool) (r Refusal) {
	c := l.call(number)
	if c == nil {
		return r
	}
	cost := c.cost
	if !ramp {
		r = l.oversize(c)
	}
	l.charge(now, number, Amount{}) // it has cost nothing
	l.recentStarts.refused(now, c.at)
	l.explore.done = true
	if r.Oversize {
		return r
	}
	if l.reported && !c.reported {
		l.supposeShort(now, number, cost)
	}
	explained := l.reported && c.short
	if l.reported && !explained {
		l.caution.begin(&l.buckets)
		l.caution.until = max(l.caution.until, until)
	}
	measure := !l.reported || ramp
	if !explained && !measure {
		var first bool
		if first, measure = l.rate.strike(now, c.at); first {
			l.halveBurst(now)
			l.basis++
		}
	}
	if measure {
		l.basis++
		l.rate.refuse(now, c.at, until, ramp, l.recentStarts.count(now))
	}
	if ramp {
		return r
	}
	for d := range l.buckets {
		b := &l.buckets[d]
		switch {
		case !b.limits(), explained && !c.shortOf[d]: // of this one enough was left
		case !c.reported && explained: // less than for this one, and nobody knows when it was so
			b.set(now, min(b.levelAt(now), cost[d]/2))
		case d == Requests && explained && until-b.reachesAt(cost[d]) <= sharedAfter: // what remains was reported, and this start will fit
			b.set(until, max(b.levelAt(until), cost[d]))
		default: // it holds this one, and no more
			b.set(until, min(b.levelAt(until), cost[d]))
		}
	}
	r.Smaller = explained && c.reported && !c.shortOf[Requests]
	return r
}

// supposeShort supposes that of which too little was left for a start whose refusal does not
// say so: of what had nearly been used up since the latest report.
func (l *Limiter) supposeShort(now time.Duration, number uint64, cost Amount) {
	left := l.readings.arrival
	if l.readings.byAnswer {
		left = l.readings.answer
	}
	if number > left.number+maxReplayed {
		return
	}
	l.play(&left, number)
	c := l.call(number)
	for d := range left.levels {
		if b := &left.levels[d]; b.limits() && b.levelAt(now)-cost[d] < (1-fullShare)*b.capacity {
			c.short, c.shortOf[d] = true, true
		}
	}
}

// maxReplayed is how many starts since the latest report are gone through.
const maxReplayed = 1024

// neverFits reports whether an input is certainly more than a full bucket holds. An estimate
// may be too high by the share that it may be too low.
func (l *Limiter) neverFits(input float64) bool {
	buckets := l.activeBuckets()
	return l.exceeds(input, &buckets[Input]) || l.exceeds(input, &buckets[Tokens])
}

// exceeds reports whether an input is certainly more than a bucket ever holds.
func (l *Limiter) exceeds(input float64, b *bucket) bool {
	return b.limits() && input > b.perMinute && input > b.perMinute*(1+l.input.share())
}

// oversize returns whether a start that was refused needs more than a full bucket holds. Of
// one that was refused while the bucket was full, no more is needed.
func (l *Limiter) oversize(c *call) (r Refusal) {
	needs := c.estimate
	if needs == 0 {
		needs = c.cost[Input]
	}
	buckets := l.activeBuckets()
	for _, d := range [...]int{Input, Tokens} { // the length of the answer is unknown
		b := &buckets[d]
		if l.exceeds(needs, b) || b.limits() && c.fullDimension == d {
			return Refusal{Oversize: true, Dimension: d, Needs: int(needs), PerMinute: int(b.perMinute)}
		}
	}
	return r
}

// halveBurst lets only half as many start at once: the account takes bursts less well
// than what its answers report says. With each answer it grows again.
func (l *Limiter) halveBurst(now time.Duration) {
	b := &l.buckets[Requests]
	if !b.limits() {
		return
	}
	l.burst, l.burstGrown = max(b.capacity/2, 1), now
	b.resize(now, b.perMinute, l.burstSize(b.perMinute))
}

// burstSize is how many may start at once with a limit.
func (l *Limiter) burstSize(perMinute float64) float64 {
	if l.burst == 0 {
		return perMinute
	}
	return min(math.Floor(l.burst), perMinute)
}

// Void notes that a start was refused and has cost nothing, and that this may say nothing
// of the limits.
func (l *Limiter) Void(now time.Duration, number uint64) {
	l.charge(now, number, Amount{})
	l.explore.delayRound(now)
}

// Resume lets a start of the usual cost happen that a refusal has put off: its time was
// wrong, or the account has more now. The answer will report what remains.
func (l *Limiter) Resume(now time.Duration) {
	for d := range l.buckets {
		least := max(l.usualCost[d], 1)
		l.buckets[d].resume(now, least)
		l.ceilings[d].resume(now, least)
	}
	l.rate.resume(now, 1)
	l.rate.grown = min(l.rate.grown, now)
}
