package window

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLongestOfEach(t *testing.T) {
	var l Longest[string]
	var anna, ben Peak
	if _, ok := l.Quantile(0, 0.95, nil); ok {
		t.Error("there is none yet")
	}
	record := func(now time.Duration, p *Peak, name string, millis int) {
		if of := l.Record(now, p, time.Duration(millis)*time.Millisecond); of != nil {
			*of = fmt.Sprint(name, " ", millis)
		}
	}
	for _, millis := range []int{9, 20, 1} {
		record(0, &anna, "anna", millis)
	}
	record(25*time.Second, &anna, "anna", 12)
	record(30*time.Second, &ben, "ben", 5)
	for _, c := range []struct {
		now     time.Duration
		without *Peak
		want    time.Duration
		all     string
	}{
		{30 * time.Second, nil, 20 * time.Millisecond, "anna 12: 12ms, anna 20: 20ms, ben 5: 5ms"},
		{30 * time.Second, &anna, 5 * time.Millisecond, "anna 12: 12ms, anna 20: 20ms, ben 5: 5ms"},
		{30 * time.Second, &ben, 20 * time.Millisecond, "anna 12: 12ms, anna 20: 20ms, ben 5: 5ms"},
		{59 * time.Second, nil, 20 * time.Millisecond, "anna 12: 12ms, anna 20: 20ms, ben 5: 5ms"},
		{60 * time.Second, nil, 12 * time.Millisecond, "anna 12: 12ms, ben 5: 5ms"}, // what came in the first 10 s is forgotten
		{80 * time.Second, nil, 5 * time.Millisecond, "ben 5: 5ms"},
		{80 * time.Second, &ben, 0, "ben 5: 5ms"},
		{90 * time.Second, nil, 0, ""},
		{time.Hour, nil, 0, ""},
	} {
		got, ok := l.Quantile(c.now, 0.95, c.without)
		var all []string
		for of, d := range l.All(c.now) {
			all = append(all, fmt.Sprint(of, ": ", d))
		}
		slices.Sort(all)
		if got != c.want || ok != (c.want > 0) || strings.Join(all, ", ") != c.all {
			t.Errorf("at %v: got %v, %v, of %v, want %v of %s", c.now, got, ok, all, c.want, c.all)
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
	peaks := make([]Peak, 40)
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
		var left *Peak
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
