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

// EmptyBetween returns the earliest and the latest time until all who wait now will have
// started, and whether they differ by so much that it shows in what is roughly said. An
// endpoint that does not tell the earliest one has told the likely one in its place.
func (d Detail) EmptyBetween() (early, late time.Duration, differ bool) {
	early, late = d.EmptyEarly.Or(d.EmptyIn.Value), d.EmptyLate.Value
	return early, late, d.EmptyIn.Known && d.EmptyLate.Known && human.RoundRough(late) > human.RoundRough(early)
}

// LastHas reports whether the last in line has so long before it, as far as is known. An
// endpoint that tells how long users will wait, but not this, has judged them by that.
func (d Detail) LastHas(threshold time.Duration) bool {
	if !d.EmptyIn.Known {
		return d.UserWaits == nil || !d.UserWaits.ExpectedP95.Known
	}
	return d.EmptyIn.Value >= threshold
}

// DrainWords says how a queue ends that takes no new requests: "stops in 42 s: about 12 of
// 40 waiting are served, the others are told to come back"; empty while it does not end.
func (s Sample) DrainWords() string {
	if s.Detail == nil || !s.Detail.Draining.Or(false) {
		return ""
	}
	words, drain, waiting := "draining: no new requests are taken", s.Detail.Drain, s.Waiting
	switch {
	case drain == nil || !drain.EndsIn.Known || !waiting.Known || waiting.Value == 0:
	case !drain.Served.Known:
		words = fmt.Sprintf("stops in %s: who waits then is told to come back", human.Duration(drain.EndsIn.Value))
	case drain.Served.Value >= waiting.Value:
		words = fmt.Sprintf("stops in %s at the latest: all who wait are served", human.Duration(drain.EndsIn.Value))
	default:
		words = fmt.Sprintf("stops in %s: about %s of %s waiting are served, the others are told to come back",
			human.Duration(drain.EndsIn.Value), human.Count(drain.Served.Value), human.Count(waiting.Value))
	}
	return words
}
