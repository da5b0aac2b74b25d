package sim

import (
	"math"
	"net/http"
	"sync"
	"time"
)

// maxOrganizations is how many buckets, and how many accounts, a Handler keeps. An
// evicted bucket is full again by then, unless clients use more keys than this
// within a minute.
const maxOrganizations = 1024

// limitKey names what shares a bucket of requests: an organization, and a group of
// its models as [DefaultModelGroups] has them.
type limitKey struct{ org, models string }

// requestLimits are the buckets of requests of all organizations.
type requestLimits struct {
	mu      sync.Mutex
	buckets lru[limitKey, *requestBucket] // guarded by mu
}

func newRequestLimits() *requestLimits {
	return &requestLimits{buckets: newLRU[limitKey, *requestBucket](maxOrganizations)}
}

// with calls f with the bucket of a key, resized to the conditions, and returns the
// limit header afterwards. Its Reset is exact.
func (l *requestLimits) with(now time.Time, key limitKey, c Conditions, f func(*requestBucket)) LimitHeader {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets.get(now, key, func() *requestBucket { return &requestBucket{} })
	b.set(now, c.PerMinute, c.Burst)
	f(b)
	return b.header(now)
}

// header returns the limit header of the bucket, with an exact Reset.
func (b *requestBucket) header(now time.Time) LimitHeader {
	if b.perMinute == 0 {
		return LimitHeader{}
	}
	b.refill(now)
	missing := (b.size - b.tokens) / b.perMinute * float64(time.Minute)
	return LimitHeader{int(b.perMinute), int(b.tokens), now.Add(time.Duration(math.Ceil(missing)))}
}

// writeRequestLimit writes the header of a bucket of requests. Its reset is by the
// server's clock and rounded up, so that the bucket is never said to be full before
// it is.
func (h *Handler) writeRequestLimit(to http.Header, l LimitHeader) {
	l.Reset = RoundUp.round(l.Reset.Add(h.settings.DateSkew).UTC())
	l.write(to, "anthropic-ratelimit-requests", false)
}
