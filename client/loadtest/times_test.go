package loadtest

import (
	"math"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	r := newTimesRecorder()
	check(t, "of none", r.times(false), Times{})
	if got := r.bars(); got != nil {
		t.Errorf("bars of none: got %v, want none", got)
	}
	for i := 1; i <= 100; i++ {
		r.add(time.Duration(i)*100*time.Millisecond, 0)
	}
	got := r.times(false)
	check(t, "count", got.Count, 100)
	check(t, "average", got.Average, 5050*time.Millisecond)
	check(t, "min", got.Min, 100*time.Millisecond)
	check(t, "max", got.Max, 10*time.Second)
	for _, q := range []struct {
		name      string
		got, want time.Duration
	}{{"p50", got.P50, seconds(5)}, {"p95", got.P95, seconds(9.5)}, {"p99", got.P99, seconds(9.9)}} {
		if off := math.Abs(float64(q.got-q.want)) / float64(q.want); off > 0.001 {
			t.Errorf("%s: got %v, want %v to 0.1%%", q.name, q.got, q.want)
		}
	}
}

func TestTimesOfOneAreThatOne(t *testing.T) {
	r := newTimesRecorder()
	r.add(1234567*time.Microsecond, 0)
	want := 1234567 * time.Microsecond
	check(t, "times", r.times(false), Times{1, want, want, want, want, want, want})
}

func TestTimesOutOfRangeAreBounded(t *testing.T) {
	r := newTimesRecorder()
	r.add(-time.Second, 0)
	r.add(48*time.Hour, 0)
	got := r.times(false)
	check(t, "min", got.Min, 0)
	check(t, "max", got.Max, longest)
	check(t, "count", got.Count, 2)
}

// One answer of 10 s at an interval of 2 s stands for those of 8, 6, 4 and 2 s,
// too, that were not sent because of it.
func TestCorrectedTimes(t *testing.T) {
	r := newTimesRecorder()
	r.add(time.Second, 2*time.Second)
	r.add(10*time.Second, 2*time.Second)
	got := r.times(true)
	check(t, "count", got.Count, 6)
	if want := seconds(31.0 / 6); math.Abs(float64(got.Average-want)) > 0.001*float64(want) {
		t.Errorf("average: got %v, want %v", got.Average, want)
	}
	check(t, "max", got.Max, 10*time.Second)
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		name   string
		times  []float64
		first  time.Duration
		width  time.Duration
		counts []int64
	}{
		{"one", []float64{1.5}, 1500 * time.Millisecond, time.Millisecond, []int64{1}},
		{"no more bars than times", []float64{1.5, 3.2, 33}, 0, 20 * time.Second, []int64{2, 1}},
		{"on the bound", []float64{1, 1, 1.999, 2, 2}, time.Second, 500 * time.Millisecond, []int64{2, 1, 2}},
		{"many", []float64{1.5, 3.2, 4, 5, 6, 7, 11, 12, 14, 16, 21, 33}, 0, 5 * time.Second, []int64{3, 3, 3, 1, 1, 0, 1}},
	} {
		r := newTimesRecorder()
		for _, s := range c.times {
			r.add(seconds(s), 0)
		}
		bars := r.bars()
		if len(bars) > maxBars {
			t.Errorf("%s: got %d bars, want at most %d", c.name, len(bars), maxBars)
		}
		total := int64(0)
		for i, b := range bars {
			total += b.Count
			if i > 0 && b.From != bars[i-1].To {
				t.Errorf("%s: bar %d begins at %v, want %v: where the last one ends", c.name, i, b.From, bars[i-1].To)
			}
		}
		check(t, c.name+": in all", total, int64(len(c.times)))
		if c.counts == nil {
			continue
		}
		check(t, c.name+": first", bars[0].From, c.first)
		check(t, c.name+": width", bars[0].To-bars[0].From, c.width)
		check(t, c.name+": bars", len(bars), len(c.counts))
		for i := range min(len(bars), len(c.counts)) {
			check(t, c.name+": count", bars[i].Count, c.counts[i])
		}
	}
}

func TestFairness(t *testing.T) {
	for _, c := range []struct {
		name string
		each []time.Duration
		want float64
	}{
		{"nobody", nil, 0},
		{"one", []time.Duration{7}, 1},
		{"all the same", []time.Duration{3 * time.Second, 3 * time.Second, 3 * time.Second}, 1},
		{"one has it all", []time.Duration{0, 0, 0, time.Second}, 0.25},
		{"1 and 3", []time.Duration{time.Second, 3 * time.Second}, 0.8},
	} {
		if got := fairness(c.each); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	good := func(average float64) Result {
		return Result{Succeeded: 4, Times: Times{Count: 4, Average: seconds(average)}}
	}
	expected := Expected{Figures: Figures{Average: 10 * time.Second}, Answered: 4}
	short := Expected{Figures: Figures{Average: 100 * time.Millisecond}, Answered: 4}
	failed, stopped, skipped := good(10), good(10), good(10)
	failed.Failed, stopped.Stopped, skipped.NotSent = 1, true, 1
	refusing := expected
	refusing.Refused = 1
	for _, c := range []struct {
		name     string
		result   Result
		expected Expected
		want     Judgement
		off      float64
	}{
		{"the same", good(10), expected, AsComputed, 0},
		{"a little slower", good(11.5), expected, AsComputed, 0.15},
		{"slower", good(11.6), expected, Slower, 0.16},
		{"a little faster", good(8.5), expected, AsComputed, -0.15},
		{"faster", good(8.4), expected, Faster, -0.16},
		{"short, and the way there", good(0.2), short, AsComputed, 1},
		{"short, and slower", good(0.201), short, Slower, 1.01},
		{"one failed", failed, expected, Incomparable, 0},
		{"stopped", stopped, expected, Incomparable, 0},
		{"not all sent", skipped, expected, Incomparable, 0},
		{"refusals expected", good(10), refusing, Incomparable, 0},
		{"nothing at all", Result{}, expected, Incomparable, 0},
		{"nothing expected", good(10), Expected{}, Incomparable, 0},
	} {
		got, off := Compare(c.result, c.expected)
		if got != c.want || math.Abs(off-c.off) > 1e-9 {
			t.Errorf("%s: got %s and %v, want %s and %v", c.name, got, off, c.want, c.off)
		}
	}
}
