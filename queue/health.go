package queue

import "time"

const (
	outcomesKept          = 20               // finished requests that the rates look at
	minOutcomes           = 5                // finished, before a rate says anything
	criticalFailures      = 10               // this many failures and no success is critical
	criticalNetworkErrors = 5                // connection errors in a row
	healAfter             = 10 * time.Second // how long the verdict must be better before a better one is shown
)

// health is what the verdict remembers.
type health struct {
	outcomes    [outcomesKept]outcome
	finished    int64
	networkErrs int  // answers in a row that were connection errors
	noKey       bool // every key of ours was refused, and nothing worked since
	spendCap    bool // it was reached, and nothing worked since

	shown       verdict
	better      bool          // than shown
	betterSince time.Duration // if better
}

type outcome struct {
	failed bool
	class  Class
}

// attemptFailed notes how one attempt failed.
func (h *health) attemptFailed(e *Error) {
	if e.Class == NetworkError {
		h.networkErrs++
	} else {
		h.networkErrs = 0
	}
	h.spendCap = h.spendCap || e.Class == SpendCap
	h.noKey = h.noKey || e.Class == KeyRefused && !e.CallerKey && !e.OtherKeys
}

func (h *health) requestSucceeded() {
	h.networkErrs, h.spendCap, h.noKey = 0, false, false
	h.add(outcome{})
}

// requestFailed notes a request that has failed for good. The caller's own mistakes
// say nothing about the queue.
func (h *health) requestFailed(e *Error) {
	if e.Class == ClientError || e.Class == KeyRefused && e.CallerKey {
		return
	}
	h.add(outcome{failed: true, class: e.Class})
}

func (h *health) add(o outcome) {
	h.outcomes[h.finished%outcomesKept] = o
	h.finished++
}

// recent returns how many of the last finished there are, how many succeeded,
// how many of the newest failed in a row, and the class of failure seen most.
func (h *health) recent() (n, succeeded, failedRow int, cause Class) {
	n = int(min(h.finished, outcomesKept))
	var seen [classes]int
	unbroken := true
	for i := range n {
		o := h.outcomes[(h.finished-1-int64(i))%outcomesKept]
		if !o.failed {
			succeeded++
			unbroken = false
			continue
		}
		seen[o.class]++
		if unbroken {
			failedRow++
		}
		if seen[o.class] > seen[cause] {
			cause = o.class
		}
	}
	return n, succeeded, failedRow, cause
}
