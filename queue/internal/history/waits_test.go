package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsOfWaits(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		-time.Second:            10 * time.Millisecond,
		0:                       10 * time.Millisecond,
		10 * time.Millisecond:   10 * time.Millisecond,
		10*time.Millisecond + 1: 20 * time.Millisecond,
		3 * time.Second:         3 * time.Second,
		3*time.Second + 1:       4 * time.Second,
		8 * time.Second:         8 * time.Second,
		15 * time.Second:        15 * time.Second,
		30 * time.Second:        30 * time.Second,
		25 * time.Hour:          7 * 24 * time.Hour,
		math.MaxInt64:           7 * 24 * time.Hour,
	} {
		if got := AtMost(bucketOf(d)); got != want {
			t.Errorf("%v is in the bucket of at most %v, want %v", d, got, want)
		}
	}
	for i := range Buckets - 1 {
		if AtMost(i) >= AtMost(i+1) {
			t.Errorf("bucket %d ends at %v, and the next one at %v", i, AtMost(i), AtMost(i+1))
		}
	}
}

// The median of counts that were added up lies in the bucket of the exact one.
func TestMergedMedians(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []time.Duration
		var merged Waits
		longest := time.Duration(0)
		for range 1 + random.IntN(20) {
			var w Waits
			for range random.IntN(30) {
				d := time.Duration(math.Exp(random.NormFloat64()*2+8) * float64(time.Millisecond))
				w.Add(d)
				all = append(all, d)
				longest = max(longest, d)
			}
			merged.Merge(&w)
		}
		got, ok := merged.Median(longest)
		if ok != (len(all) > 0) || merged.Count() != int64(len(all)) {
			t.Fatalf("known %v of %d", ok, len(all))
		}
		if !ok {
			continue
		}
		slices.Sort(all)
		want := all[(len(all)-1)/2]
		if bucketOf(got) != bucketOf(want) || got > longest {
			t.Errorf("of %d waits up to %v: got %v, want as %v", len(all), longest, got, want)
		}
	}
}
