package client

import (
	"math"
	"slices"
	"time"
)

// Metric names a series that a [History] keeps.
type Metric uint8

// The series.
const (
	MetricWaiting   Metric = iota // requests waiting
	MetricWait                    // recent wait, seconds: told, or derived from the old wire
	MetricP95                     // p95 wait, seconds; only where told
	MetricSuccess                 // recent success, 0 to 1
	MetricPerMinute               // finished per minute
	metricCount                   // how many there are
)

// Column is one bucket of time in a plot. Where no poll fell into it because polls
// are rarer than columns, it has the value of the one before.
type Column struct {
	Value  float64 // the largest in the bucket
	Known  bool
	Outage bool // a poll failed or was missed in it
}

// point is one poll, or the polls of one bucket.
type point struct {
	at     int64                // Unix nanoseconds: of the poll, or where the bucket begins
	values [metricCount]float64 // NaN where unknown
	failed bool                 // a poll failed
	missed bool                 // polls were missed just before
}

// merge takes q into the bucket p.
func (p *point) merge(q point) {
	for m, v := range q.values {
		if old := p.values[m]; v > old || math.IsNaN(old) {
			p.values[m] = v
		}
	}
	p.failed = p.failed || q.failed
	p.missed = p.missed || q.missed
}

// emptyPoint returns a point that knows nothing.
func emptyPoint(at time.Time) point {
	p := point{at: at.UnixNano()}
	for m := range p.values {
		p.values[m] = math.NaN()
	}
	return p
}

// series is one resolution of the history, oldest first.
type series struct {
	bucket    time.Duration // of a bucket; zero keeps each poll
	retention time.Duration
	maxPoints int // points
	points    []point
}

// add takes a poll. A clock that was set back forgets what lies in its future.
func (s *series) add(p point) {
	if s.bucket > 0 {
		p.at -= p.at % int64(s.bucket)
	}
	for len(s.points) > 0 && s.points[len(s.points)-1].at > p.at {
		s.points = s.points[:len(s.points)-1]
	}
	if n := len(s.points); s.bucket > 0 && n > 0 && s.points[n-1].at == p.at {
		s.points[n-1].merge(p)
		return
	}
	old := max(0, len(s.points)+1-s.maxPoints)
	for old < len(s.points) && s.points[old].at < p.at-int64(s.retention) {
		old++
	}
	s.points = append(slices.Delete(s.points, 0, old), p)
}

// columns returns n columns of the given width, the last of which holds now.
// polled is the last poll, late how long after it polls count as missed.
func (s *series) columns(m Metric, now, polled time.Time, late, width time.Duration, n int) []Column {
	columns := make([]Column, n)
	newest := now.UnixNano() / int64(width)
	index := func(at int64) int { return n - 1 - int(newest-at/int64(width)) }
	for i, p := range s.points {
		next := n // the column of the next point, which ends what this one says
		if i+1 < len(s.points) {
			next = min(n, index(s.points[i+1].at))
		}
		at := index(p.at)
		if at >= n { // after now
			break
		}
		if at >= 0 {
			columns[at].add(p, m)
		}
		gap := next < n && s.points[i+1].missed || next == n && now.Sub(polled) > late
		for c := max(at+1, 0); c < next; c++ {
			if gap {
				columns[c].Outage = true
			} else {
				columns[c].add(p, m)
			}
		}
	}
	return columns
}

// add takes a poll into the column.
func (c *Column) add(p point, m Metric) {
	if v := p.values[m]; !math.IsNaN(v) && (!c.Known || v > c.Value) {
		c.Value, c.Known = v, true
	}
	c.Outage = c.Outage || p.failed
}

// set sets a figure that is known.
func (p *point) set(m Metric, known bool, v float64) {
	if known {
		p.values[m] = v
	}
}
