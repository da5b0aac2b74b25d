package loadtest

import (
	"math"
	"time"

	"paceline/queue"
)

// Account is what is known of the limit of requests behind an adaptive queue. The
// zero Account is one of which nothing is known: then nobody waits for it.
type Account struct {
	PerMinute int  // zero: not known
	Free      int  // when the load begins, of PerMinute at most
	Learned   bool // the queue knew it by then; else its first answer tells
}

// tokenBucket is the account's bucket of requests, which refills continuously ("Rate
// limits", platform.claude.com). All methods are fine with nil, which has no limit.
type tokenBucket struct {
	perMinute, level float64
	at               time.Duration
}

func newTokenBucket(a Account) *tokenBucket {
	return &tokenBucket{perMinute: float64(a.PerMinute), level: float64(min(a.Free, a.PerMinute))}
}

// take takes a request at now, and returns what its answer will tell.
func (k *tokenBucket) take(now time.Duration) (told queue.Limits) {
	if k == nil {
		return told
	}
	k.level = min(k.level+k.perMinute*(now-k.at).Minutes(), k.perMinute)
	k.at = now
	k.level = max(k.level-1, 0)
	told.Requests = queue.Limit{PerMinute: int(k.perMinute), Remaining: int(math.Floor(k.level))}
	return told
}

// before is how long before the load a queue that knows the account has learned it: a
// round of its first starts is over by then.
const learnedBefore = time.Second

// learnLimits lets the machine know the account before the load begins: somebody had an
// answer then.
func (v *simulation) learnLimits(a Account) {
	at := v.begin.Add(-learnedBefore)
	t, err := v.machine.Add(at, queue.Request{})
	if err != nil || v.machine.Next(at) != t { // it has room for one
		return
	}
	v.machine.Start(at, t)
	v.machine.ReportLimits(at, t, queue.Limits{Requests: queue.Limit{PerMinute: a.PerMinute, Remaining: min(a.Free, a.PerMinute)}})
	_, _ = v.machine.Finish(at, t, nil) // a success has no error
}
