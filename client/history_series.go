package client

import (
	"math"
	"slices"
	"time"
)

// Metric is a figure that a [History] keeps for plots.
type Metric uint8

// The metrics.
const (
	MetricWaiting Metric = iota // requests waiting
	MetricWait                  // Derived.RecentWait, in seconds
	MetricSuccess               // Derived.RecentRate, 0 to 1
	metricCount                 // the number of metrics
)

// Column is one bucket of time in a plot. If polls are rarer than columns, a column
// without a poll has the value of the one before it.
type Column struct {
	Value  float64 // the largest in the bucket
	Known  bool
	Outage bool // a poll failed or was missed in it
}

// point holds the figures of one poll, or of the polls in one bucket.
type point struct {
	at     int64                // Unix nanoseconds: of the poll, or of the beginning of the bucket
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

// emptyPoint returns a point without figures.
func emptyPoint(at time.Time) point {
	p := point{at: at.UnixNano()}
	for m := range p.values {
		p.values[m] = math.NaN()
	}
	return p
}

// series is the history in one resolution.
type series struct {
	bucket    time.Duration // the length of a bucket; zero keeps each poll
	retention time.Duration
	maxPoints int
	points    []point
}

// add adds a poll. After the clock was set back, points in its future are dropped.
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

// columns returns n columns of the given width, the last of which contains now.
// polled is the time of the last poll; polls count as missed when it is longer ago
// than late.
func (s *series) columns(m Metric, now, polled time.Time, late, width time.Duration, n int) []Column {
	columns := make([]Column, n)
	newest := now.UnixNano() / int64(width)
	index := func(at int64) int { return n - 1 - int(newest-at/int64(width)) }
	for i, p := range s.points {
		next := n // the column of the next point: up to there this one counts
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

// add adds a poll to the column.
func (c *Column) add(p point, m Metric) {
	if v := p.values[m]; !math.IsNaN(v) && (!c.Known || v > c.Value) {
		c.Value, c.Known = v, true
	}
	c.Outage = c.Outage || p.failed
}

// set sets a figure if it is known.
func (p *point) set(m Metric, known bool, v float64) {
	if known {
		p.values[m] = v
	}
}
