package limiter

import (
	"math"
	"time"
)

// MaxPerMinute is what a limit can be at most, of anything, in any account.
const MaxPerMinute = 1 << 40

// SetLimits says what the account allows a minute, by another source than its
// answers; asked is when that source was queried. What is zero or absurd is not known.
// It is a ceiling until an answer reports; what answers report after asked stays. A limit
// that has changed since SetLimits last said it counts until the next answer if it
// is lower than what answers reported, or if they agreed with the one before.
func (l *Limiter) SetLimits(now time.Duration, perMinute [Dimensions]int, asked time.Duration) {
	for d, n := range perMinute {
		if n <= 0 || n > MaxPerMinute {
			continue
		}
		if l.provisional {
			l.ceilings, l.provisional = [Dimensions]bucket{}, false
		}
		most := float64(n)
		before, b := l.ceilings[d].perMinute, &l.buckets[d]
		l.ceilings[d].raise(now, most)
		changed := most != before && l.reportedAt < asked
		if b.limits() && changed && (most < b.perMinute || before == b.perMinute) {
			holds := most
			if d == Requests {
				holds = l.burstSize(most)
			}
			b.resize(now, most, holds)
			l.basis++
		}
	}
	l.usualCost[Requests] = max(l.usualCost[Requests], 1)
}

// AssumeLimits begins with the limits of another lane of the same account: they count as
// ceilings until an answer reports, and [Limiter.Remaining] does not report them as this lane's.
func (l *Limiter) AssumeLimits(now time.Duration, other *Limiter) {
	if l.reported || l.ceilings != [Dimensions]bucket{} || !other.reported {
		return
	}
	l.provisional = true
	for d := range other.buckets {
		if b := &other.buckets[d]; b.limits() {
			l.ceilings[d] = fullBucket(b.perMinute, now)
		}
	}
}

// PerMinute returns the limits without what remains of them, as answers report them
// or, of what none does, as they are known from elsewhere.
func (l *Limiter) PerMinute() (all [Dimensions]int) {
	for d := range all {
		switch b := &l.buckets[d]; {
		case l.reported && b.limits():
			all[d] = int(b.perMinute)
		case !l.provisional:
			all[d] = int(math.Floor(l.ceilings[d].perMinute))
		}
	}
	return all
}
