package limiter

import "time"

// Adopt takes over from's model if l has learned nothing itself, and reports whether it
// did. l's own ceilings stay, charged with the running calls.
func (l *Limiter) Adopt(now time.Duration, from *Limiter) bool {
	if l.reported || len(l.calls) > 0 || l.rate.limits() {
		return false
	}
	own, provisional := l.ceilings, l.provisional
	*l = *from
	if own != [Dimensions]bucket{} && !provisional {
		l.ceilings, l.provisional = own, false
		for i := range l.calls {
			for d := range l.ceilings {
				l.ceilings[d].take(now, l.calls[i].cost[d])
			}
		}
	}
	return true
}

// Learned returns what is worth keeping of a lane that is gone, and whether there is
// anything: the model without the calls.
func (l *Limiter) Learned() (Limiter, bool) {
	kept := *l
	kept.callLog = callLog{}
	kept.readings.byAnswer, kept.units = l.readings.byAnswer, l.units.kept()
	worth := l.reported || l.rate.limits() || l.explore.roundSize > firstRound || l.explore.done ||
		l.ceilings != [Dimensions]bucket{} && !l.provisional
	return kept, worth
}

// Saved is what outlasts the process of a Limiter. Of each dimension, zero a minute
// is no limit.
type Saved struct {
	PerMinute [Dimensions]int64
	Remaining [Dimensions]float64     // at the time of saving
	Rate      float64                 // starts a minute, where it was measured
	Burst     float64                 // starts at once, where one was refused
	Units     [readDimensions]float64 // how many times what is in force is told; zero: one
}

// Save returns what outlasts the process, and whether there is anything.
func (l *Limiter) Save(now time.Duration) (s Saved, ok bool) {
	if l.reported {
		for d := range l.buckets {
			if b := &l.buckets[d]; b.limits() {
				s.PerMinute[d], s.Remaining[d] = int64(b.perMinute), b.levelAt(now)
			}
		}
	}
	for d := range s.Units {
		s.Units[d] = l.units.of[d].believed
	}
	s.Burst = l.burst
	if l.rate.limits() {
		s.Rate, s.Burst = l.rate.perMinute, l.rate.capacity
	}
	return s, l.reported || l.rate.limits()
}

// Restore returns the Limiter that was saved at a time, which may be below zero.
func Restore(s Saved, at time.Duration) Limiter {
	l := Limiter{reportedAt: at}
	l.explore.done = true
	l.usualCost[Requests] = 1
	for d, n := range s.PerMinute {
		if n > 0 {
			l.reported = true
			l.buckets[d] = fullBucket(float64(n), at)
			l.buckets[d].set(at, s.Remaining[d])
		}
	}
	for d, unit := range s.Units {
		l.units.of[d].believed = unit
	}
	if s.Rate == 0 && s.Burst > 0 {
		l.burst, l.burstGrown = max(s.Burst, 1), at
		b := &l.buckets[Requests]
		b.resize(at, b.perMinute, l.burstSize(b.perMinute))
	}
	if s.Rate > 0 {
		l.rate.bucket = bucket{perMinute: s.Rate, capacity: max(s.Burst, 1), level: 1, at: at, from: at}
		l.rate.growth, l.rate.grown, l.rate.since = probingGrowth, at, at
		l.rate.credit = time.Duration(l.rate.capacity / l.rate.perMinute * float64(time.Minute))
		l.rate.idle = true
	}
	return l
}
