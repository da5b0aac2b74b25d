package sim

import "time"

// ramp is the acceleration limit: it counts the requests of each second within its
// period and window.
type ramp struct {
	factor   float64
	floor    float64
	added    bool   // the floor is added to what the factor allows
	period   int    // seconds
	window   int    // seconds before the period
	counts   []int  // by second: a ring of the period and the window
	at       micros // the present second
	inPeriod int    // requests in the period, the present second included
	inWindow int    // requests in the window before it
}

// newRamp returns the limit; nil for the zero Acceleration.
func newRamp(a Acceleration) *ramp {
	if a == (Acceleration{}) {
		return nil
	}
	period, window := int(a.period()/time.Second), int(a.Window/time.Second)
	return &ramp{factor: a.Factor, floor: float64(a.Floor), added: a.Period == 0, period: period, window: window, counts: make([]int, period+window)}
}

// advance moves the limit to the second of now.
func (r *ramp) advance(now micros) {
	to := now / second
	if to-r.at > micros(len(r.counts)) {
		clear(r.counts)
		r.inPeriod, r.inWindow, r.at = 0, 0, to
	}
	for r.at < to {
		r.at++
		r.inPeriod, r.inWindow = r.step(r.at, r.inPeriod, r.inWindow)
		*r.countAt(r.at) = 0
	}
}

// step returns the sums at the beginning of second at, from those of the second
// before.
func (r *ramp) step(at micros, last, before int) (newLast, newBefore int) {
	moved, gone := *r.countAt(at - micros(r.period)), *r.countAt(at) // the slot of second at still has the oldest count
	return last - moved, before + moved - gone
}

// countAt returns the slot of a second.
func (r *ramp) countAt(at micros) *int {
	n := micros(len(r.counts))
	return &r.counts[(at%n+n)%n]
}

// count counts a request that starts.
func (r *ramp) count(now micros) {
	r.advance(now)
	*r.countAt(r.at)++
	r.inPeriod++
}

// allowed returns how many requests may start within a period after so many in the
// window.
func (r *ramp) allowed(before int) float64 {
	risen := r.factor * float64(before) * float64(r.period) / float64(r.window)
	if r.added {
		return r.floor + risen
	}
	return max(r.floor, risen)
}

// wait returns how long until one more request may start, if no other starts
// before; zero if it may start now.
func (r *ramp) wait(now micros) micros {
	r.advance(now)
	last, before := r.inPeriod, r.inWindow
	for k := range micros(r.period + 1) {
		if k > 0 {
			last, before = r.step(r.at+k, last, before)
		}
		if float64(last+1) <= r.allowed(before) {
			if k == 0 {
				return 0
			}
			return (r.at+k)*second - now
		}
	}
	return micros(r.period) * second
}
