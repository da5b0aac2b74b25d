package client

import (
	"cmp"
	"slices"
	"time"
)

// Incident is a stretch of time in which the endpoint's verdict was a warning or critical.
// Stretches less than 10 s apart are one, if all is known of the time between. Its times are
// by the endpoint's clock.
type Incident struct {
	Since, Until time.Time
	Open         bool // it may go on
	Level        Level
	Cause        string    // what failed most, or the limit that was used up at the peak; may be empty
	Peak         time.Time // when it was worst, and of these moments, when most waited
	Waiting      int       // the most at one time
	Longest      Opt[time.Duration]
	Failed       int64
	Users        []string // who waited longest first, as far as the endpoint tells; cleaned
}

// incidentGap is how long all is well at least between two incidents. A verdict lasts for a
// while by itself.
const incidentGap = 10 * time.Second

// Incidents returns what is known of the last day's incidents, the oldest first.
func (h *History) Incidents() []Incident {
	var b incidentBuilder
	short := h.slices.all
	for _, minute := range h.minuteSlices.all {
		for len(short) > 0 && short[0].At.Value.Before(minute.At.Value) {
			b.add(short[0])
			short = short[1:]
		}
		if len(short) == 0 || !short[0].At.Value.Before(minute.At.Value.Add(time.Minute)) { // else they tell more
			b.add(minute)
		}
	}
	for _, s := range short {
		b.add(s)
	}
	b.end()
	if n := len(b.all); n > 0 && !b.last.After(b.all[n-1].Until.Add(incidentGap)) {
		b.all[n-1].Open = true
	}
	return b.all
}

// incidentBuilder makes incidents of slices, the oldest first.
type incidentBuilder struct {
	all    []Incident
	peak   Slice // of the last one
	waited map[string]time.Duration
	failed List[ClassCount]
	last   time.Time // the end of the newest slice
	apart  bool      // nothing is known of some time since the last incident
}

// add takes the next slice.
func (b *incidentBuilder) add(s Slice) {
	at, until := s.At.Value, s.At.Value.Add(s.Length.Value)
	gap := !b.last.IsZero() && at.After(b.last) // of which nothing is known
	b.last = until
	if gap {
		b.end()
		b.apart = true
	}
	if s.Level == Healthy {
		return
	}
	n := len(b.all)
	if n == 0 || b.apart || at.After(b.all[n-1].Until.Add(incidentGap)) {
		b.end()
		b.apart = false
		b.all = append(b.all, Incident{Since: at})
		b.peak, b.waited, b.failed = Slice{}, map[string]time.Duration{}, nil
		n++
	}
	i := &b.all[n-1]
	i.Until = until
	if cmp.Or(cmp.Compare(s.Level, i.Level), cmp.Compare(s.Waiting.Value, b.peak.Waiting.Value)) > 0 || i.Peak.IsZero() {
		i.Peak, b.peak = at, s
	}
	i.Level, i.Waiting = max(i.Level, s.Level), max(i.Waiting, s.Waiting.Value)
	i.Longest = maxOf(i.Longest, maxOf(s.Longest, s.Oldest))
	i.Failed += s.Failed.Value
	b.failed = addClasses(b.failed, s.Failures)
	for _, w := range s.LongestWaits {
		b.waited[w.User] = max(b.waited[w.User], w.Waited.Value)
	}
}

// end ends the last incident.
func (b *incidentBuilder) end() {
	n := len(b.all)
	if n == 0 {
		return
	}
	i := &b.all[n-1]
	i.Users = nil
	for user := range b.waited {
		i.Users = append(i.Users, user)
	}
	slices.SortFunc(i.Users, func(x, y string) int { return cmp.Or(cmp.Compare(b.waited[y], b.waited[x]), cmp.Compare(x, y)) })
	if most := failuresOf(Slice{Failures: b.failed}); len(most) > 0 {
		i.Cause = most[0].Class
	}
	if binds := bindsOf(b.peak); binds != nil && i.Failed == 0 {
		i.Cause = binds.Kind
	}
}
