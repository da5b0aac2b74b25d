package advice

import (
	"cmp"
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

// call is the latest call of a request, with its times since the beginning of the traffic.
type call struct {
	*queue.RequestRecord
	start, end, toldAt time.Duration // end if it has ended, toldAt if it has told limits
}

// startOf is when a request's latest call started.
func startOf(r *queue.RequestRecord) time.Time { return r.Arrived.Add(max(r.Waited, r.Delayed)) }

// newCall returns the call of a request that has started, in a traffic that begins then.
func newCall(r *queue.RequestRecord, begin time.Time) call {
	start := startOf(r).Sub(begin)
	return call{r, start, start + r.Took, r.ToldAt.Sub(begin)}
}

// takes is what a call has taken.
func (c *call) takes() amounts {
	return amounts{ofRequests: 1, ofInput: float64(c.Cost.Input), ofOutput: float64(c.Cost.Output)}
}

// reading is a way to read what answers tell: which moment it is of. No page of the API says
// which is right, and of a burst of calls that take some seconds every answer tells at its end
// what all of them have taken.
type reading int

const (
	asOfStart      reading = iota // of their calls
	asOfTelling                   // when they told it
	asOfStartOrEnd                // the start of a stream, the end of any other
	readings
)

// of is the moment of which the answer to a call tells.
func (r reading) of(c call) time.Duration {
	if r == asOfTelling || r == asOfStartOrEnd && c.whole() {
		return c.toldAt
	}
	return c.start
}

// whole reports whether a call's answer was not streamed: it has told the limits at its end.
func (c *call) whole() bool {
	return c.Ended && c.Told != (queue.Limits{}) && c.end-c.toldAt < endsWithin
}

// endsWithin is how soon after it has told the limits an answer ends that is not streamed.
const endsWithin = 100 * time.Millisecond

// report is what an answer tells of its lane's limits.
type report struct {
	at        time.Duration // the moment of which it tells
	perMinute amounts       // zero: not told
	size      amounts       // what the buckets hold when they are full
	taken     amounts       // what is missing from that, by whomever
}

// laneCalls are the calls of one lane, and what their answers tell in one reading.
type laneCalls struct {
	byStart, byEnd []call   // those that have
	reports        []report // in order of time
	spread         float64  // by how much the reports do not fit each other
}

// callsByLane are the calls of a traffic that begins then.
func callsByLane(traffic []queue.RequestRecord, begin time.Time) map[string]*laneCalls {
	lanes := map[string]*laneCalls{}
	for i := range traffic {
		r := &traffic[i]
		if !r.Started {
			continue
		}
		lane := lanes[r.Lane]
		if lane == nil {
			lane = &laneCalls{}
			lanes[r.Lane] = lane
		}
		c := newCall(r, begin)
		lane.byStart = append(lane.byStart, c)
		if r.Ended {
			lane.byEnd = append(lane.byEnd, c)
		}
	}
	for _, c := range lanes {
		slices.SortStableFunc(c.byStart, func(a, b call) int { return cmp.Compare(a.start, b.start) })
		slices.SortStableFunc(c.byEnd, func(a, b call) int { return cmp.Compare(a.end, b.end) })
	}
	return lanes
}

// read reads the reports in one way.
func (c *laneCalls) read(at reading) {
	var shares amounts
	shares, c.spread = sharesOf(c.byStart, at)
	c.reports = c.reports[:0]
	for _, r := range c.byStart {
		if r.Told == (queue.Limits{}) {
			continue
		}
		told := report{at: at.of(r)}
		for k, l := range limitsTold(r.Told) {
			told.perMinute[k] = float64(l.PerMinute)
			told.size[k] = shares[k] * told.perMinute[k]
			told.taken[k] = max(told.size[k]-float64(l.Remaining), 0)
		}
		c.reports = append(c.reports, told)
	}
	slices.SortStableFunc(c.reports, func(a, b report) int { return cmp.Compare(a.at, b.at) })
}

// A bucket that is told to be full with less than fullShare of its limit holds no more,
// unless an answer tells that it was full more than clockError ago: its clock is another.
const (
	fullShare  = 0.9
	clockError = 2 * time.Second
)

// sharesOf returns how much of a minute's limit the buckets hold when they are full, by what
// is left and how long they take until they are: all of it where answers do not tell. It
// always comes out the same where the answers are read rightly, but for rounding: spread is by
// how much it does not.
func sharesOf(calls []call, at reading) (most amounts, spread float64) {
	var n, sum, squares amounts
	for _, r := range calls {
		for k, l := range limitsTold(r.Told) {
			if l.PerMinute == 0 || l.Remaining == 0 || l.FullIn == 0 { // what is below nothing is not told
				continue
			}
			fullIn := l.FullIn + r.toldAt - at.of(r)
			share := float64(l.Remaining)/float64(l.PerMinute) + fullIn.Minutes()
			n[k], sum[k], squares[k] = n[k]+1, sum[k]+share, squares[k]+share*share
			if fullIn < -clockError {
				share = 1
			}
			most[k] = max(most[k], share)
		}
	}
	for k := range most {
		if most[k] == 0 || most[k] >= fullShare {
			most[k] = 1
		}
		if n[k] > 0 {
			spread += squares[k] - sum[k]*sum[k]/n[k]
		}
	}
	return most, spread
}

// limitsTold is what is told of each limit that is looked at.
func limitsTold(l queue.Limits) [limitKinds]queue.Limit {
	return [limitKinds]queue.Limit{ofRequests: l.Requests, ofInput: l.Input, ofOutput: l.Output}
}
