package queue

import (
	"slices"
	"time"
)

const (
	outcomesKept          = 20               // finished requests that the rates look at
	minOutcomes           = 5                // finished, before a rate says anything
	criticalFailures      = 10               // this many failures and no success is critical
	criticalNetworkErrors = 5                // connection errors in a row
	healAfter             = 10 * time.Second // how long a row of the verdict must be better before it is shown as better
)

// health is what the verdict remembers.
type health struct {
	outcomes [outcomesKept]*failedRequest // how the last requests ended; nil: with success
	finished int64
	mistakes int      // of callers, that have finished since
	failures failures // of the last minute
	outage   outage   // the last one
	failed   streak   // requests
	network  connection
	noKey    streak // calls that were refused for the last of our keys
	spendCap streak // calls that met it
	cap      *Error // the last of them

	rows        [verdictRows]shownRow
	pause       endedPause    // the last one that the verdict showed
	crowding    userKey       // of the last look, see [judge.stillCrowding]; empty: nobody
	named       time.Duration // when the row of a line last was one user's alone, see [judge.judgeBackingUp]
	allFailed   time.Duration // when it was last said of all calls that they fail
	failingUser userKey       // that the row of one names; empty: nobody
	silent      silentLane    // whose calls the row of silence is about; zero: all
	since       since
}

// failedRequest is a request that has failed for good.
type failedRequest struct {
	class Class
	user  userKey
	at    time.Duration
}

// streak counts failures in a row. A success of a call that started before the first
// of them does not end the row: it says nothing about what has happened since. The zero
// streak is none.
type streak struct {
	n     int
	since time.Duration
}

func (r *streak) add(now time.Duration) {
	if r.n == 0 {
		r.since = now
	}
	r.n++
}

// refute ends the row if a call refutes it that started at a time.
func (r *streak) refute(started time.Duration) {
	if started >= r.since {
		*r = streak{}
	}
}

// with is the row of both, as the later of them tells it.
func (r streak) with(other streak) streak {
	if r.n == 0 || other.n > 0 && other.since > r.since {
		return other
	}
	return r
}

// connection is what calls have shown of whether the API can be reached. The connections of
// one lane may fail alone: what the calls of others come to says nothing about it. The zero
// connection can.
type connection struct {
	lanes  []string      // those in which calls have failed, since the first in a row
	failed streak        // calls in a row without an answer for want of a connection
	down   bool          // so many have failed in a row that the API cannot be reached,
	since  time.Duration // the first of them,
	last   time.Duration // and the last one so far
	errors int           // calls in a row that were answered with a server error, while down
}

// fail notes that a call of a lane got no connection.
func (c *connection) fail(now time.Duration, lane string) {
	if c.failed.n == 0 && !c.down {
		c.lanes = c.lanes[:0]
	}
	if !slices.Contains(c.lanes, lane) {
		c.lanes = append(c.lanes, lane)
	}
	c.failed.add(now)
	c.last, c.errors = now, 0
	if !c.down && c.failed.n >= criticalNetworkErrors {
		c.down, c.since = true, c.failed.since
	}
}

// answered notes that a call was answered, if only with a failure, that started at a time. A
// server error may come from a proxy that cannot reach the API: it takes some in a row.
func (c *connection) answered(started time.Duration, class Class) {
	c.failed.refute(started)
	switch {
	case !c.down || started < c.since || class == Timeout:
	case class == ServerError && c.errors+1 < criticalNetworkErrors:
		c.errors++
	default:
		c.down = false
	}
}

// accepted notes that the API has accepted a call that started at a time.
func (c *connection) accepted(started time.Duration) {
	c.failed.refute(started)
	c.down = c.down && started < c.since
}

// unreachable reports whether so many connections in a row have failed that the API cannot
// be reached, and none has been made since, as it seems.
func (h *health) unreachable() bool { return h.network.down }

// callFailed notes how one call failed, but for what it shows of connections.
func (h *health) callFailed(now time.Duration, e *Error) {
	if e.Class == SpendCap && !e.RequestScoped {
		h.spendCap.add(now)
		h.cap = e
	}
	if e.Class == KeyRefused && !e.CallerKey && !e.OtherKeys {
		h.noKey.add(now)
	}
}

// callAccepted notes that the API has accepted a call that started at a time: it takes the
// key, long before the last byte of a stream.
func (h *health) callAccepted(started time.Duration) {
	h.noKey.refute(started)
	h.spendCap.refute(started)
}

// requestSucceeded notes the success of a call that started at a time.
func (h *health) requestSucceeded(started time.Duration) {
	h.failed.refute(started)
	h.add(nil)
}

// requestFailed notes a request that has failed for good. The caller's own mistakes
// say nothing about the queue.
func (h *health) requestFailed(now time.Duration, u userKey, e *Error) {
	if e.ownMistake() {
		h.mistakes++
		return
	}
	h.failed.add(now)
	h.add(&failedRequest{class: e.Class, user: u, at: now})
}

// add notes how a request ended; nil: with success.
func (h *health) add(failed *failedRequest) {
	h.outcomes[h.finished%outcomesKept] = failed
	h.finished++
	h.mistakes = 0
}

// isRecent reports whether the outcomes are of the last that finished, of which many may
// be mistakes of callers, or all.
func (h *health) isRecent() bool {
	all := h.mistakes >= criticalFailures && h.failures.nothingSucceeds()
	return h.finished > 0 && h.mistakes < outcomesKept && !all
}

// recent returns how many of the last finished there are, how many of them succeeded,
// and the class of failure seen most.
func (h *health) recent() (n, succeeded int, most Class) {
	n = int(min(h.finished, outcomesKept))
	var seen [classes]int
	for _, failed := range h.outcomes[:n] {
		if failed == nil {
			succeeded++
			continue
		}
		seen[failed.class]++
		if seen[failed.class] > seen[most] {
			most = failed.class
		}
	}
	return n, succeeded, most
}

// failuresAged reports whether requests among the last have failed, but not in the last five
// minutes.
func (h *health) failuresAged(now time.Duration) bool {
	aged := false
	for _, failed := range h.outcomes {
		if failed != nil && now-failed.at < recentFor {
			return false
		}
		aged = aged || failed != nil
	}
	return aged
}

// cause returns the class of failure that dominates the last minute, or the last
// finished if none has failed since.
func (h *health) cause(now time.Duration) Class {
	if class, _, ok := h.failures.dominant(now); ok {
		return class
	}
	_, _, class := h.recent()
	return class
}
