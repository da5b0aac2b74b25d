package client

import (
	"cmp"
	"slices"
	"time"
)

// Incident is a stretch of time in which the endpoint's verdict was a warning or critical,
// until all was well for 10 s, nothing is known of what followed, or another one began: where
// it had eased and grew worse again. That is where it became critical again after 30 s of no
// more than a warning, and where the line, once shorter than half of its most, was twice as
// long again, and 10 longer. Its times are by the endpoint's clock.
type Incident struct {
	Since, Until time.Time
	Open         bool // it may go on
	Level        Level
	Eased        bool          // all has been well since its end
	Again        bool          // it follows another one at once: that had eased, and it grew worse again
	Critical     time.Duration // how long of it the verdict was critical
	Cause        string        // what failed most, or the limit that was used up at the peak; may be empty
	Peak         time.Time     // when it was worst, and of these moments, when somebody had waited longest
	Waiting      int           // the most at one time
	Longest      Opt[time.Duration]
	Failed       int64    // requests, with those of the minute before, which led to it, unless it is Again
	Users        []string // who waited longest first, as far as the endpoint tells; cleaned
}

const (
	incidentGap = 10 * time.Second // all is well for so long between two: a verdict lasts for a while by itself
	easedFor    = 30 * time.Second // not critical for so long: what is critical again is another one
	growsBy     = 10               // requests that wait more than at the least: the line grows again
	ledTo       = time.Minute      // what failed in so long before counts, too
	fewFail     = 5                // fewer than one call in so many: that is not why they waited
)

// Incidents returns what is known of the last day's incidents, the oldest first.
func (h *History) Incidents() []Incident { return incidentsOf(h.day()) }

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

// incidentsOf returns the incidents in the slices of a day.
func incidentsOf(day []*Slice) (all []Incident) {
	from, bad := -1, 0 // where the stretch begins, and what follows the last slice of it that was bad
	end := func() {
		if from < 0 {
			return
		}
		stretch, at := day[from:bad], from
		for k, n := range append(eased(stretch), len(stretch)) {
			if first, to := trim(day, at, from+n); first < to {
				all = append(all, incidentOf(day, first, to, k > 0))
			}
			at = from + n
		}
		from = -1
	}
	for i, s := range day {
		if from >= 0 && (s.At.Value.After(day[i-1].end()) || s.At.Value.After(day[bad-1].end().Add(incidentGap))) {
			end()
		}
		if s.Level > Healthy {
			if from < 0 {
				from = i
			}
			bad = i + 1
		}
	}
	end()
	if n, last := len(all), len(day)-1; n > 0 && !day[last].end().After(all[n-1].Until.Add(incidentGap)) {
		all[n-1].Open, all[n-1].Eased = true, bad <= last
	}
	return all
}

// trim leaves out the slices at both ends in which all was well.
func trim(day []*Slice, from, to int) (first, end int) {
	for from < to && day[from].Level == Healthy {
		from++
	}
	for from < to && day[to-1].Level == Healthy {
		to--
	}
	return from, to
}

// eased returns at which slices of a stretch another incident begins.
func eased(stretch []*Slice) (begins []int) {
	var most int           // that waited at one time in this incident
	var low int            // the slice since then in which the fewest did
	var critical time.Time // until when it was critical; zero: it was not
	begin := func(at int) { begins = append(begins, at) }
	for i, s := range stretch {
		n, least := s.Waiting.Value, stretch[low].Waiting.Value
		switch {
		case 2*least < most && n >= 2*least && n >= least+growsBy:
			begin(low)
			most, critical = 0, time.Time{}
		case s.Level == Critical && !critical.IsZero() && s.At.Value.Sub(critical) >= easedFor:
			begin(i)
			most = 0
		}
		if s.Level == Critical {
			critical = s.end()
		}
		if n >= most {
			most, low = n, i
		} else if n <= least {
			low = i
		}
	}
	return begins
}

// incidentOf returns the incident of some slices of a day. What failed before one that follows
// another at once is that one's.
func incidentOf(day []*Slice, from, to int, again bool) Incident {
	i := Incident{Since: day[from].At.Value, Until: day[to-1].end(), Again: again}
	peak, waited, failed := day[from], map[string]time.Duration{}, List[ClassCount]{}
	for _, s := range day[from:to] {
		if cmp.Or(cmp.Compare(s.Level, peak.Level), cmp.Compare(s.longestWait().Value, peak.longestWait().Value), cmp.Compare(s.Waiting.Value, peak.Waiting.Value)) > 0 {
			peak = s
		}
		if s.Level == Critical {
			i.Critical += s.Length.Value
		}
		i.Waiting, i.Longest = max(i.Waiting, s.Waiting.Value), maxOf(i.Longest, s.longestWait())
		for _, w := range s.LongestWaits {
			waited[w.User] = max(waited[w.User], w.Waited.Value)
		}
	}
	i.Peak, i.Level = peak.At.Value, peak.Level
	first := from
	for !again && first > 0 && !day[first-1].At.Value.Before(i.Since.Add(-ledTo)) {
		first--
	}
	calls, failures := int64(0), int64(0)
	for _, s := range day[first:to] {
		i.Failed += s.Failed.Value
		failed = addClasses(failed, s.Failures)
		calls += s.Successful.Value
	}
	for _, c := range failed {
		failures += c.Count.Value
	}
	for user := range waited {
		i.Users = append(i.Users, user)
	}
	slices.SortFunc(i.Users, func(x, y string) int { return cmp.Or(cmp.Compare(waited[y], waited[x]), cmp.Compare(x, y)) })
	if most := failuresOf(Slice{Failures: failed}); len(most) > 0 {
		i.Cause = string(most[0].Class)
	}
	if binds := bindsOf(*peak); binds != nil && failures*fewFail < calls+failures {
		i.Cause = binds.Kind
	}
	return i
}

// longestWait is the longest that somebody had waited in the slice, whether it started or not.
func (s *Slice) longestWait() Opt[time.Duration] { return maxOf(s.Longest, s.Oldest) }

// end is when the slice ends.
func (s *Slice) end() time.Time { return s.At.Value.Add(s.Length.Value) }
