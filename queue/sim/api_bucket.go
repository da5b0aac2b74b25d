package sim

import (
	"math"
	"time"
)

// requestBucket is a token bucket of requests, as the API's limits work ("Rate
// limits", platform.claude.com): it refills continuously up to its size. The zero
// bucket has no limit. It is not safe for concurrent use. An [Account] has exact
// buckets instead.
type requestBucket struct {
	perMinute float64
	size      float64
	tokens    float64
	at        time.Time // the time of tokens
}

// set changes the limits. A bucket that had none before is full; otherwise what was
// spent stays spent.
func (b *requestBucket) set(now time.Time, perMinute, size int) {
	if b.perMinute == 0 {
		b.tokens, b.at = float64(size), now
	}
	b.refill(now)
	b.perMinute, b.size = float64(perMinute), float64(size)
	b.tokens = min(b.tokens, b.size)
}

// take draws a token. If there is none it returns how long until there is one, in
// whole seconds as the header has it.
func (b *requestBucket) take(now time.Time) (retryAfter time.Duration, ok bool) {
	if b.perMinute == 0 {
		return 0, true
	}
	b.refill(now)
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	seconds := math.Ceil((1 - b.tokens) / b.perMinute * 60)
	return time.Duration(seconds) * time.Second, false
}

func (b *requestBucket) refill(now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.size, b.tokens+passed.Minutes()*b.perMinute)
		b.at = now
	}
}
