package loadtest

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Times describe how long messages took. The zero Times are those of no message. The
// quantiles are exact to 0.1%, the others are exact.
type Times struct {
	Count         int64
	Average       time.Duration
	Min, Max      time.Duration
	P50, P95, P99 time.Duration
}

// Bar is the number of messages that took from From to just under To.
type Bar struct {
	From, To time.Duration
	Count    int64
}

// The histogram counts microseconds, up to a day.
const (
	unit    = time.Microsecond
	longest = 24 * time.Hour
	digits  = 3
)

// timesRecorder collects times.
type timesRecorder struct {
	histogram *hdrhistogram.Histogram
	sum       time.Duration
	min, max  time.Duration
}

func newTimesRecorder() *timesRecorder {
	return &timesRecorder{histogram: hdrhistogram.New(1, int64(longest/unit), digits)}
}

// add records a time. With an interval above zero it also records the times of the
// messages that would have been sent meanwhile at that interval.
func (r *timesRecorder) add(d, interval time.Duration) {
	d = min(max(d, 0), longest)
	if r.histogram.TotalCount() == 0 || d < r.min {
		r.min = d
	}
	r.max = max(r.max, d)
	r.sum += d
	if interval > 0 {
		_ = r.histogram.RecordCorrectedValue(int64(d/unit), int64(interval/unit)) // what is recorded is in its range
	} else {
		_ = r.histogram.RecordValue(int64(d / unit)) // as above
	}
}

// times returns the recorded times. The average of a corrected histogram is computed
// from its buckets.
func (r *timesRecorder) times(corrected bool) Times {
	n := r.histogram.TotalCount()
	if n == 0 {
		return Times{}
	}
	t := Times{Count: n, Min: r.min, Max: r.max, P50: r.quantile(50), P95: r.quantile(95), P99: r.quantile(99)}
	if corrected {
		t.Min = max(time.Duration(r.histogram.Min())*unit, 0)
		t.Average = time.Duration(r.histogram.Mean() * float64(unit))
	} else {
		t.Average = r.sum / time.Duration(n)
	}
	return t
}

// quantile returns a quantile, within the smallest and the largest recorded time.
func (r *timesRecorder) quantile(percent float64) time.Duration {
	return min(max(time.Duration(r.histogram.ValueAtQuantile(percent))*unit, r.min), r.max)
}

// maxBars is the largest number of bars.
const maxBars = 10

// bars returns the recorded times in bars of one round width: at most maxBars, and
// no more than there are times.
func (r *timesRecorder) bars() []Bar {
	if r.histogram.TotalCount() == 0 {
		return nil
	}
	width := roundWidth(r.min, r.max, min(r.histogram.TotalCount(), maxBars))
	from := r.min / width * width
	bars := make([]Bar, int((r.max-from)/width)+1)
	for i := range bars {
		bars[i].From = from + time.Duration(i)*width
		bars[i].To = bars[i].From + width
	}
	for _, b := range r.histogram.Distribution() {
		if b.Count > 0 {
			at := min(max(time.Duration(b.To)*unit, r.min), r.max) // a bucket of the histogram is 0.1% wide
			bars[int((at-from)/width)].Count += b.Count
		}
	}
	return bars
}

// roundWidth returns the smallest of 1, 2, 5, 10, 20, 50 … ms with which so many bars
// cover the times from low to high.
func roundWidth(low, high time.Duration, bars int64) time.Duration {
	for power := time.Millisecond; ; power *= 10 {
		for _, digit := range []time.Duration{1, 2, 5} {
			if width := digit * power; int64(high/width-low/width) < bars {
				return width
			}
		}
	}
}
