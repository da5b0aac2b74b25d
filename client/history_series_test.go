package client

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// waits returns a sample with a number of waiting requests.
func waits(seconds float64, n int) Sample {
	return Sample{At: at(seconds), Metrics: Metrics{Waiting: Some(n)}}
}

// drawn shows columns as a transcript: the value, "–" unknown, "!" with an outage.
func drawn(columns []Column) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(' ')
		}
		if c.Known {
			b.WriteString(strconv.FormatFloat(c.Value, 'f', -1, 64))
		} else {
			b.WriteString("–")
		}
		if c.Outage {
			b.WriteByte('!')
		}
	}
	return b.String()
}

func columnsAt(h *History, seconds float64, window time.Duration, n int) string {
	return drawn(h.Columns(MetricWaiting, at(seconds), window, n))
}

func TestColumns(t *testing.T) {
	refused := &Failure{Words: "connection refused"}
	for _, c := range []struct {
		what     string
		interval time.Duration
		story    func(h *History)
		now      float64
		window   time.Duration
		n        int
		want     string
	}{
		{"before the first poll", time.Second, func(*History) {}, 5, 5 * time.Second, 5, "– – – – –"},
		{"one value a poll", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Add(waits(2, 2))
			h.Add(waits(3, 3))
		}, 3.5, 5 * time.Second, 5, "– – 1 2 3"},
		{"the largest of a column", time.Second, func(h *History) {
			for i, n := range []int{4, 9, 1, 2, 0, 7} {
				h.Add(waits(float64(i), n))
			}
		}, 5, 6 * time.Second, 2, "9 7"},
		{"columns begin at multiples of their width", time.Second, func(h *History) {
			for i, n := range []int{4, 9, 1, 2, 0, 7} {
				h.Add(waits(float64(i), n))
			}
		}, 6, 6 * time.Second, 2, "7 7"},
		{"polls rarer than columns leave no gap", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Add(waits(2.1, 2))
			h.Add(waits(3.9, 3)) // none from 3 to 3.9
			h.Add(waits(5.1, 4)) // none in 4
		}, 5.5, 5 * time.Second, 5, "1 2 3 3 4"},
		{"nor does a poll that is not late yet", time.Second, func(h *History) {
			h.Add(waits(1, 1))
		}, 3.9, 4 * time.Second, 4, "– 1 1 1"},
		{"a late one does", time.Second, func(h *History) {
			h.Add(waits(1, 1))
		}, 4.1, 4 * time.Second, 4, "1 –! –! –!"},
		{"missed polls do", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Add(waits(5.5, 2))
		}, 6, 6 * time.Second, 6, "1 –! –! –! 2 2"},
		{"a failed poll does", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Fail(at(2), refused)
			h.Add(waits(3, 3))
		}, 3, 3 * time.Second, 3, "1 –! 3"},
		{"as long as it lasts", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Fail(at(2), refused)
			h.Fail(at(4.5), refused)
			h.Add(waits(9, 3))
		}, 9, 9 * time.Second, 9, "1 –! –! –! –! –! –! –! 3"},
		{"a failed poll beside one that worked", time.Second, func(h *History) {
			h.Add(waits(2, 1))
			h.Fail(at(3), refused)
		}, 3.5, 4 * time.Second, 2, "– 1!"},
		{"unknown is no outage", time.Second, func(h *History) {
			h.Add(waits(1, 1))
			h.Add(Sample{At: at(2)})
			h.Add(waits(3, 3))
		}, 3, 3 * time.Second, 3, "1 – 3"},
		{"a column is not narrower than the interval", 5 * time.Second, func(h *History) {
			h.Add(waits(0, 1))
			h.Add(waits(5, 2))
			h.Add(waits(10, 3))
		}, 12, 15 * time.Second, 15, "1 2 3"},
		{"one column at least", time.Minute, func(h *History) { h.Add(waits(0, 1)) }, 30, 30 * time.Second, 10, "1"},
		{"older than the window", time.Second, func(h *History) {
			h.Add(waits(0, 9))
			h.Add(waits(1, 8))
			h.Add(waits(2, 1))
			h.Add(waits(3, 2))
		}, 3, 2 * time.Second, 2, "1 2"},
		{"a clock that was set back", time.Second, func(h *History) {
			h.Add(waits(2, 1))
			h.Add(waits(100, 9))
			h.Add(waits(3, 2))
		}, 3, 2 * time.Second, 2, "1 2"},
	} {
		h := NewHistory(c.interval)
		c.story(h)
		check(t, c.what, columnsAt(h, c.now, c.window, c.n), c.want)
	}
	h := NewHistory(time.Second)
	check(t, "no columns", h.Columns(MetricWaiting, t0(), time.Minute, 0) == nil, true)
	check(t, "no window", h.Columns(MetricWaiting, t0(), 0, 5) == nil, true)
}

// A longer interval makes what was missed before it no less missed, and nothing
// missed after it.
func TestColumnsWhenTheIntervalChanges(t *testing.T) {
	h := NewHistory(time.Second)
	h.Add(waits(0, 1))
	h.Add(waits(5, 2))
	h.SetInterval(5 * time.Second)
	h.Add(waits(10, 3))
	h.Add(waits(15, 4))
	h.SetInterval(time.Second)
	h.Add(waits(20, 5))
	h.Add(waits(21, 6))
	check(t, "columns of a second", columnsAt(h, 21, 22*time.Second, 22), "1 –! –! –! –! 2 2 2 2 2 3 3 3 3 3 4 4 4 4 4 5 6")
}

// A plot moves once a column: what is drawn does not change while a column lasts,
// and then moves by one.
func TestColumnsAreStill(t *testing.T) {
	h := NewHistory(time.Second)
	for i := range 60 {
		h.Add(waits(float64(i), i%7))
	}
	const window, n = 30 * time.Second, 10
	before := h.Columns(MetricWaiting, at(59), window, n)
	h.Add(waits(60, 3))
	after := h.Columns(MetricWaiting, at(60), window, n)
	check(t, "moved by one", drawn(after[:n-1]), drawn(before[1:]))
}

// Each window is drawn from the finest resolution that reaches back so far.
func TestColumnsOfEachResolution(t *testing.T) {
	h := NewHistory(time.Second)
	const hours = 3
	for i := range hours * 3600 {
		h.Add(waits(float64(i), i/60)) // the minute
	}
	const end = hours*3600 - 1
	for _, c := range []struct {
		window time.Duration
		n      int
		want   string
	}{
		{5 * time.Minute, 5, "175 176 177 178 179"},
		{10 * time.Minute, 5, "171 173 175 177 179"},
		{time.Hour, 4, "134 149 164 179"},
		{2 * time.Hour, 3, "119 159 179"},
		{4 * time.Hour, 4, "– 59 119 179"},
	} {
		check(t, c.window.String(), columnsAt(h, end, c.window, c.n), c.want)
	}
	for _, c := range h.Columns(MetricWaiting, at(end), 30*time.Minute, 300) { // 6 s out of buckets of 10 s
		if !c.Known || c.Outage {
			t.Fatalf("30 min in 300 columns: got a hole: %+v", c)
		}
	}
}
