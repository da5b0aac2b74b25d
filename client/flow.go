package client

import (
	"fmt"

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
