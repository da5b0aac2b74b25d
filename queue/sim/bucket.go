package sim

import (
	"math"
	"time"
)

// bucket is a token bucket as the API's limits work ("Rate limits",
// platform.claude.com): it refills continuously up to its size. The zero bucket
// has no limit. It is not safe for concurrent use.
type bucket struct {
	perMinute float64
	size      float64
	tokens    float64
	at        time.Time // when tokens was right
}

// set changes the limits. A bucket that had none before is full; otherwise what
// was spent stays spent.
func (b *bucket) set(now time.Time, perMinute, size int) {
	if b.perMinute == 0 {
		b.tokens, b.at = float64(size), now
	}
	b.refill(now)
	b.perMinute, b.size = float64(perMinute), float64(size)
	b.tokens = min(b.tokens, b.size)
}

// take spends a token. If there is none it says how long until there is, in
// whole seconds as the header does.
func (b *bucket) take(now time.Time) (retryAfter time.Duration, ok bool) {
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

func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.size, b.tokens+passed.Minutes()*b.perMinute)
		b.at = now
	}
}
