package window

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLongestOfEach(t *testing.T) {
	var l Longest[string]
	anna, ben := &Peak[string]{Of: "anna"}, &Peak[string]{Of: "ben"}
	if _, ok := l.Quantile(0, 0.95, nil); ok || l.Top(0) != nil {
		t.Error("there is none yet")
	}
	for _, d := range []time.Duration{20, 9, 1} {
		l.Record(0, anna, d*time.Millisecond)
	}
	l.Record(25*time.Second, anna, 12*time.Millisecond)
	l.Record(30*time.Second, ben, 5*time.Millisecond)
	for _, c := range []struct {
		now     time.Duration
		without *Peak[string]
		want    time.Duration
		top     *Peak[string]
	}{
		{30 * time.Second, nil, 20 * time.Millisecond, anna},
		{30 * time.Second, anna, 5 * time.Millisecond, anna},
		{30 * time.Second, ben, 20 * time.Millisecond, anna},
		{59 * time.Second, nil, 20 * time.Millisecond, anna},
		{60 * time.Second, nil, 12 * time.Millisecond, anna}, // what came in the first 10 s is forgotten
		{80 * time.Second, nil, 5 * time.Millisecond, ben},
		{80 * time.Second, ben, 0, ben},
		{90 * time.Second, nil, 0, nil},
		{time.Hour, nil, 0, nil},
	} {
		got, ok := l.Quantile(c.now, 0.95, c.without)
		if got != c.want || ok != (c.want > 0) || l.Top(c.now) != c.top {
			t.Errorf("at %v without %v: got %v, %v, the longest is of %v, want %v of %v", c.now, c.without, got, ok, l.Top(c.now), c.want, c.top)
		}
	}
}

// It says of each moment what a list of all durations says.
func TestLongestAgainstAList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	type entry struct {
		slot int64
		d    time.Duration
	}
	var l Longest[int]
	peaks := make([]Peak[int], 40)
	all := make([][]entry, len(peaks))
	for now := time.Duration(0); now < 10*time.Minute; now += time.Duration(random.IntN(4000)) * time.Millisecond {
		slot := int64(now / longestSlot)
		for range random.IntN(8) {
			i := random.IntN(len(peaks))
			d := time.Duration(random.IntN(32)) * time.Millisecond // in buckets of their own
			l.Record(now, &peaks[i], d)
			all[i] = append(all[i], entry{slot, d})
		}
		without := random.IntN(2 * len(peaks))
		var longest []time.Duration
		for i, list := range all {
			m := time.Duration(-1)
			for _, e := range list {
				if e.slot > slot-longestSlots {
					m = max(m, e.d)
				}
			}
			if m >= 0 && i != without {
				longest = append(longest, m)
			}
		}
		var left *Peak[int]
		if without < len(peaks) {
			left = &peaks[without]
		}
		got, ok := l.Quantile(now, 0.95, left)
		all := len(longest)
		if left != nil && left.longest() > 0 {
			all++
		}
		if ok != (len(longest) > 0) || l.Count(now) != all {
			t.Fatalf("at %v: known %v of %d", now, ok, len(longest))
		}
		if slices.Sort(longest); ok && got != longest[(len(longest)*95+99)/100-1] {
			t.Fatalf("at %v: got %v, want that of %v", now, got, longest)
		}
	}
}
