package window

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreRightToTheBucket(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var samples []float64
	for i := range 5000 {
		ms := math.Exp(random.NormFloat64()*1.5 + 7)
		samples = append(samples, ms)
		h.Record(time.Duration(i)*10*time.Millisecond, time.Duration(ms*float64(time.Millisecond)))
	}
	slices.Sort(samples)
	for q, want := range map[float64]float64{0.5: samples[2499], 0.95: samples[4749], 0.99: samples[4949], 1: samples[4999]} {
		d, ok := h.Quantile(50*time.Second, q)
		if got := float64(d) / float64(time.Millisecond); !ok || math.Abs(got-want)/want > 0.03 {
			t.Errorf("quantile %v: got %.0f ms, %v, want %.0f within 3%%", q, got, ok, want)
		}
	}
	if n := h.Count(50 * time.Second); n != 5000 {
		t.Errorf("got %d, want 5000", n)
	}
}

func TestDurationsSlideOutAfter5Minutes(t *testing.T) {
	var h Histogram
	h.Record(0, time.Second)
	h.Record(100*time.Second, 3*time.Second)
	for _, c := range []struct {
		now     time.Duration
		count   int64
		average time.Duration
	}{
		{299 * time.Second, 2, 2 * time.Second}, {311 * time.Second, 1, 3 * time.Second}, {399 * time.Second, 1, 3 * time.Second},
		{411 * time.Second, 0, 0}, {time.Hour, 0, 0},
	} {
		n := h.Count(c.now)
		average, some := h.Average(c.now)
		_, known := h.Quantile(c.now, 0.5)
		if n != c.count || average != c.average || some != (n > 0) || known != (n > 0) {
			t.Errorf("at %v: got %d, average %v, %v, a median %v, want %d, %v", c.now, n, average, some, known, c.count, c.average)
		}
	}
	h.Record(2*time.Hour, 5*time.Second)
	if got, _ := h.Average(2 * time.Hour); got != 5*time.Second {
		t.Errorf("after a long time: got %v, want 5s", got)
	}
	if n, sum := h.Total(); n != 3 || sum != 9*time.Second {
		t.Errorf("in all: got %d, %v, want 3, 9s", n, sum)
	}
}

func TestBucketsCoverADay(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 31 * time.Millisecond, 32 * time.Millisecond, 63 * time.Millisecond, 64 * time.Millisecond, time.Second, time.Hour, 24 * time.Hour} {
		middle := middleOf(bucketOf(d))
		if off := math.Abs(float64(middle - d)); off > float64(d)/32+float64(time.Millisecond) {
			t.Errorf("%v: bucket %d, middle %v", d, bucketOf(d), middle)
		}
	}
	if got := bucketOf(math.MaxInt64); got != buckets-1 {
		t.Errorf("longest: bucket %d of %d", got, buckets)
	}
}

func TestMinute(t *testing.T) {
	var m Minute
	for i := range 120 {
		m.Add(time.Duration(i) * time.Second)
	}
	for _, c := range []struct {
		now  time.Duration
		want int
	}{{119 * time.Second, 60}, {120 * time.Second, 59}, {150*time.Second + 1, 29}, {179 * time.Second, 0}, {10 * time.Minute, 0}} {
		if got := m.Count(c.now); got != c.want {
			t.Errorf("at %v: got %d, want %d", c.now, got, c.want)
		}
	}
}

func TestPresence(t *testing.T) {
	var p Presence
	var ann, bob Sighting
	for _, c := range []struct {
		now  time.Duration
		see  *Sighting
		want int
	}{
		{0, &ann, 1},
		{time.Second, &ann, 1},
		{100 * time.Second, &bob, 2},
		{200 * time.Second, &ann, 2},
		{399 * time.Second, nil, 2},
		{400 * time.Second, nil, 1}, // bob is gone
		{401 * time.Second, &bob, 2},
		{500 * time.Second, nil, 1}, // ann is
		{time.Hour, nil, 0},
		{time.Hour, &ann, 1},
	} {
		if c.see != nil {
			p.See(c.see, c.now)
		}
		if got := p.Count(c.now); got != c.want {
			t.Errorf("at %v: got %d, want %d", c.now, got, c.want)
		}
	}
}

// A minute after something happened it is forgotten.
func TestLog(t *testing.T) {
	log := Log{0, 30 * time.Second}
	for _, c := range []struct {
		now  time.Duration
		want int
	}{{59 * time.Second, 2}, {time.Minute, 1}, {89 * time.Second, 1}, {90 * time.Second, 0}} {
		if got := log.CountSince(c.now, time.Minute); got != c.want {
			t.Errorf("at %v: got %d, want %d", c.now, got, c.want)
		}
	}
}

// Of few durations, too, a quantile is the smallest that so many do not exceed.
func TestQuantilesOfFew(t *testing.T) {
	var h Histogram
	for i, c := range []struct{ add, p50, p95 time.Duration }{
		{0, 0, 0},
		{4 * time.Second, 0, 4 * time.Second},
		{8 * time.Second, 4 * time.Second, 8 * time.Second},
		{9 * time.Second, 4 * time.Second, 9 * time.Second},
	} {
		h.Record(0, c.add)
		for q, want := range map[float64]time.Duration{0.5: c.p50, 0.95: c.p95} {
			if got, ok := h.Quantile(0, q); !ok || (got-want).Abs() > want/30+time.Millisecond {
				t.Errorf("%d durations, %v: got %v, %v, want about %v", i+1, q, got, ok, want)
			}
		}
	}
}
