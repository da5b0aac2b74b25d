package sim

import "time"

// ramp is the acceleration limit: it counts the requests of each second as far
// back as it looks.
type ramp struct {
	factor float64
	floor  float64
	added  bool   // the floor comes on top of what the factor allows
	period int    // seconds
	window int    // seconds before the last period
	counts []int  // by second, in a ring of the period and the window
	at     micros // the second that is now, whole
	last   int    // of the last period, this second included
	before int    // of the window before it
}

// newRamp returns the limit that a says; nil for none.
func newRamp(a Acceleration) *ramp {
	if a == (Acceleration{}) {
		return nil
	}
	period, window := int(a.period()/time.Second), int(a.Window/time.Second)
	return &ramp{factor: a.Factor, floor: float64(a.Floor), added: a.Period == 0, period: period, window: window, counts: make([]int, period+window)}
}

// roll brings the limit to the second of now.
func (r *ramp) roll(now micros) {
	to := now / second
	if to-r.at > micros(len(r.counts)) {
		clear(r.counts)
		r.last, r.before, r.at = 0, 0, to
	}
	for r.at < to {
		r.at++
		r.last, r.before = r.step(r.at, r.last, r.before)
		*r.of(r.at) = 0
	}
}

// step returns the sums of the second at, nothing started in it, from those of
// the second before.
func (r *ramp) step(at micros, last, before int) (newLast, newBefore int) {
	moved, gone := *r.of(at - micros(r.period)), *r.of(at) // the slot of now still has the oldest
	return last - moved, before + moved - gone
}

// of returns the count of a second; those before the first have none.
func (r *ramp) of(at micros) *int {
	n := micros(len(r.counts))
	return &r.counts[(at%n+n)%n]
}

// count counts a request that starts.
func (r *ramp) count(now micros) {
	r.roll(now)
	*r.of(r.at)++
	r.last++
}

// most returns how many requests may start in a period after so many in the window.
func (r *ramp) most(before int) float64 {
	risen := r.factor * float64(before) * float64(r.period) / float64(r.window)
	if r.added {
		return r.floor + risen
	}
	return max(r.floor, risen)
}

// wait returns how long until one more request may start, if none does before;
// zero if it may now.
func (r *ramp) wait(now micros) micros {
	r.roll(now)
	last, before := r.last, r.before
	for k := range micros(r.period + 1) {
		if k > 0 {
			last, before = r.step(r.at+k, last, before)
		}
		if float64(last+1) <= r.most(before) {
			if k == 0 {
				return 0
			}
			return (r.at+k)*second - now
		}
	}
	return micros(r.period) * second
}
