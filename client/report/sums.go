package report

import (
	"time"

	"paceline/client"
	"paceline/queue"
)

// maxArrivals is the largest number of [Arrivals] kept; the oldest are dropped.
const maxArrivals = 1 << 18

// counterSums adds up the changes of the counters. The zero value is ready to use.
type counterSums struct {
	total, successful, failed                sum
	cancelled, refused, retries, rateLimited sum
	arrivals                                 []Arrivals
}

// sum is the sum of the changes of one counter, over resets and restarts. The zero sum
// is unknown.
type sum struct {
	value int64
	known bool
}

// add adds the change of a counter from one value to another, and returns it.
func (s *sum) add(from, now client.Opt[int64]) int64 {
	if !from.Known || !now.Known {
		return 0
	}
	d := max(0, now.Value-from.Value)
	s.value, s.known = s.value+d, true
	return d
}

// opt returns the sum as an optional figure.
func (s *sum) opt() client.Opt[int64] { return client.Opt[int64]{Value: s.value, Known: s.known} }

// add adds the changes between two successive answers, with the discontinuity between
// them.
func (c *counterSums) add(prev, s client.Sample, broke queue.Kind, row *minute) {
	began := counterBaseOf(prev, s, broke)
	came := c.total.add(began.total, s.Total)
	ok := c.successful.add(began.of(prev.Successful), s.Successful)
	bad := c.failed.add(began.of(prev.Failed), s.Failed)
	row.Finished += ok + bad
	row.Failed += bad
	if a, b := prev.Detail, s.Detail; a != nil && b != nil {
		c.cancelled.add(began.of(a.Cancelled), b.Cancelled)
		c.refused.add(began.of(a.Refused), b.Refused)
		c.retries.add(began.of(a.Retries), b.Retries)
		c.rateLimited.add(began.of(a.RateLimited), b.RateLimited)
	}
	if came > 0 && s.At.After(prev.At) {
		if len(c.arrivals) == maxArrivals {
			c.arrivals = append(c.arrivals[:0], c.arrivals[maxArrivals/2:]...)
		}
		c.arrivals = append(c.arrivals, Arrivals{prev.At, s.At, came})
	}
}

// counterBase are the values from which the counters of an answer have counted on.
type counterBase struct {
	total    client.Opt[int64]
	fromZero bool // the other counters have counted from zero
}

// of returns the value from which a counter has counted on, given its value before.
func (b counterBase) of(before client.Opt[int64]) client.Opt[int64] {
	if b.fromZero && before.Known {
		return client.Some[int64](0)
	}
	return before
}

// counterBaseOf returns the values from which the counters of s have counted on. After
// a reset the unfinished requests are counted again; after a restart they are gone.
func counterBaseOf(prev, s client.Sample, broke queue.Kind) counterBase {
	underWay := int64(prev.Waiting.Value)
	if prev.Detail != nil {
		underWay += int64(prev.Detail.Running.Value)
	}
	switch {
	case broke == "" || !prev.Total.Known:
		return counterBase{total: prev.Total}
	case broke != queue.KindReset && resumed(prev, s):
		return counterBase{total: client.Some(max(0, prev.Total.Value-underWay))}
	case broke == queue.KindReset:
		return counterBase{total: client.Some(underWay), fromZero: true}
	default:
		return counterBase{total: client.Some[int64](0), fromZero: true}
	}
}

// resumed reports whether a restarted server continues its counters from its state file:
// as many requests have finished as before, or more than a new server can have finished
// since. A [client.History] is stricter: a state file without the last few finished
// requests is a new server to it.
func resumed(prev, s client.Sample) bool {
	before, now := prev.Successful.Value+prev.Failed.Value, s.Successful.Value+s.Failed.Value
	fresh := 5 + int64(s.At.Sub(prev.At).Seconds())
	return now > 0 && now >= before || now > fresh
}

// sums returns the sums; none for several servers, where they would make no sense.
func (c *counterSums) sums(several bool) Sums {
	if several {
		return Sums{}
	}
	s := Sums{
		Requests: c.total.opt(), Successful: c.successful.opt(), Failed: c.failed.opt(),
		Cancelled: c.cancelled.opt(), Refused: c.refused.opt(), Retries: c.retries.opt(), RateLimited: c.rateLimited.opt(),
	}
	if n := s.Successful.Value + s.Failed.Value; s.Successful.Known && s.Failed.Known && n > 0 {
		s.Rate = client.Some(float64(s.Successful.Value) / float64(n))
	}
	return s
}

// Busiest returns the arrivals of the busiest hour and their number; all of them if
// they are within an hour.
func (r *Report) Busiest() (hour []Arrivals, count int64) {
	from, n := 0, int64(0)
	for to, a := range r.Arrivals {
		n += a.Count
		for from <= to && a.To.Sub(r.Arrivals[from].From) > time.Hour {
			n -= r.Arrivals[from].Count
			from++
		}
		if n > count {
			hour, count = r.Arrivals[from:to+1], n
		}
	}
	return hour, count
}

// MostWaiting returns the largest number of waiting requests; unknown if no answer has
// one.
func (r *Report) MostWaiting() client.Opt[int] {
	for _, m := range r.Extremes {
		if n, ok := m.Value.(int); ok {
			return client.Some(n)
		}
	}
	return client.Opt[int]{}
}
