// Package window keeps figures of the last minutes: how often something happened
// ([Minute]), how many were there ([Presence]), and how long things took
// ([Histogram]). They are rings of slots of time, so that nothing they do depends
// on how much happened, and they are exact to within a slot. [Log] is exact, and
// keeps every time.
//
// All of them are ready as the zero value, and none reads a clock: now is an
// argument, which does not go back. They are not safe for concurrent use.
package window

import "time"

// ring says in which of its slots of time a window is.
type ring struct{ slot int64 }

// advance goes on to the slot of now, of n that are so long, and calls forget for
// each that is left behind and used anew.
func (r *ring) advance(now, length time.Duration, n int64, forget func(i int64)) {
	to := int64(now / length)
	for range min(to-r.slot, n) {
		r.slot++
		forget(r.slot % n)
	}
	r.slot = max(r.slot, to) // the slots that were passed over are empty
}
