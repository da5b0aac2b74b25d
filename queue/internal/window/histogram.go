package window

import (
	"math"
	"math/bits"
	"time"
)

// A histogram counts durations in buckets of whole milliseconds up to 32 ms and
// above that of 1/32 of the power of two they lie in, so 3% wide, up to a day.
const (
	subBits    = 5
	subBuckets = 1 << subBits
	buckets    = subBuckets * (28 - subBits) // to 2^27 ms
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

// Histogram holds the durations of the last 5 minutes, to within 10 s. It keeps
// counts, not samples: a quantile is right to within 3%.
type Histogram struct {
	ring
	slots [30]counts
	all   counts
	total int64         // since the beginning
	sum   time.Duration // of those
}

type counts struct {
	in  [buckets]uint32
	n   int64
	sum time.Duration
}

func (c *counts) add(bucket int, d time.Duration) {
	c.in[bucket]++
	c.n++
	c.sum += d
}

// Record takes one more duration.
func (h *Histogram) Record(now, d time.Duration) {
	h.advance(now)
	bucket := bucketOf(d)
	h.slots[h.slot%int64(len(h.slots))].add(bucket, d)
	h.all.add(bucket, d)
	h.total++
	h.sum += d
}

// Count returns how many there are in the window.
func (h *Histogram) Count(now time.Duration) int64 {
	h.advance(now)
	return h.all.n
}

// Average returns the mean; false while there is nothing.
func (h *Histogram) Average(now time.Duration) (time.Duration, bool) {
	h.advance(now)
	if h.all.n == 0 {
		return 0, false
	}
	return h.all.sum / time.Duration(h.all.n), true
}

// Quantile returns the middle of the bucket of the smallest duration that at least a
// share q, 0 to 1, of all do not exceed; false while there is nothing.
func (h *Histogram) Quantile(now time.Duration, q float64) (time.Duration, bool) {
	h.advance(now)
	rank := max(int64(math.Ceil(q*float64(h.all.n))), 1)
	for b, n := range h.all.in {
		if rank -= int64(n); rank <= 0 && h.all.n > 0 {
			return middleOf(b), true
		}
	}
	return 0, false
}

// minuteSlots is how many slots the last minute has, the present one among them.
const minuteSlots = 6

// LastMinute is [Histogram.Quantile] of the last minute alone, to within 10 s, and how many
// durations that is of.
func (h *Histogram) LastMinute(now time.Duration, q float64) (d time.Duration, n int64) {
	h.advance(now)
	var slots [minuteSlots]*counts
	for i := range slots {
		slots[i] = &h.slots[(h.slot-int64(i)+int64(len(h.slots)))%int64(len(h.slots))]
		n += slots[i].n
	}
	if n == 0 {
		return 0, 0
	}
	rank := max(int64(math.Ceil(q*float64(n))), 1)
	for b := range buckets {
		for _, s := range slots {
			rank -= int64(s.in[b])
		}
		if rank <= 0 {
			return middleOf(b), n
		}
	}
	return 0, 0
}

// Total returns how many durations were recorded since the beginning, and their
// sum.
func (h *Histogram) Total() (n int64, sum time.Duration) { return h.total, h.sum }

func (h *Histogram) advance(now time.Duration) {
	h.ring.advance(now, 10*time.Second, int64(len(h.slots)), func(i int64) {
		old := &h.slots[i]
		if old.n == 0 {
			return
		}
		for b, n := range old.in {
			h.all.in[b] -= n
		}
		h.all.n -= old.n
		h.all.sum -= old.sum
		*old = counts{}
	})
}
