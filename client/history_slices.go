package client

import (
	"cmp"
	"slices"
	"time"
)

// sliceLength is how long the slices are that a server keeps of the last hour.
const sliceLength = 5 * time.Second

// keptSlices is how long slices are remembered here.
const keptSlices = time.Hour

// WaitColumn is one bucket of time in a plot of waits: those of the requests that started
// in it, as they were.
type WaitColumn struct {
	Longest Opt[time.Duration] // of the starts; where nothing started, the oldest of those who waited; zero where nobody did
	Median  Opt[time.Duration] // of the starts
	Starts  int64
	Waiting Opt[int]    // the most at one time
	Limited int64       // answers of 429
	Waits   []WaitCount // of the starts, ascending
	Outage  bool        // a poll failed or was missed in it
}

// sliceHistory is the slices that the endpoint told, by its own clock, oldest first.
type sliceHistory struct{ all []Slice }

// take adds slices, or puts newer versions in the place of those that are known.
func (h *sliceHistory) take(list []Slice) {
	for _, s := range list {
		i, found := slices.BinarySearchFunc(h.all, s.At.Value, func(s Slice, at time.Time) int { return s.At.Value.Compare(at) })
		if found {
			h.all[i] = s
		} else {
			h.all = slices.Insert(h.all, i, s)
		}
	}
	if n := len(h.all); n > 0 {
		oldest := h.all[n-1].At.Value.Add(-keptSlices)
		first, _ := slices.BinarySearchFunc(h.all, oldest, func(s Slice, at time.Time) int { return s.At.Value.Compare(at) })
		h.all = slices.Delete(h.all, 0, first)
	}
}

// takePast adds the slices of a stretch of time, and those in which the server was idle,
// which it leaves out.
func (h *sliceHistory) takePast(p Past) {
	if !p.Since.Known || !p.Until.Known || p.Step.Value != sliceLength {
		return // coarser ones would count twice
	}
	told := map[time.Time]bool{}
	for _, s := range p.Slices {
		told[s.At.Value] = true
	}
	list := slices.Clone(p.Slices)
	first := p.Until.Value.Add(-keptSlices).Truncate(sliceLength)
	if p.Since.Value.After(first) {
		first = p.Since.Value
	}
	for at := first; at.Before(p.Until.Value); at = at.Add(sliceLength) {
		if !told[at] && !p.inGap(at) {
			list = append(list, Slice{At: Some(at), Length: Some(sliceLength), Waiting: Some(0), Oldest: Some(time.Duration(0)), Starts: Some[int64](0)})
		}
	}
	newest := time.Time{} // what polls have told since is newer
	if n := len(h.all); n > 0 {
		newest = h.all[n-1].At.Value
	}
	h.take(slices.DeleteFunc(list, func(s Slice) bool { return !s.At.Value.Before(newest) && !newest.IsZero() }))
}

// inGap reports whether nothing is known of a time.
func (p Past) inGap(at time.Time) bool {
	return slices.ContainsFunc(p.Gaps, func(g Gap) bool {
		return !at.Before(g.Since.Value) && at.Before(g.Until.Value)
	})
}

// columns returns n columns of a width, of which the last one contains now by the endpoint's
// clock.
func (h *sliceHistory) columns(now time.Time, width time.Duration, n int) []WaitColumn {
	columns := make([]WaitColumn, n)
	newest := now.UnixNano() / int64(width)
	for _, s := range h.all {
		if i := n - 1 - int(newest-s.At.Value.UnixNano()/int64(width)); i >= 0 && i < n {
			columns[i].add(&s)
		}
	}
	for i := range columns {
		columns[i].finish()
	}
	return columns
}

// add adds a slice to the column. Until finish, Longest is that of the starts if there are
// any.
func (c *WaitColumn) add(s *Slice) {
	c.Waiting = maxOf(c.Waiting, s.Waiting)
	c.Limited += s.RateLimited.Value
	switch started := s.Starts.Value > 0 && s.Longest.Known; {
	case started && c.Starts == 0:
		c.Longest = s.Longest
	case started:
		c.Longest = maxOf(c.Longest, s.Longest)
	case c.Starts == 0:
		c.Longest = maxOf(c.Longest, Some(s.Oldest.Value))
	}
	switch {
	case s.Starts.Value == 0:
	case c.Starts == 0:
		c.Median, c.Waits = s.Median, s.Waits
	default:
		c.Median, c.Waits = Opt[time.Duration]{}, mergeWaits(c.Waits, s.Waits)
	}
	c.Starts += s.Starts.Value
}

// finish computes the median where several slices are in the column: it lies in the count
// that holds the middle one.
func (c *WaitColumn) finish() {
	if c.Median.Known || c.Starts == 0 {
		return
	}
	total := int64(0)
	for _, w := range c.Waits {
		total += w.Count.Value
	}
	rank := (total + 1) / 2
	for _, w := range c.Waits {
		if rank -= w.Count.Value; rank <= 0 {
			c.Median = Some(min(w.AtMost.Value, c.Longest.Value))
			return
		}
	}
}

// mergeWaits adds up two lists of counts.
func mergeWaits(a, b []WaitCount) []WaitCount {
	merged := make([]WaitCount, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].AtMost.Value < b[0].AtMost.Value:
			merged, a = append(merged, a[0]), a[1:]
		case len(a) == 0 || b[0].AtMost.Value < a[0].AtMost.Value:
			merged, b = append(merged, b[0]), b[1:]
		default:
			merged = append(merged, WaitCount{a[0].AtMost, Some(a[0].Count.Value + b[0].Count.Value)})
			a, b = a[1:], b[1:]
		}
	}
	return merged
}

// maxOf returns the larger of two figures, or the one that is known.
func maxOf[T cmp.Ordered](a, b Opt[T]) Opt[T] {
	switch {
	case !a.Known:
		return b
	case !b.Known:
		return a
	default:
		return Some(max(a.Value, b.Value))
	}
}

// Waits returns the columns of a plot of waits as [History.Columns] does, of at least 5 s
// each. It returns nil where the endpoint tells no slices. The last column contains now: while
// somebody waits, its longest is at least what the oldest has waited.
func (h *History) Waits(now time.Time, window time.Duration, columns int) []WaitColumn {
	if columns <= 0 || window <= 0 || len(h.slices.all) == 0 {
		return nil
	}
	width := max(window/time.Duration(columns), h.interval, sliceLength)
	n := max(1, min(columns, int(window/width)))
	list := h.slices.columns(h.EndpointTime(now), width, n)
	polls := h.Columns(MetricWaiting, now, time.Duration(n)*width, n)
	for i, c := range last(polls, n) {
		list[n-len(polls)+i].Outage = c.Outage
	}
	if now := &list[n-1]; h.newest.Value.Detail != nil && !now.Outage {
		now.Longest = maxOf(now.Longest, h.newest.Value.Detail.OldestWait)
	}
	return list
}

// AddPast takes what the endpoint tells of the time before it was watched, in slices of 5 s:
// the plots of waits then have it, too.
func (h *History) AddPast(p Past) { h.slices.takePast(p) }

// EndpointTime returns what the endpoint's clock says at a time of ours.
func (h *History) EndpointTime(now time.Time) time.Time {
	if s := h.newest.Value; s.Timestamp.Known {
		return s.Timestamp.Value.Add(now.Sub(s.At))
	}
	return now
}
