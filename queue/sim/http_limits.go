package sim

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxBuckets is how many buckets are kept. The longest unused goes first; by then
// it is full again, unless somebody sends more keys than this in a minute.
const maxBuckets = 1024

// group is what shares a bucket: an organization's models of one group, as
// [DefaultModelGroups] has them.
type group struct{ org, models string }

// limits are the buckets of requests of all groups.
type limits struct {
	mu      sync.Mutex // guards what follows
	buckets map[group]*groupBucket
}

type groupBucket struct {
	bucket
	used time.Time
}

func newLimits() *limits { return &limits{buckets: map[group]*groupBucket{}} }

// with calls f with the bucket of g, as large as c says, and returns what the
// headers then tell about it.
func (l *limits) with(now time.Time, g group, c Conditions, f func(*bucket)) level {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[g]
	if b == nil {
		l.makeRoom()
		b = &groupBucket{}
		l.buckets[g] = b
	}
	b.used = now
	b.set(now, c.PerMinute, c.Burst)
	f(&b.bucket)
	return b.level(now)
}

// makeRoom forgets the longest unused bucket if there are too many. It requires
// that mu is held.
func (l *limits) makeRoom() {
	if len(l.buckets) < maxBuckets {
		return
	}
	var oldest group
	var at time.Time
	for g, b := range l.buckets {
		if at.IsZero() || b.used.Before(at) {
			oldest, at = g, b.used
		}
	}
	delete(l.buckets, oldest)
}

// level is what the headers tell about a bucket. The zero level is that of one
// without a limit, and tells nothing.
type level struct {
	limit, remaining int
	full             time.Time // when it will be full again
}

func (b *bucket) level(now time.Time) level {
	if b.perMinute == 0 {
		return level{}
	}
	b.refill(now)
	missing := (b.size - b.tokens) / b.perMinute * float64(time.Minute)
	return level{
		limit:     int(b.perMinute),
		remaining: int(b.tokens),
		full:      now.Add(time.Duration(math.Ceil(missing))),
	}
}

// write sets the headers, by a clock that is so far ahead.
func (l level) write(h http.Header, ahead time.Duration) {
	if l.limit == 0 {
		return
	}
	h.Set("anthropic-ratelimit-requests-limit", strconv.Itoa(l.limit))
	h.Set("anthropic-ratelimit-requests-remaining", strconv.Itoa(l.remaining))
	up := RoundUp.round(l.full.Add(ahead).UTC()) // never too early
	h.Set("anthropic-ratelimit-requests-reset", up.Format(time.RFC3339))
}
