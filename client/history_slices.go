package client

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// SliceLength is how long the slices are that a server tells of the last hour.
const SliceLength = 5 * time.Second

// lanesKept is how many lanes are kept of a slice, as an endpoint keeps them.
const lanesKept = 8

// WaitColumn is one bucket of time in a plot of waits: those of the requests that started
// in it, as they were.
type WaitColumn struct {
	Longest Opt[time.Duration] // of the starts; where nothing started, the oldest of those who waited; zero where nobody did
	Median  Opt[time.Duration] // of the starts
	Starts  int64
	Waiting Opt[int] // the most at one time
	Limited int64    // answers of 429
	Level   Level    // the worst of the verdicts

	Successful, Failed int64       // that finished
	Waits              []WaitCount // of the starts, ascending
	Outage             bool        // a poll failed or was missed in it
}

// sliceHistory is the slices of one length that the endpoint told, by its own clock, oldest
// first.
type sliceHistory struct {
	length, retention time.Duration
	all               []Slice
}

// take adds slices, or puts newer versions in the place of those that are known. It returns
// those that have become too old to be kept: of whole minutes.
func (h *sliceHistory) take(list []Slice) (old []Slice) {
	for _, s := range list {
		i, found := h.search(s.At.Value)
		if found {
			if len(s.LongestWaits) == 0 { // a poll tells less of it
				s.LongestWaits = h.all[i].LongestWaits
			}
			if len(s.Lanes) == 0 {
				s.Lanes = h.all[i].Lanes
			}
			h.all[i] = s
		} else {
			h.all = slices.Insert(h.all, i, s)
		}
	}
	if n := len(h.all); n > 0 {
		first, _ := h.search(h.all[n-1].At.Value.Add(-h.retention).Truncate(time.Minute))
		old = slices.Clone(h.all[:first])
		h.all = slices.Delete(h.all, 0, first)
	}
	return old
}

// takeMinutes takes slices of whole minutes, oldest first, as slices of a minute: of minutes
// of which nothing else is known.
func (h *sliceHistory) takeMinutes(list []Slice) {
	for len(list) > 0 {
		at := list[0].At.Value.Truncate(time.Minute)
		minute := list[0]
		list = list[1:]
		for len(list) > 0 && list[0].At.Value.Before(at.Add(time.Minute)) {
			minute.add(list[0])
			list = list[1:]
		}
		if minute.At, minute.Length = Some(at), Some(time.Minute); !h.knows(at) {
			h.take([]Slice{minute})
		}
	}
}

// dropAfter drops the slices that begin after a time.
func (h *sliceHistory) dropAfter(at time.Time) {
	i, known := h.search(at)
	if known {
		i++
	}
	h.all = slices.Delete(h.all, i, len(h.all))
}

// takePast adds the slices of a stretch of time that are over, and those in which the server
// was idle, which it leaves out. One that seems idle takes nobody's place: polls may have told
// more of it.
func (h *sliceHistory) takePast(p Past) {
	if !p.Since.Known || !p.Until.Known || p.Step.Value != h.length {
		return // those of another length would count twice
	}
	p.Slices = slices.Clone(p.Slices)
	for i := range p.Slices { // they begin at multiples of their length, as the idle ones do
		p.Slices[i].At = Some(p.Slices[i].At.Value.Truncate(h.length))
	}
	over := func(at time.Time) bool { return !at.Add(h.length).After(p.Until.Value) }
	told := map[time.Time]bool{}
	var list []Slice
	for _, s := range p.Slices {
		if told[s.At.Value] = true; over(s.At.Value) {
			list = append(list, s)
		}
	}
	first := p.Until.Value.Add(-h.retention).Truncate(h.length)
	if p.Since.Value.After(first) {
		first = p.Since.Value.Truncate(h.length)
	}
	for at := first; over(at); at = at.Add(h.length) {
		if !told[at] && !h.knows(at) && !p.inGap(at) {
			list = append(list, idleSlice(at, h.length))
		}
	}
	h.take(list)
}

// idleSlice is one in which nothing happened.
func idleSlice(at time.Time, length time.Duration) Slice {
	none := Some[int64](0)
	return Slice{
		At: Some(at), Length: Some(length), Waiting: Some(0), Oldest: Some(time.Duration(0)),
		Arrivals: none, Starts: none, Successful: none, Failed: none, Cancelled: none, Refused: none, RateLimited: none,
		Paused: Some(time.Duration(0)), InputTokens: none, OutputTokens: none,
	}
}

// search returns the place of the slice that begins at a time, and whether it is known.
func (h *sliceHistory) search(at time.Time) (int, bool) {
	return slices.BinarySearchFunc(h.all, at, func(s Slice, at time.Time) int { return s.At.Value.Compare(at) })
}

func (h *sliceHistory) knows(at time.Time) bool {
	_, known := h.search(at)
	return known
}

// newest returns when the newest slice began; false if there is none.
func (h *sliceHistory) newest() (time.Time, bool) {
	if len(h.all) == 0 {
		return time.Time{}, false
	}
	return h.all[len(h.all)-1].At.Value, true
}

// between returns the slices that end after one time and begin before another.
func (h *sliceHistory) between(since, until time.Time) []Slice {
	first := sort.Search(len(h.all), func(i int) bool { return h.all[i].At.Value.Add(h.length).After(since) })
	end := sort.Search(len(h.all), func(i int) bool { return !h.all[i].At.Value.Before(until) })
	return h.all[first:max(first, end)]
}

// inGap reports whether nothing is known of a time.
func (p Past) inGap(at time.Time) bool {
	return slices.ContainsFunc(p.Gaps, func(g Gap) bool {
		return !at.Before(g.Since.Value) && at.Before(g.Until.Value)
	})
}

// columns returns n columns of a width, of which the last one contains now by the endpoint's
// clock, and nothing that began later.
func (h *sliceHistory) columns(now time.Time, width time.Duration, n int) []WaitColumn {
	columns := make([]WaitColumn, n)
	newest := now.UnixNano() / int64(width)
	for _, s := range h.all {
		if s.At.Value.After(now) {
			break
		}
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
	c.Level = max(c.Level, s.Level)
	c.Successful, c.Failed = c.Successful+s.Successful.Value, c.Failed+s.Failed.Value
	switch started := s.Starts.Value > 0 && s.Longest.Known; {
	case started && c.Starts == 0:
		c.Longest = s.Longest
	case started:
		c.Longest = maxOf(c.Longest, s.Longest)
	case c.Starts == 0 && (s.Oldest.Known || s.Waiting == Some(0)):
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
// each. It returns nil where the endpoint tells no slices. The last column contains now: where
// that is not past, and somebody waits, its longest is at least what the oldest has waited.
func (h *History) Waits(now time.Time, window time.Duration, columns int) []WaitColumn {
	if columns <= 0 || window <= 0 || !h.tellsSlices() {
		return nil
	}
	from := h.slicesAt(h.EndpointTime(now).Add(-window))
	width, n := columnsOf(window, columns, max(h.interval, from.length))
	list := from.columns(h.EndpointTime(now), width, n)
	polls := h.Columns(MetricWaiting, now, time.Duration(n)*width, n)
	for i, c := range last(polls, n) {
		list[n-len(polls)+i].Outage = c.Outage
	}
	if now.Before(h.newest.Value.At) {
		return list
	}
	if now := &list[n-1]; h.newest.Value.Detail != nil && !now.Outage {
		now.Longest = maxOf(now.Longest, h.newest.Value.Detail.OldestWait)
	}
	return list
}

// Free returns the columns of a plot of a lane's limit: how much of it was free at the end of a
// slice, the least of each column. See [History.Waits].
func (h *History) Free(lane, kind string, now time.Time, window time.Duration, columns int) []Column {
	waits := h.Waits(now, window, columns)
	free := make([]Column, len(waits))
	for i, c := range waits {
		free[i].Outage = c.Outage
	}
	if len(free) == 0 {
		return nil
	}
	at := h.EndpointTime(now)
	from := h.slicesAt(at.Add(-window))
	width, n := columnsOf(window, columns, max(h.interval, from.length))
	for _, s := range from.between(at.Add(-window-width), at) {
		i := n - 1 - int(at.UnixNano()/int64(width)-s.At.Value.UnixNano()/int64(width))
		if i < 0 || i >= n {
			continue
		}
		for _, l := range s.Lanes {
			for _, limit := range l.Limits {
				if l.Name == lane && limit.Kind == kind && limit.Free.Known && (!free[i].Known || float64(limit.Free.Value) < free[i].Value) {
					free[i].Value, free[i].Known = float64(limit.Free.Value), true
				}
			}
		}
	}
	return free
}

// ColumnAt returns which of the columns of [History.Waits] or, where the endpoint tells no
// slices, of [History.Columns] a time of the history's clock lies in, see [History.Clock];
// below zero if it is before the first. The last column contains the end, by the same clock.
func (h *History) ColumnAt(at, end time.Time, window time.Duration, columns int) int {
	least := h.interval
	if h.tellsSlices() {
		least = max(least, h.slicesAt(end.Add(-window)).length)
	}
	width, n := columnsOf(window, columns, least)
	return n - 1 - int(end.UnixNano()/int64(width)-at.UnixNano()/int64(width))
}

// columnsOf returns how wide the columns of a plot are, and how many there are.
func columnsOf(window time.Duration, columns int, least time.Duration) (width time.Duration, n int) {
	width = max(window/time.Duration(columns), least, time.Millisecond)
	return width, max(1, min(columns, int(window/width)))
}

// tellsSlices reports whether the endpoint tells slices, and still does: an older version that
// took the place of one that did does not.
func (h *History) tellsSlices() bool {
	return len(h.slices.all) > 0 && (h.newest.Value.Detail != nil || !h.newest.Known)
}

// slicesAt returns the slices that reach back to a time of the endpoint's: the short ones, if
// they do, or if there are no others.
func (h *History) slicesAt(at time.Time) *sliceHistory {
	all := h.minuteSlices.all
	if newest, ok := h.slices.newest(); !ok || len(all) == 0 || at.After(newest.Add(-h.slices.retention)) {
		return &h.slices
	}
	return &h.minuteSlices
}

// takeLatest takes the slices that a poll tells, the present one last, with the lanes as they
// are now. After the endpoint's clock was set back, slices in its future are dropped.
func (h *History) takeLatest(list []Slice, lanes []Lane) {
	if len(list) == 0 {
		return
	}
	list = slices.Clone(list)
	if now := &list[len(list)-1]; len(now.Lanes) == 0 {
		for _, l := range lanes[:min(len(lanes), lanesKept)] {
			now.Lanes = append(now.Lanes, LaneSlice{Name: l.Name, Waiting: l.Waiting, Running: l.Running, Limits: l.Limits})
		}
	}
	present := list[len(list)-1].At.Value
	h.slices.dropAfter(present)
	h.minuteSlices.dropAfter(present)
	h.minuteSlices.takeMinutes(h.slices.take(list))
}

// SliceBegan returns when the newest slice began, by the endpoint's clock; the zero time if none is
// known. Incidents end with a slice.
func (h *History) SliceBegan() time.Time {
	began, _ := h.slices.newest()
	return began
}

// AddPast takes what the endpoint tells of the past, in slices of 5 s or of a minute: the plots
// of waits then have it, too, and so has [History.At].
func (h *History) AddPast(p Past) {
	h.slices.takePast(p)
	h.minuteSlices.takePast(p)
}

// Clock returns what the clock of the history says at a time of ours: the endpoint's, if it
// keeps a history, else ours.
func (h *History) Clock(now time.Time) time.Time {
	if len(h.slices.all) == 0 {
		return now
	}
	return h.EndpointTime(now)
}

// EndpointTime returns what the endpoint's clock says at a time of ours.
func (h *History) EndpointTime(now time.Time) time.Time {
	if s := h.newest.Value; s.Timestamp.Known {
		return s.Timestamp.Value.Add(now.Sub(s.At))
	}
	return now
}
