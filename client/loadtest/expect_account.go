package loadtest

import (
	"math"
	"time"

	"paceline/queue"
)

// Account is the limit of requests behind an adaptive queue, as far as it is known. Of
// the zero Account nothing is known, and no request waits for it.
type Account struct {
	PerMinute int  // zero if unknown
	Free      int  // when the load begins; at most PerMinute
	Learned   bool // the queue knows the limit by then; else it learns it from the first answer
}

// tokenBucket is the account's bucket of requests, which refills continuously ("Rate
// limits", platform.claude.com). A nil tokenBucket is valid and has no limit.
type tokenBucket struct {
	perMinute, level float64
	at               time.Duration
}

// newTokenBucket returns the bucket of an account as it is when the load begins.
func newTokenBucket(a Account) *tokenBucket {
	return &tokenBucket{perMinute: float64(a.PerMinute), level: float64(min(a.Free, a.PerMinute))}
}

// take takes a request at now, and returns the limits that its answer will hold.
func (b *tokenBucket) take(now time.Duration) (limits queue.Limits) {
	if b == nil {
		return limits
	}
	b.level = min(b.level+b.perMinute*(now-b.at).Minutes(), b.perMinute)
	b.at = now
	b.level = max(b.level-1, 0)
	limits.Requests = queue.Limit{PerMinute: int(b.perMinute), Remaining: int(math.Floor(b.level))}
	return limits
}

// learnedBefore is how long before the load a queue has learned an account that it
// knows: its first round of starts is over when the load begins.
const learnedBefore = time.Second

// learnLimits makes the machine learn the account before the load begins, from the
// answer to one request.
func (s *simulation) learnLimits(a Account) {
	at := s.begin.Add(-learnedBefore)
	t, err := s.machine.Add(at, queue.Request{})
	if err != nil || s.machine.Next(at) != t { // it has room for one
		return
	}
	s.machine.Start(at, t)
	s.machine.ReportLimits(at, t, queue.Limits{Requests: queue.Limit{PerMinute: a.PerMinute, Remaining: min(a.Free, a.PerMinute)}})
	_, _ = s.machine.Finish(at, t, nil) // a success has no error
}
