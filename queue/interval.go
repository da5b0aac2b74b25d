package queue

import (
	"math"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

// interval is between when a start lies in nine cases of ten.
type interval struct{ early, late time.Duration }

// stretch is by which factors the waits of nine starts in ten are stretched, at least and at
// most.
type stretch struct{ least, most float64 }

const (
	earlyQuantile = 0.05
	lateQuantile  = 0.95
	deviations    = 1.64 // the standard deviations within which nine in ten lie
	fewStarts     = 8    // whose costs are known: what a lane's requests cost is not
	scales        = 8    // of waits: the longest is more than an hour
)

// stretched returns the wait that an expected one becomes if it is stretched by a factor.
func stretched(wait time.Duration, factor float64) time.Duration {
	return max(wholeNanos(factor*float64(wait+promiseSlack))-promiseSlack, 0)
}

// wholeNanos returns so many nanoseconds, or the half of what a duration can be, 146 years, if
// they are more: then another wait can be added.
func wholeNanos(n float64) time.Duration { return time.Duration(min(n, float64(never/2))) }

// stretchOf returns by which factor an expected wait was stretched.
func stretchOf(wait, expected time.Duration) float64 {
	return float64(wait+promiseSlack) / float64(expected+promiseSlack)
}

// unforeseeable reports whether nobody can know when requests of l start: the account's
// limits are not known, or the API is down.
func (m *Machine) unforeseeable(l *lane) bool { return m.limitsUnknown(l) || m.down(l) }

// down reports whether the API takes no calls of l, as it seems.
func (m *Machine) down(l *lane) bool {
	return l.broken(&m.settings) || m.health.unreachable()
}

// limitsUnknown reports whether nothing is known of the limits of l, or refusals contradict
// what is.
func (m *Machine) limitsUnknown(l *lane) bool {
	return m.settings.adaptive() && l.limits.Certainty() == limiter.Unknown
}

// interval returns after how long one at a position of l starts in nine cases of ten: early if
// nobody else comes, and it would start after a wait; late if as many come as of late. How far
// both may be off is told by what the last promises came to, and by how far the costs of those
// before it are known; and more may come than of late, by chance. It requires that this is
// foreseeable.
func (l *lane) interval(s *Settings, class uint8, position int, wait time.Duration, likely likelyStart, now time.Duration) interval {
	p := &l.promises[class]
	i := scaleOf(wait)
	if p.stretch[i] == (stretch{}) {
		p.stretch[i] = p.stretchAt(scale(i), l.usualStretches(s, class))
	}
	by, off, sooner, later := p.stretch[i], time.Duration(0), time.Duration(0), time.Duration(0)
	if s.adaptive() {
		sooner, later = l.plan.sooner, l.plan.later
		off = l.costsAreOff(l.order.classes[class].users.Len, position, wait)
	}
	chance := wholeNanos(math.Hypot(float64(off), float64(likely.isOff(now, wait))))
	return interval{max(by.around(wait, off).early-sooner, 0), by.around(likely.at-now, chance).late + later}
}

// isOff returns how much later than likely a start may be by chance, of one that would start
// after a wait if nobody came. Who comes and goes before it makes it wait longer, so that more
// come.
func (x *likelyStart) isOff(now, wait time.Duration) time.Duration {
	longer := float64(x.at - now - wait)
	if longer <= 0 || x.of == 0 {
		return 0
	}
	gain := min(float64(x.at-now)/float64(max(wait, promiseSlack)), mostStretch)
	return wholeNanos(deviations * longer * gain * math.Sqrt(1/float64(max(x.passed, 1))+1/float64(x.of)))
}

// around returns the interval of a wait that is stretched, or may be so much off.
func (by stretch) around(wait, off time.Duration) interval {
	return interval{
		early: max(min(stretched(wait, by.least), wait-off), 0),
		late:  max(stretched(wait, by.most), wait+off),
	}
}

// usualStretches count beside those of the promises, and alone where there are none. Under
// the spaced rule a start is exact if nobody arrives. An adaptive lane may be a little
// sooner or later, and another user may come, who shares the turns. A rate that was measured
// in a rise may be twice what the account takes, and a lane of whose requests hardly any is
// answered does not know yet what they cost.
func (l *lane) usualStretches(s *Settings, class uint8) []float64 {
	_, seen := l.limits.Spread()
	switch {
	case !s.adaptive():
		return []float64{1}
	case seen < fewStarts:
		return []float64{0.4, 1, 1, 2}
	case l.limits.Certainty() == limiter.Rough:
		return []float64{0.75, 1, 1, 2}
	default:
		users := max(l.order.classes[class].users.Len, 1)
		return []float64{0.9, 1, 1, max(1.15, 1+1/float64(users))}
	}
}

// costsAreOff returns how far a start may be from what is expected, as each request costs
// more or less than it seems: it may come a round of so many users sooner or later, or
// more where more of its own user come before, and each round may take less or more.
func (l *lane) costsAreOff(users, position int, wait time.Duration) time.Duration {
	spread, seen := l.limits.Spread()
	if spread == 0 || position <= 0 {
		return 0
	}
	all := wait.Seconds()
	round := all / float64(position) * float64(users)
	square := round*round + round*all + all*all*(1/float64(position)+1/max(seen, 1))
	return wholeNanos(deviations * spread * math.Sqrt(square) * float64(time.Second))
}

// scale returns the longest wait of a scale: each is four times as long as the one before.
func scale(i int) time.Duration { return time.Second << (2 * i) }

// scaleOf returns the scale of a wait.
func scaleOf(wait time.Duration) int {
	i := 0
	for i < scales-1 && wait > scale(i) {
		i++
	}
	return i
}

// stretchAt returns the stretch of nine in ten of waits that are so long, by what became of
// promises, and by what is usual.
func (p *promises) stretchAt(wait time.Duration, usual []float64) stretch {
	alone, likely := slices.Clone(usual), usual
	for i := range p.made {
		alone, likely = p.made[i].alone.appendTo(alone, wait), p.made[i].likely.appendTo(likely, wait)
	}
	return stretch{stretchOfMost(alone).least, stretchOfMost(likely).most}
}

// stretchOfMost returns the stretch that nine in ten of some factors are in. It sorts them.
func stretchOfMost(all []float64) stretch {
	slices.Sort(all)
	quantile := func(q float64) float64 { return all[int(q*float64(len(all)))] }
	return stretch{min(quantile(earlyQuantile), 1), max(quantile(lateQuantile), 1)}
}
