package client

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue"
)

// Moment is what is known of a moment in the past. What was not kept of it is unknown, as in a
// sample of an endpoint that does not tell it.
type Moment struct {
	Sample  Sample
	Derived Derived
	Verdict Verdict
	Until   time.Time // the end of what is told
	Minute  Slice     // of the minute that ends with the moment; zero where the endpoint keeps no history
}

// At returns what is known of a time by the history's clock, see [History.Clock]; false if
// nothing is. It is the worst of the slice that the time lies in: the most that waited, the
// longest wait, and whose it was. Of the users that waited only the ten longest waits were kept.
func (h *History) At(at time.Time) (Moment, bool) {
	if len(h.slices.all) == 0 {
		return h.polledAt(at)
	}
	list, ok := h.slices.minuteUntil(at)
	if !ok {
		list, ok = h.minuteSlices.minuteUntil(at)
	}
	switch {
	case !ok && !h.tellsSlices():
		return h.polledAt(at)
	case !ok:
		return Moment{}, false
	}
	of := list[len(list)-1]
	m := Moment{Until: of.At.Value.Add(of.Length.Value), Minute: list[0], Verdict: Verdict{Level: of.Level, Message: of.Message}}
	for _, s := range list[1:] {
		m.Minute.add(s)
	}
	if m.Verdict.Message == "" {
		m.Verdict.Message = isProcessing
	}
	newest := h.newest.Value
	detail := &Detail{
		OldestWait: of.longestWait(), Lanes: lanesOf(of), Users: usersOf(of), Oldest: oldestOf(of), Binds: bindsOf(of),
		Failures: failuresOf(m.Minute),
	}
	if detail.Oldest != nil {
		detail.OldestWait = maxOf(detail.OldestWait, detail.Oldest.Waited)
	}
	detail.takeCause(of)
	if newest.Detail != nil {
		detail.Settings = newest.Detail.Settings
	}
	if p95 := m.Minute.p95(); p95.Known {
		band := queue.BandForWait(p95.Value)
		detail.Measured = &MeasuredBand{Band: Some(band.Name), Feels: Some(band.Feels), P95: p95, Starts: m.Minute.Starts}
	}
	m.Sample = Sample{
		At: at, Role: newest.Role, Timestamp: Some(at), Metrics: Metrics{Waiting: of.Waiting},
		Health: Health{IsHealthy: Some(of.Level == Healthy), Message: Some(of.Message)}, Detail: detail,
	}
	m.Derived.RecentRate = ratio(m.Minute.Successful.Value, m.Minute.Failed.Value)
	m.Derived.RecentFinished = asInt(Some(m.Minute.Successful.Value + m.Minute.Failed.Value))
	return m, true
}

// takeCause takes what held up most of a slice, as the endpoint tells it: failures, or what the
// one that waited longest waited for.
func (d *Detail) takeCause(s Slice) {
	cause := mostOf(s.Causes)
	switch kind := causeKind(cause); {
	case isClass(cause) && kind == cause:
		d.Cause = Some(queue.ClassName(cause))
	case kind != waitsForTurn && kind != queue.BlockedByPause, d.Oldest == nil, d.Binds != nil && d.Binds.Kind == cause:
	default:
		d.Binds = &Binding{Lane: d.Oldest.Lane, Kind: cause}
	}
}

// minuteUntil returns the slices of the minute that ends with the slice of a time; false if
// that one is not known.
func (h *sliceHistory) minuteUntil(at time.Time) ([]Slice, bool) {
	begin := at.Truncate(h.length)
	end := begin.Add(h.length)
	list := h.between(end.Add(-time.Minute), end)
	return list, len(list) > 0 && !list[len(list)-1].At.Value.Before(begin)
}

// polledAt is what the polls have told of a time, where the endpoint tells counters only.
func (h *History) polledAt(at time.Time) (Moment, bool) {
	column := func(m Metric) Column {
		columns := h.Columns(m, at, h.interval, 1)
		if len(columns) == 0 || columns[0].Outage {
			return Column{}
		}
		return columns[0]
	}
	waiting, wait, rate := column(MetricWaiting), column(MetricWait), column(MetricSuccess)
	if !waiting.Known {
		return Moment{}, false
	}
	m := Moment{Until: at.Add(h.interval), Sample: Sample{At: at, Role: h.newest.Value.Role, Timestamp: Some(at)}}
	m.Sample.Waiting = Some(int(waiting.Value))
	m.Derived.RecentRate = Opt[float64]{Value: rate.Value, Known: rate.Known}
	m.Derived.RecentWait = Opt[time.Duration]{Value: time.Duration(wait.Value * float64(time.Second)), Known: wait.Known}
	m.Derived.MeanWait = m.Derived.RecentWait
	m.Verdict = Judge(m.Sample, m.Derived)
	return m, true
}

// add adds the slice that follows.
func (s *Slice) add(later Slice) {
	s.Length = Some(later.At.Value.Add(later.Length.Value).Sub(s.At.Value))
	for _, sum := range []struct {
		to   *Opt[int64]
		more Opt[int64]
	}{
		{&s.Arrivals, later.Arrivals},
		{&s.Starts, later.Starts},
		{&s.Successful, later.Successful},
		{&s.Failed, later.Failed},
		{&s.Cancelled, later.Cancelled},
		{&s.Refused, later.Refused},
		{&s.RateLimited, later.RateLimited},
		{&s.InputTokens, later.InputTokens},
		{&s.OutputTokens, later.OutputTokens},
	} {
		*sum.to = Opt[int64]{Value: sum.to.Value + sum.more.Value, Known: sum.to.Known || sum.more.Known}
	}
	s.Paused = Opt[time.Duration]{Value: s.Paused.Value + later.Paused.Value, Known: s.Paused.Known || later.Paused.Known}
	s.Waiting, s.Oldest, s.Longest = maxOf(s.Waiting, later.Waiting), maxOf(s.Oldest, later.Oldest), maxOf(s.Longest, later.Longest)
	s.Waits, s.Median = mergeWaits(s.Waits, later.Waits), Opt[time.Duration]{}
	s.Failures = addClasses(s.Failures, later.Failures)
	if later.Level > Healthy && later.Level >= s.Level {
		s.Level, s.Message = later.Level, later.Message
	}
	s.addBad(later)
	s.LongestWaits = addLongest(s.LongestWaits, later.LongestWaits)
	if len(later.Lanes) > 0 {
		s.Lanes = later.Lanes
	}
}

// addBad adds for how long all was not well in the slice that follows.
func (s *Slice) addBad(later Slice) {
	if !later.BadUntil.Known || !later.BadFrom.Known {
		return
	}
	if !s.BadFrom.Known {
		s.BadFrom = later.BadFrom
	}
	s.BadUntil = later.BadUntil
	s.Critical = Opt[time.Duration]{Value: s.Critical.Value + later.Critical.Value, Known: s.Critical.Known || later.Critical.Known}
	s.Causes = addCauses(s.Causes, later.Causes)
}

// addCauses adds up for how long there was each cause.
func addCauses(a, b []SliceCause) List[SliceCause] {
	return addRows(a, b, func(x, y SliceCause) bool { return x.Cause == y.Cause }, func(sum *SliceCause, c SliceCause) { sum.For = Some(sum.For.Value + c.For.Value) })
}

// maxLongest is how many users a slice names at most that waited longest.
const maxLongest = 10

// addLongest returns the longest wait of each user of two lists, the longest first.
func addLongest(a, b []LongestWait) List[LongestWait] {
	all := slices.Clone(a)
	for _, w := range b {
		i := slices.IndexFunc(all, func(other LongestWait) bool { return other.User == w.User })
		switch {
		case i < 0:
			all = append(all, w)
		case w.Waited.Value >= all[i].Waited.Value:
			w.Waiting = maxOf(w.Waiting, all[i].Waiting)
			all[i] = w
		default:
			all[i].Waiting = maxOf(w.Waiting, all[i].Waiting)
		}
	}
	slices.SortStableFunc(all, func(a, b LongestWait) int { return cmp.Compare(b.Waited.Value, a.Waited.Value) })
	return all[:min(len(all), maxLongest)]
}

// addClasses adds up how many calls failed for each class.
func addClasses(a, b []ClassCount) List[ClassCount] {
	return addRows(a, b, func(x, y ClassCount) bool { return x.Class == y.Class }, func(sum *ClassCount, c ClassCount) { sum.Count = Some(sum.Count.Value + c.Count.Value) })
}

// addRows returns the rows of a, and to each those of b added that are of the same; the others
// follow.
func addRows[T any](a, b []T, same func(x, y T) bool, add func(sum *T, row T)) List[T] {
	sum := slices.Clone(a)
	for _, row := range b {
		i := slices.IndexFunc(sum, func(of T) bool { return same(of, row) })
		if i < 0 {
			sum = append(sum, row)
			continue
		}
		add(&sum[i], row)
	}
	return sum
}

// p95 returns the wait that 95 in 100 of those who started had at most, as far as the counts
// tell: up to the bound of the count that it lies in.
func (s *Slice) p95() Opt[time.Duration] {
	total := int64(0)
	for _, w := range s.Waits {
		total += w.Count.Value
	}
	rank := (total*95 + 99) / 100
	for _, w := range s.Waits {
		if rank -= w.Count.Value; rank <= 0 {
			if s.Longest.Known {
				return Some(min(w.AtMost.Value, s.Longest.Value))
			}
			return w.AtMost
		}
	}
	return Opt[time.Duration]{}
}

func asInt(n Opt[int64]) Opt[int] { return Opt[int]{Value: int(n.Value), Known: n.Known} }

// usersOf returns the users that a slice tells of, who waited longest first.
func usersOf(s Slice) List[User] {
	users := List[User]{}
	for _, w := range s.LongestWaits {
		u := User{Name: NameOf(w.User), Waiting: w.Waiting}
		if w.Started.Value {
			u.LastWait = w.Waited
		} else {
			u.Oldest = w.Waited
		}
		users = append(users, u)
	}
	return users
}

// oldestOf returns the request that had waited longest in a slice, whatever became of it; nil if
// it is not known.
func oldestOf(s Slice) *OldestRequest {
	var oldest *OldestRequest
	for _, w := range s.LongestWaits {
		if oldest == nil || w.Waited.Value > oldest.Waited.Value {
			oldest = &OldestRequest{User: w.User, Lane: w.Lane, Waited: w.Waited}
		}
	}
	return oldest
}

// lanesOf returns the lanes at the end of a slice.
func lanesOf(s Slice) List[Lane] {
	lanes := List[Lane]{}
	for _, l := range s.Lanes {
		lanes = append(lanes, Lane{Name: l.Name, Waiting: l.Waiting, Running: l.Running, Limits: l.Limits})
	}
	return lanes
}

// usedUp is the share of a limit that is left at most where it is what holds requests up.
const usedUp = 0.1

// bindsOf returns the limit of the lane of the oldest that was used up; nil if none was.
func bindsOf(s Slice) *Binding {
	var binds *Binding
	lane, least := "", usedUp
	if oldest := oldestOf(s); oldest != nil {
		lane = oldest.Lane
	} else if len(s.Lanes) > 0 {
		lane = slices.MaxFunc(s.Lanes, func(a, b LaneSlice) int { return cmp.Compare(a.Waiting.Value, b.Waiting.Value) }).Name
	}
	for _, l := range s.Lanes {
		if l.Name != lane || l.Waiting.Value == 0 {
			continue
		}
		for _, limit := range l.Limits {
			if !limit.Free.Known || !limit.PerMinute.Known {
				continue
			}
			if left := float64(limit.Free.Value) / float64(limit.PerMinute.Value); left <= least {
				binds, least = &Binding{Lane: l.Name, Kind: limit.Kind, Free: limit.Free, PerMinute: limit.PerMinute}, left
			}
		}
	}
	return binds
}

// failuresOf returns what failed in a stretch of time, by class.
func failuresOf(s Slice) List[ClassFailures] {
	failures := List[ClassFailures]{}
	for _, c := range s.Failures {
		failures = append(failures, ClassFailures{Class: c.Class, Count: asInt(c.Count)})
	}
	slices.SortStableFunc(failures, func(a, b ClassFailures) int { return cmp.Compare(b.Count.Value, a.Count.Value) })
	return failures
}
