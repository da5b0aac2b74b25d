package limiter

import (
	"math"
	"time"
)

// call is a start.
type call struct {
	at            time.Duration
	cost          Amount           // as estimated, with a margin; then the truth
	estimate      float64          // of the input; zero once the truth is known,
	known         time.Duration    // at this time
	output        float64          // as estimated
	told          bool             // what it costs was
	short         bool             // its answer reported that too little was left for it,
	shortOf       [Dimensions]bool // of what
	reported      bool             // its answer reported something
	ended         bool
	counted       counted // in which sums of the moment its cost is
	fullDimension int     // the dimension whose bucket its answer reported full, or nearly, and of which it needs much; zero: none
	level         float64 // requests that the bucket held after it, by the model
	end           time.Duration
	rest          [Dimensions]step // it and the later starts up to replay.front
}

// callLog is the starts that can still matter, and what is kept of them together, so that
// an answer costs the same however many there are.
type callLog struct {
	calls        []call // by start, at the end of what is used of buffer
	buffer       []call
	first        uint64 // the number of calls[0], less one
	lastReported uint64 // the latest call that a report has counted
	ended        uint64 // all up to this number have
	inFlight     Amount // what the calls that run cost
	visits       int    // how often a call was looked at

	moment    moment
	replays   [Dimensions]replay
	corrected [Dimensions]correction
	told      toldLevel
	readings  readings
	units     units
}

// last returns the number of the latest start.
func (l *callLog) last() uint64 { return l.first + uint64(len(l.calls)) }

// call returns the start of a number; nil if it is forgotten, or another lane's.
func (l *callLog) call(number uint64) *call {
	if number <= l.first || number > l.last() {
		return nil
	}
	l.visits++
	return &l.calls[number-l.first-1]
}

// add adds a start, and returns its number.
func (l *callLog) add(c *call) uint64 {
	if len(l.calls) == cap(l.calls) {
		l.makeRoom()
	}
	l.calls = append(l.calls, *c)
	since := l.sinceBefore(l.last())
	for d := range l.replays {
		l.replays[d].add(since, c.cost[d])
	}
	return l.last()
}

// makeRoom moves the starts to the front of a buffer that is at least half empty then.
func (l *callLog) makeRoom() {
	n, size := len(l.calls), max(len(l.buffer), 16)
	if 2*n > size {
		size *= 2
	} else if 8*n < size {
		size = max(size/2, 16)
	}
	if size != len(l.buffer) {
		l.buffer = make([]call, size)
	}
	copy(l.buffer, l.calls)
	l.calls = l.buffer[:n]
	l.recount()
}

// ReportUsage takes in what a start has cost, as far as that is known. It may come
// more than once.
func (l *Limiter) ReportUsage(now time.Duration, number uint64, cost Amount) {
	if c := l.call(number); c != nil {
		l.input.observe(c.estimate, cost[Input])
		l.bias.observe(Input, c.estimate, cost[Input])
		if c.estimate > 0 {
			c.estimate, c.known = 0, now
			l.changed(now, number)
		}
		c.told = true
	}
	l.charge(now, number, cost)
}

// charge corrects what was taken for a start.
func (l *Limiter) charge(now time.Duration, number uint64, cost Amount) {
	c := l.call(number)
	if c == nil {
		return
	}
	more := cost.minus(c.cost)
	for d := range l.buckets {
		l.ceilings[d].take(now, more[d])
		if !c.ended {
			l.inFlight[d] += more[d]
		}
		if d == Input && l.share(d, number) < 1 && cost[d] > 0 {
			continue // what the API has estimated wrong shows in what later answers report
		}
		onTop := l.onTop(d, number, more)
		l.buckets[d].take(now, onTop)
		l.caution.take(d, now, onTop)
	}
	l.setCost(number, cost)
}

// Outcome is how a call ended.
type Outcome uint8

// The outcomes. Only a success says whether answers report limits.
const (
	Success  Outcome = iota
	NoAnswer         // an error, a cancellation, or a time-out: nothing is learned
)

// End notes that a call has ended. Output that it did not produce is given back.
func (l *Limiter) End(now time.Duration, number uint64, o Outcome) {
	c := l.call(number)
	if c == nil {
		return
	}
	if o == NoAnswer {
		kept := c.cost
		kept[Output], kept[Tokens] = 0, kept[Input]
		l.charge(now, number, kept)
	}
	for d := range l.inFlight {
		l.inFlight[d] -= c.cost[d]
	}
	c.ended, c.end = true, now
	if o == Success && c.told {
		l.bias.observe(Output, c.output, c.cost[Output])
	}
	l.changed(now, number)
	if o == Success && !c.reported {
		l.unreported++
		if l.unreported >= doubtAfter && now-l.reportedAt >= doubtTime {
			l.doubt(now)
		}
	}
	l.forget()
}

// maxCalls is how many starts are kept at most. What one that is forgotten costs is
// seen in what later answers report; its own answer teaches nothing.
const maxCalls = 1 << 14

// forget drops the starts that can matter no more: those that had ended before
// the oldest one that runs began, and the oldest of too many.
func (l *callLog) forget() {
	for l.ended = max(l.ended, l.first); l.ended < l.last() && l.call(l.ended+1).ended; {
		l.ended++
	}
	oldest := time.Duration(math.MaxInt64)
	if c := l.call(l.ended + 1); c != nil {
		oldest = c.at
	}
	for c := l.call(l.first + 1); c != nil; c = l.call(l.first + 1) {
		if gone := c.ended && c.end <= oldest; !gone && len(l.calls) <= maxCalls { // one that runs for long would keep all that came after it
			break
		}
		l.drop(c)
	}
	if len(l.calls) == 0 {
		l.inFlight = Amount{} // no rounding is left over
	}
}

// drop forgets the oldest start.
func (l *callLog) drop(c *call) {
	if !c.ended {
		for d := range l.inFlight {
			l.inFlight[d] -= c.cost[d]
		}
	}
	if l.moment.number > 0 { // else nothing was reported, and it is in no sum
		l.playTold(l.first + 1)
		l.play(&l.readings.arrival, l.first+1)
		l.play(&l.readings.answer, l.first+1)
		l.takeUnits(l.first + 1)
		l.discount(l.first + 1)
	}
	l.calls = l.calls[1:]
	l.first++
}
