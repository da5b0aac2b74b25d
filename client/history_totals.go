package client

import "time"

// Totals are counters from a moment on.
type Totals struct {
	Total, Successful, Failed Opt[int64]
	Rate                      Opt[float64] // successful of finished, 0 to 1; unknown while nothing finished
	// Since is when the counting began for this view; zero if it is the server's
	// own, since its last start or reset.
	Since time.Time
}

// counters are a sample's counters.
type counters struct{ total, successful, failed Opt[int64] }

func countersOf(s Sample) counters { return counters{s.Total, s.Successful, s.Failed} }

// pairs lists each counter beside the other's; those that both know.
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

// canFollow reports whether the counters can continue from others.
func (c counters) canFollow(from counters) bool {
	return len(c.pairs(from)) > 0 && !c.decreasedFrom(from)
}

// survivedRestart reports whether a server that restarted went on from others: what had
// finished still counts, and only what was under way is gone.
func (c counters) survivedRestart(from counters) bool {
	finished := counters{successful: c.successful, failed: c.failed}
	return c.finished().Or(0) > 0 && finished.canFollow(counters{successful: from.successful, failed: from.failed})
}

// finished returns how many finished; unknown unless both kinds are known.
func (c counters) finished() Opt[int64] {
	return Opt[int64]{
		Value: c.successful.Value + c.failed.Value,
		Known: c.successful.Known && c.failed.Known,
	}.tidy()
}

// baseline is where a view begins to count. The zero baseline is the server's own.
type baseline struct {
	from  counters
	since time.Time
}

// resetToZero makes the baseline begin at nothing: the server's counters did.
func (b *baseline) resetToZero(at time.Time) {
	if !b.since.IsZero() {
		*b = baseline{from: counters{Some[int64](0), Some[int64](0), Some[int64](0)}, since: at}
	}
}

// dropLost takes from the baseline what was under way when the server restarted, and
// never counts as finished.
func (b *baseline) dropLost(was, now counters) {
	if lost := minus(was.total, now.total); lost.Known && b.from.total.Known {
		b.from.total.Value = max(b.from.total.Value-lost.Value, 0)
	}
}

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

// minus returns a-b; unknown where one of them is, or where b is the greater.
func minus(a, b Opt[int64]) Opt[int64] {
	d := a.Value - b.Value
	return Opt[int64]{Value: d, Known: a.Known && b.Known && d >= 0}.tidy()
}
