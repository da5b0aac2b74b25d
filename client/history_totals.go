package client

import "time"

// Totals are the counters since a time.
type Totals struct {
	Total, Successful, Failed Opt[int64]
	Rate                      Opt[float64] // share of the finished requests that succeeded, 0 to 1; unknown while none has finished
	// Since is the time of [History.Rebase]; zero if there was none, and the totals
	// count since the server's last start or reset.
	Since time.Time
}

// counters are a sample's counters.
type counters struct{ total, successful, failed Opt[int64] }

func countersOf(s Sample) counters { return counters{s.Total, s.Successful, s.Failed} }

// pairs returns each counter that is known in both, with the other one.
func (c counters) pairs(other counters) (pairs [][2]int64) {
	for _, p := range [][2]Opt[int64]{
		{c.total, other.total}, {c.successful, other.successful}, {c.failed, other.failed},
	} {
		if p[0].Known && p[1].Known {
			pairs = append(pairs, [2]int64{p[0].Value, p[1].Value})
		}
	}
	return pairs
}

// decreasedFrom reports whether a counter is smaller than it was.
func (c counters) decreasedFrom(from counters) bool {
	for _, p := range c.pairs(from) {
		if p[0] < p[1] {
			return true
		}
	}
	return false
}

// canFollow reports whether the counters can be a continuation of from.
func (c counters) canFollow(from counters) bool {
	return len(c.pairs(from)) > 0 && !c.decreasedFrom(from)
}

// keptFinished reports whether a restarted server still counts all requests that had
// finished in from: only unfinished ones are gone. A server that has lost a few finished
// ones, too, counts as a new one.
func (c counters) keptFinished(from counters) bool {
	finished := counters{successful: c.successful, failed: c.failed}
	return c.finished().Or(0) > 0 && finished.canFollow(counters{successful: from.successful, failed: from.failed})
}

// finished returns successful + failed; unknown unless both are known.
func (c counters) finished() Opt[int64] {
	return Opt[int64]{
		Value: c.successful.Value + c.failed.Value,
		Known: c.successful.Known && c.failed.Known,
	}.tidy()
}

// baseline are the counters from which [Totals] count. The zero baseline counts since
// the server's start or reset.
type baseline struct {
	from  counters
	since time.Time
}

// resetToZero sets the counters of the baseline to zero, as the server did with its own.
func (b *baseline) resetToZero(at time.Time) {
	if !b.since.IsZero() {
		*b = baseline{from: counters{Some[int64](0), Some[int64](0), Some[int64](0)}, since: at}
	}
}

// dropLost takes from the baseline the requests that were unfinished when the server
// restarted: they will never finish.
func (b *baseline) dropLost(was, now counters) {
	if lost := minus(was.total, now.total); lost.Known && b.from.total.Known {
		b.from.total.Value = max(b.from.total.Value-lost.Value, 0)
	}
}

// totals returns the totals for the counters of the newest sample.
func (b baseline) totals(now counters) Totals {
	t := Totals{Total: now.total, Successful: now.successful, Failed: now.failed, Since: b.since}
	if !b.since.IsZero() {
		t.Total = minus(now.total, b.from.total)
		t.Successful = minus(now.successful, b.from.successful)
		t.Failed = minus(now.failed, b.from.failed)
	}
	if t.Successful.Known && t.Failed.Known {
		t.Rate = ratio(t.Successful.Value, t.Failed.Value)
	}
	return t
}

// minus returns a-b; unknown if one of them is, or if b is the greater.
func minus(a, b Opt[int64]) Opt[int64] {
	d := a.Value - b.Value
	return Opt[int64]{Value: d, Known: a.Known && b.Known && d >= 0}.tidy()
}
