package client

import (
	"fmt"
	"slices"
	"time"

	"paceline/queue/human"
)

// Grows reports whether the line grows: as an older endpoint tells, that is whether more requests
// arrived in the last minute than started, and it is not shorter than it was a few seconds ago.
func (s Sample) Grows() bool {
	d := s.Detail
	if d != nil && d.Growing.Known {
		return d.Growing.Value
	}
	if d == nil || !d.ArrivalsPerMinute.Known || !d.StartsPerMinute.Known || d.ArrivalsPerMinute.Value <= d.StartsPerMinute.Value {
		return false
	}
	n := len(d.Slices)
	if n < 2 || !s.Waiting.Known {
		return true
	}
	before, most := d.Slices[n-2].Waiting.Value, d.Slices[n-1].Waiting.Value
	return s.Waiting.Value > 1 && s.Waiting.Value >= before && s.Waiting.Value >= most-max(1, most/slackOfGrowth)
}

// slackOfGrowth is the part of a line by which it may get shorter for a moment while it grows.
const slackOfGrowth = 20

// FlowWords says how many requests arrived and started in the last minute, and whether
// the line grows: "growing: 30 in, 20 out a minute"; empty if the endpoint does not tell.
func (s Sample) FlowWords() string {
	d := s.Detail
	if d == nil || !d.ArrivalsPerMinute.Known || !d.StartsPerMinute.Known {
		return ""
	}
	words := fmt.Sprintf("%s in, %s out a minute", human.Count(d.ArrivalsPerMinute.Value), human.Count(d.StartsPerMinute.Value))
	if s.Grows() {
		words = "growing: " + words
	}
	return words
}

// FigureWords says what is known of a queue, for one line of text, each figure with its span:
// "waiting 3", "oldest 5.7 s", "recent success 95.0%". d is what is derived where the endpoint does not
// tell.
func (s Sample) FigureWords(d Derived) []string {
	var words []string
	add := func(known bool, label, text string) {
		if known {
			words = append(words, label+" "+text)
		}
	}
	add(s.Waiting.Known, "waiting", human.Count(s.Waiting.Value))
	recent := d.RecentRate
	if t := s.Detail; t != nil {
		add(t.OldestWait.Known && s.Waiting.Value > 0, "oldest", human.Duration(t.OldestWait.Value))
		if t.Measured != nil {
			add(t.Measured.P95.Known, "p95 wait of 1 min", human.Duration(t.Measured.P95.Value))
		}
		recent = asFloat(t.RecentRate)
	}
	add(s.Average.Known, "average wait overall", human.Duration(s.Average.Value))
	add(recent.Known, "recent success", human.Share(recent.Value))
	add(s.Rate.Known, "overall success", human.Share(s.Rate.Value))
	if t := s.Detail; t != nil && t.EmptyIn.Known && s.Waiting.Value > 0 {
		in := human.Rough(t.EmptyIn.Value)
		if early, late, differ := t.EmptyBetween(); differ {
			in = human.RoughRange(early, late)
		}
		add(true, "all start in", in)
	}
	for _, more := range []string{s.DrainWords(), s.FlowWords(), s.FailureWords()} {
		if more != "" {
			words = append(words, more)
		}
	}
	return words
}

// EmptyBetween returns the earliest and the latest time until all who wait now will have
// started, and whether they differ by so much that it shows in what is roughly said. Without
// detail.emptyEarlyMs, early is the likely time.
func (d Detail) EmptyBetween() (early, late time.Duration, differ bool) {
	early, late = d.EmptyEarly.Or(d.EmptyIn.Value), d.EmptyLate.Value
	return early, late, d.EmptyIn.Known && d.EmptyLate.Known && human.RoundRough(late) > human.RoundRough(early)
}

// BusyLanes returns the lanes in which somebody waits or runs: idle ones are listed for a while.
func (d Detail) BusyLanes() []Lane {
	return slices.DeleteFunc(slices.Clone(d.Lanes), func(l Lane) bool { return l.Waiting.Value+l.Running.Value == 0 })
}

// LastHas reports whether the last in line has so long before it, as far as is known. An
// endpoint that tells how long users will wait, but not this, has judged them by that.
func (d Detail) LastHas(threshold time.Duration) bool {
	if !d.EmptyIn.Known {
		return d.UserWaits == nil || !d.UserWaits.ExpectedP95.Known
	}
	return d.EmptyIn.Value >= threshold
}

// DrainWords says how a queue ends that takes no new requests, see [Drain.Words]; empty while
// it does not end.
func (s Sample) DrainWords() string {
	switch d := s.Detail; {
	case d == nil || !d.Draining.Or(false):
		return ""
	case d.Drain == nil || !d.Drain.EndsIn.Known || !s.Waiting.Known:
		return "draining: no new requests are taken"
	default:
		return d.Drain.Words(s.Waiting.Value)
	}
}

// UnreadWords says how much of the answer could not be read; empty if all could.
func (s Sample) UnreadWords() string {
	if s.Unread == 0 {
		return ""
	}
	return human.Plural(s.Unread, "value") + " of the answer cannot be read"
}

// Words says what becomes of so many who wait: "stops in 42 s: about 12 of 40 waiting are
// served, the others are told to come back". It requires that EndsIn is known.
func (d *Drain) Words(waiting int) string {
	ends := human.Duration(d.EndsIn.Value)
	switch {
	case waiting == 0:
		return fmt.Sprintf("stops in %s at the latest: nobody waits", ends)
	case !d.Served.Known:
		return fmt.Sprintf("stops in %s: who waits then is told to come back", ends)
	case d.Served.Value >= waiting:
		return fmt.Sprintf("stops in %s at the latest: all who wait are served", ends)
	default:
		return fmt.Sprintf("stops in %s: about %s of %s waiting are served, the others are told to come back",
			ends, human.Count(d.Served.Value), human.Count(waiting))
	}
}
