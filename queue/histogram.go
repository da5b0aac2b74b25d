package queue

import (
	"math/bits"
	"time"
)

// A histogram counts durations in buckets of whole milliseconds up to 32 ms and
// above that of 1/32 of the power of two they lie in, so 3% wide, up to a day.
const (
	subBits     = 5
	subBuckets  = 1 << subBits
	buckets     = subBuckets * (28 - subBits) // to 2^27 ms
	sliceCount  = 30
	sliceLength = 10 * time.Second // 30 of them are 5 minutes
)

// bucketOf returns the bucket of d.
func bucketOf(d time.Duration) int {
	ms := uint64(max(d.Milliseconds(), 0))
	if ms < subBuckets {
		return int(ms)
	}
	shift := bits.Len64(ms) - subBits - 1
	return min(shift*subBuckets+int(ms>>shift), buckets-1)
}

// middleOf returns the middle of a bucket.
func middleOf(bucket int) time.Duration {
	if bucket < subBuckets {
		return time.Duration(bucket) * time.Millisecond
	}
	shift := bucket/subBuckets - 1
	low := time.Duration(bucket-shift*subBuckets) << shift
	return low*time.Millisecond + time.Millisecond<<shift/2
}

// sliding is a histogram of the last 5 minutes, to within 10 s. It keeps counts,
// not samples. The zero sliding is empty.
type sliding struct {
	slices [sliceCount]slice
	all    slice
	slot   int64
	total  int64         // since the beginning
	sum    time.Duration // of those
}

type slice struct {
	counts [buckets]uint32
	n      int64
	sum    time.Duration
}

func (h *sliding) record(now, d time.Duration) {
	h.advance(now)
	b := bucketOf(d)
	for _, s := range [...]*slice{&h.slices[h.slot%sliceCount], &h.all} {
		s.counts[b]++
		s.n++
		s.sum += d
	}
	h.total++
	h.sum += d
}

// average returns the mean; false while there is nothing.
func (h *sliding) average(now time.Duration) (time.Duration, bool) {
	h.advance(now)
	if h.all.n == 0 {
		return 0, false
	}
	return h.all.sum / time.Duration(h.all.n), true
}

// quantiles returns what the wire says.
func (h *sliding) quantiles(now time.Duration) Quantiles {
	average, ok := h.average(now)
	if !ok {
		return Quantiles{Total: h.total, Sum: h.sum}
	}
	return Quantiles{
		Count: h.all.n, AverageMs: millis(average),
		P50Ms: h.quantile(0.5), P95Ms: h.quantile(0.95), P99Ms: h.quantile(0.99),
		Total: h.total, Sum: h.sum,
	}
}

func (h *sliding) quantile(q float64) *float64 {
	rank := int64(q*float64(h.all.n-1)) + 1
	for b, n := range h.all.counts {
		if rank -= int64(n); rank <= 0 {
			return millis(middleOf(b))
		}
	}
	return nil
}

func (h *sliding) advance(now time.Duration) {
	slot := int64(now / sliceLength)
	for range min(slot-h.slot, sliceCount) {
		h.slot++
		old := &h.slices[h.slot%sliceCount]
		if old.n > 0 {
			for b, n := range old.counts {
				h.all.counts[b] -= n
			}
			h.all.n -= old.n
			h.all.sum -= old.sum
			*old = slice{}
		}
	}
	// slots that were skipped are empty, so the ring may jump
	if slot > h.slot {
		h.slot = slot
	}
}

func millis(d time.Duration) *float64 {
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

// lastMinute counts what happened in the last 60 s, to within a second. The zero
// lastMinute is empty.
type lastMinute struct {
	seconds [60]int
	second  int64
	total   int
}

func (c *lastMinute) add(now time.Duration) {
	c.advance(now)
	c.seconds[c.second%60]++
	c.total++
}

func (c *lastMinute) count(now time.Duration) int {
	c.advance(now)
	return c.total
}

func (c *lastMinute) advance(now time.Duration) {
	second := int64(now / time.Second)
	for range min(second-c.second, 60) {
		c.second++
		c.total -= c.seconds[c.second%60]
		c.seconds[c.second%60] = 0
	}
	c.second = max(c.second, second)
}
