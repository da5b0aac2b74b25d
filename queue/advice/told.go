package advice

import (
	"slices"
	"time"

	"paceline/queue"
)

// The limits that are looked at.
const (
	ofRequests = iota
	ofInput
	ofOutput
	limitKinds
)

// amounts is an amount of each limit.
type amounts [limitKinds]float64

// report is what an answer tells of its lane's limits.
type report struct {
	at        time.Time // the moment of which it tells
	perMinute amounts   // zero: not told
	taken     amounts   // what is missing from full buckets, by whomever
}

// reading is the moment of which the answer to a call tells what was left.
type reading func(queue.RequestRecord) time.Time

// readings are both ways to read what answers tell: as of their calls' starts, or of when
// they told it. No page of the API says which is right, and of a burst of calls that take
// some seconds every answer tells in the second way what all of them have taken.
var readings = [...]reading{startOf, func(r queue.RequestRecord) time.Time { return r.ToldAt }}

// startOf is when a request's latest call started.
func startOf(r queue.RequestRecord) time.Time { return r.Arrived.Add(max(r.Waited, r.Delayed)) }

// endOf is when a request's latest call ended.
func endOf(r queue.RequestRecord) time.Time { return startOf(r).Add(r.Took) }

// laneCalls are the calls of one lane, and what their answers tell in one reading.
type laneCalls struct {
	byStart, byEnd []queue.RequestRecord // those that have
	reports        []report              // in order of time
}

// callsByLane are the calls of a traffic, read in one way.
func callsByLane(traffic []queue.RequestRecord, read reading) map[string]*laneCalls {
	lanes := map[string]*laneCalls{}
	for _, r := range traffic {
		if !r.Started {
			continue
		}
		c := lanes[r.Lane]
		if c == nil {
			c = &laneCalls{}
			lanes[r.Lane] = c
		}
		c.byStart = append(c.byStart, r)
		if r.Ended {
			c.byEnd = append(c.byEnd, r)
		}
	}
	for _, c := range lanes {
		slices.SortStableFunc(c.byStart, func(a, b queue.RequestRecord) int { return startOf(a).Compare(startOf(b)) })
		slices.SortStableFunc(c.byEnd, func(a, b queue.RequestRecord) int { return endOf(a).Compare(endOf(b)) })
		c.read(read)
	}
	return lanes
}

// read reads the reports.
func (c *laneCalls) read(at reading) {
	for _, r := range c.byStart {
		if r.Told == (queue.Limits{}) {
			continue
		}
		told := report{at: at(r)}
		for k, l := range limitsTold(r.Told) {
			told.perMinute[k], told.taken[k] = float64(l.PerMinute), float64(max(l.PerMinute-l.Remaining, 0))
		}
		c.reports = append(c.reports, told)
	}
	slices.SortStableFunc(c.reports, func(a, b report) int { return a.at.Compare(b.at) })
}

// limitsTold is what is told of each limit that is looked at.
func limitsTold(l queue.Limits) [limitKinds]queue.Limit {
	return [limitKinds]queue.Limit{ofRequests: l.Requests, ofInput: l.Input, ofOutput: l.Output}
}
