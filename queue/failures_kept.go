package queue

import "time"

// keepFailures begins to forget no failure, or ends it. To those of the last minute it adds
// those of the requests that finished last: what a finding says of these, and what is told of
// the failures, is of the same time then.
func (h *health) keepFailures(now time.Duration, keep bool) {
	f := &h.failures
	if keep == f.keeping {
		return
	}
	minute := now - time.Minute
	f.keeping, f.since = keep, never
	for i := range f.byClass {
		c := &f.byClass[i]
		c.expire(now)
		c.kept = c.count.Count(now)
		if first, ok := c.count.First(now); ok {
			f.since = min(f.since, first)
		}
	}
	if !keep {
		return
	}
	for n := range min(h.finished, outcomesKept) { // the latest first
		failed := h.outcomes[(h.finished-1-n)%outcomesKept]
		if failed == nil || failed.at > minute {
			continue
		}
		c := &f.byClass[failed.class]
		c.kept++
		if f.since = min(f.since, failed.at); c.byUser[failed.user] == nil && c.hits.Len < maxHitUsers {
			c.hits.PushFront(&c.hit(failed.user, failed.at).node)
		}
	}
}

// isOfFailures reports whether a row that is shown is about failures: by itself, or because
// they are the reason.
func (j *judge) isOfFailures(row verdictRow) bool {
	switch row {
	case rowSpendCap, rowKeys, rowNetwork, rowFailing, rowSilence, rowOverload, rowFailureRate, rowMistakes, rowFailingUser:
		return true
	default:
		reason := j.health.rows[row].explanation.reason
		return reason == byFailures || reason == afterFailures
	}
}
