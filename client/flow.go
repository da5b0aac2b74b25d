package client

import (
	"fmt"
	"time"

	"paceline/queue/human"
)

// Grows reports whether more requests arrived in the last minute than started; false if
// the endpoint does not tell.
func (d Detail) Grows() bool {
	return d.ArrivalsPerMinute.Known && d.StartsPerMinute.Known && d.ArrivalsPerMinute.Value > d.StartsPerMinute.Value
}

// FlowWords says how many requests arrived and started in the last minute, and whether
// the line grows: "growing: 30 in, 20 out a minute"; empty if the endpoint does not tell.
func (d Detail) FlowWords() string {
	if !d.ArrivalsPerMinute.Known || !d.StartsPerMinute.Known {
		return ""
	}
	words := fmt.Sprintf("%s in, %s out a minute", human.Count(d.ArrivalsPerMinute.Value), human.Count(d.StartsPerMinute.Value))
	if d.Grows() {
		words = "growing: " + words
	}
	return words
}

// EmptyMayTake returns the latest time until all who wait now will have started, if that
// is more than what is roughly said of the likely one.
func (d Detail) EmptyMayTake() Opt[time.Duration] {
	if d.EmptyIn.Known && d.EmptyLate.Known && human.RoundRough(d.EmptyLate.Value) > human.RoundRough(d.EmptyIn.Value) {
		return d.EmptyLate
	}
	return Opt[time.Duration]{}
}

// LastHas reports whether the last in line has so long before it, as far as is known. An
// endpoint that tells how long users will wait, but not this, has judged them by that.
func (d Detail) LastHas(threshold time.Duration) bool {
	if !d.EmptyIn.Known {
		return d.UserWaits == nil || !d.UserWaits.ExpectedP95.Known
	}
	return d.EmptyIn.Value >= threshold
}
