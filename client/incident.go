package client

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue"
)

// Incident is an unbroken stretch of time in which the endpoint's verdict was a warning or
// critical. Less than a minute in which all was well does not end one, unless what follows has a
// cause of another kind, see [Incident.Cause]; a stretch of which nothing is known does. A verdict
// that only stands for a while longer than its reason does not make it longer. Its times are by
// the endpoint's clock.
type Incident struct {
	Since, Until time.Time
	Open         bool // it may go on
	Level        Level
	Eased        bool          // all has been well since its end
	Critical     time.Duration // how long of it the verdict was critical
	// Cause is what held for most of it: what the request that waited longest waited for, as in
	// [Binding]; else a class of failures, or a row of the table of health. It may be empty. Kinds
	// of causes are waits for a turn, a pause by the API, the API away, and each class of failures.
	Cause     string
	Peak      time.Time // when somebody had waited longest, or, where failures were the cause, when most failed
	Waiting   int       // the most at one time,
	MostAt    time.Time // and when that was
	Longest   Opt[time.Duration]
	LongestAt time.Time
	Failed    int64          // requests, with those of the minute before, which led to it
	Refused   int64          // the same
	Users     []IncidentUser // who waited longest first, as far as the endpoint tells
}

// IncidentUser is who waited in an incident, and how long at most. The name is cleaned.
type IncidentUser struct {
	Name   string
	Waited time.Duration
}

const (
	incidentGap = 10 * time.Second // an incident may go on for so long after its end
	calmFor     = time.Minute      // all is well for so long between two
	ledTo       = time.Minute      // what failed in so long before counts, too
	fewFail     = 5                // fewer than one call in so many: that is not why they waited
)

// Incidents returns what is known of the last day's incidents, the oldest first.
func (h *History) Incidents() []Incident {
	all := incidentsOf(h.day())
	if n := len(all) - 1; n >= 0 && all[n].Open {
		all[n].beginsWith(h.newest.Value)
	}
	return all
}

// beginsWith moves the beginning of an incident that goes on to that of the verdict's level,
// where only the slice is known in which it began.
func (i *Incident) beginsWith(s Sample) {
	if s.Detail == nil || !s.Detail.Since.Known || !i.Since.Equal(i.Since.Truncate(SliceLength)) {
		return
	}
	if since := s.Detail.Since.Value; since.After(i.Since) && since.Before(i.Since.Add(2*SliceLength)) {
		i.Since = since
	}
}

// IncidentsUntil returns the same as it was known at a time.
func (h *History) IncidentsUntil(until time.Time) []Incident {
	day := h.day()
	for len(day) > 0 && day[len(day)-1].end().After(until) {
		day = day[:len(day)-1]
	}
	return incidentsOf(day)
}

// day returns the slices of the last day, the oldest first: the short ones, and those of a
// minute of which no short one is known.
func (h *History) day() []*Slice {
	day := make([]*Slice, 0, len(h.minuteSlices.all)+len(h.slices.all))
	short := h.slices.all
	next := func() { day, short = append(day, &short[0]), short[1:] }
	for i := range h.minuteSlices.all {
		minute := &h.minuteSlices.all[i]
		for len(short) > 0 && short[0].At.Value.Before(minute.At.Value) {
			next()
		}
		if len(short) == 0 || !short[0].At.Value.Before(minute.end()) { // else they tell more
			day = append(day, minute)
		}
	}
	for len(short) > 0 {
		next()
	}
	return day
}

// stretch is the slices of an incident.
type stretch struct {
	first, end int // in the day
	until      time.Time
	healthy    time.Duration // since then
	kinds      map[string]bool
}

// incidentsOf returns the incidents in the slices of a day.
func incidentsOf(day []*Slice) (all []Incident) {
	var list []stretch
	open := -1 // the stretch that may go on
	for i, s := range day {
		if open >= 0 && s.At.Value.After(day[i-1].end()) {
			open = -1
		}
		from, until, bad := s.badTime()
		if !bad {
			if open >= 0 && s.Level == Healthy {
				list[open].healthy += s.Length.Value
			}
			continue
		}
		causes := s.causes()
		if open < 0 || !list[open].takes(from, mostOf(causes)) {
			list = append(list, stretch{first: i, kinds: map[string]bool{}})
			open = len(list) - 1
		}
		of := &list[open]
		of.end, of.until, of.healthy = i+1, until, 0
		for _, c := range causes {
			of.kinds[causeKind(c.Cause)] = true
		}
	}
	before := 0 // what failed before the end of the one before is that one's
	for _, of := range list {
		all = append(all, incidentOf(day, before, of))
		before = of.end
	}
	if n, last := len(all), len(day)-1; n > 0 && open >= 0 && !day[last].end().After(all[n-1].Until.Add(incidentGap)) {
		all[n-1].Open, all[n-1].Eased = true, day[last].Level == Healthy
	}
	return all
}

// takes reports whether what was bad from a time on, mostly for a cause, belongs to the stretch.
func (s *stretch) takes(from time.Time, cause string) bool {
	kind := causeKind(cause)
	isOther := kind != "" && !s.kinds[kind] && !s.kinds[""]
	return s.healthy < calmFor && (!isOther || from.Sub(s.until) < SliceLength)
}

// badTime returns from when until when all was not well in the slice: all of it, where the
// endpoint does not tell. It reports false where all was well, or only a verdict stood longer than
// its reason.
func (s *Slice) badTime() (from, until time.Time, bad bool) {
	switch {
	case s.Level == Healthy:
		return from, until, false
	case s.Critical.Known:
		return s.BadFrom.Value, s.BadUntil.Value, s.BadFrom.Known && s.BadUntil.Known
	default:
		return s.At.Value, s.end(), true
	}
}

// causes are why all was not well in the slice: where the endpoint does not tell, what failed if
// many calls did, else the limit that was used up.
func (s *Slice) causes() []SliceCause {
	if s.Critical.Known {
		return s.Causes
	}
	failures, calls := failuresOf(*s), s.Successful.Value
	most, failed := "", int64(0)
	for _, f := range failures {
		failed += int64(f.Count.Value)
	}
	if len(failures) > 0 {
		most = string(failures[0].Class)
	}
	if binds := bindsOf(*s); binds != nil && failed*fewFail < calls+failed {
		most = binds.Kind
	}
	if most == "" {
		return nil
	}
	return []SliceCause{{most, s.Length}}
}

// mostOf returns the cause that held longest; empty if there is none.
func mostOf(causes []SliceCause) string {
	var most SliceCause
	for _, c := range causes {
		if c.For.Value > most.For.Value {
			most = c
		}
	}
	return most.Cause
}

// causeKind returns what kind of cause it is; empty if it is not known.
func causeKind(cause string) string {
	switch cause {
	case "", queue.BlockedByPause, queue.RowSilence, queue.RowStuck, queue.RowRefusals, queue.RowMistakes, queue.RowOff, queue.RowSlowReaders:
		return cause
	case queue.BlockedByNetwork:
		return queue.NetworkError.String()
	case queue.BlockedByOverload:
		return queue.Overloaded.String()
	case queue.RateLimited.String():
		return waitsForTurn
	}
	if isClass(cause) {
		return cause
	}
	return waitsForTurn
}

// waitsForTurn is the kind of the causes that are limits, or the pace.
const waitsForTurn = "waits"

func isClass(cause string) bool {
	_, ok := queue.ClassName(cause).Class()
	return ok
}

// incidentOf returns the incident of some slices of a day. What failed before a slice is another
// one's.
func incidentOf(day []*Slice, before int, of stretch) Incident {
	first, last := day[of.first], day[of.end-1]
	var i Incident
	i.Since, _, _ = first.badTime()
	_, i.Until, _ = last.badTime()
	waited, causes := map[string]time.Duration{}, List[SliceCause]{}
	longest, failed := first, first
	for n, s := range day[of.first:of.end] {
		i.Level = max(i.Level, s.Level)
		switch _, _, bad := s.badTime(); {
		case !bad:
		case s.Critical.Known:
			i.Critical += s.Critical.Value
		case s.Level == Critical:
			i.Critical += s.Length.Value
		}
		if s.longestWait().Value > longest.longestWait().Value {
			longest = s
		}
		if cmp.Or(cmp.Compare(s.Failed.Value, failed.Failed.Value), cmp.Compare(s.longestWait().Value, failed.longestWait().Value)) > 0 {
			failed = s
		}
		if n == 0 || s.Waiting.Value > i.Waiting {
			i.Waiting, i.MostAt = s.Waiting.Value, s.At.Value
		}
		i.Longest = maxOf(i.Longest, s.longestWait())
		causes = addCauses(causes, s.causes())
		for _, w := range s.LongestWaits {
			waited[w.User] = max(waited[w.User], w.Waited.Value)
		}
	}
	i.Cause, i.LongestAt = mostOf(causes), longest.At.Value
	i.Peak = i.LongestAt
	if isClass(i.Cause) && failed.Failed.Value > 0 {
		i.Peak = failed.At.Value
	}
	from := of.first
	for from > before && !day[from-1].At.Value.Before(i.Since.Add(-ledTo)) {
		from--
	}
	for _, s := range day[from:of.end] {
		i.Failed += s.Failed.Value
		i.Refused += s.Refused.Value
	}
	for user, wait := range waited {
		i.Users = append(i.Users, IncidentUser{user, wait})
	}
	slices.SortFunc(i.Users, func(x, y IncidentUser) int {
		return cmp.Or(cmp.Compare(y.Waited, x.Waited), cmp.Compare(x.Name, y.Name))
	})
	return i
}

// longestWait is the longest that somebody had waited in the slice, whether it started or not.
func (s *Slice) longestWait() Opt[time.Duration] { return maxOf(s.Longest, s.Oldest) }

// end is when the slice ends.
func (s *Slice) end() time.Time { return s.At.Value.Add(s.Length.Value) }
