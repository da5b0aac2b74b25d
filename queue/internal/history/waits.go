package history

import "time"

// atMost is how long the waits of each bucket are at most, in milliseconds. Eight bounds
// for each power of ten keep a median right to a third, and the bounds of the bands that
// operators plan with (3, 8, 15 and 30 s) are among them. The last bucket holds whatever
// is longer, too.
var atMost = [...]int64{
	10, 20, 50,
	100, 150, 200, 300, 400, 500, 600, 800,
	1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000,
	10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000,
	100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 600_000, 800_000,
	1_000_000, 1_500_000, 2_000_000, 3_000_000, 4_000_000, 6_000_000,
	10_000_000, 20_000_000, 40_000_000, 86_400_000,
	604_800_000,
}

// Buckets is how many buckets there are.
const Buckets = len(atMost)

// AtMost returns how long the waits of a bucket are at most.
func AtMost(bucket int) time.Duration { return time.Duration(atMost[bucket]) * time.Millisecond }

// Waits counts waits by their length. The zero Waits are none. They can be added up, which
// medians cannot.
type Waits [Buckets]uint32

// bucketOf returns the bucket of a wait.
func bucketOf(d time.Duration) int {
	low, high := 0, Buckets-1
	for low < high {
		if middle := (low + high) / 2; d <= AtMost(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// BucketAtMost returns the bucket whose waits are at most so long; false if none's are.
func BucketAtMost(d time.Duration) (bucket int, ok bool) {
	bucket = bucketOf(d)
	return bucket, AtMost(bucket) == d
}

// Add counts a wait.
func (w *Waits) Add(d time.Duration) { w[bucketOf(d)]++ }

// Merge adds others.
func (w *Waits) Merge(others *Waits) {
	for i, n := range others {
		w[i] += n
	}
}

// Count returns how many there are.
func (w *Waits) Count() (n int64) {
	for _, in := range w {
		n += int64(in)
	}
	return n
}

// Median returns the wait that half of them do not exceed, of which the longest is known.
// It is right to its bucket, in which they are taken to lie evenly. It is false if there
// is none.
func (w *Waits) Median(longest time.Duration) (time.Duration, bool) {
	rank := (w.Count() + 1) / 2
	if rank == 0 {
		return 0, false
	}
	low := time.Duration(0)
	for i, n := range w {
		if rank <= int64(n) {
			within := float64(rank) / float64(n) * float64(AtMost(i)-low)
			return min(low+time.Duration(within), longest), true
		}
		rank -= int64(n)
		low = AtMost(i)
	}
	return longest, true
}
