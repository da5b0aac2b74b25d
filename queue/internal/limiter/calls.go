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
	short         bool             // its answer reported that too little was left for it,
	fullDimension int              // the dimension whose bucket its answer reported full, or nearly, and of which it needs much; zero: none
	shortOf       [Dimensions]bool // of what
	reported      bool             // its answer reported something
	share         Amount           // how much of it is taken from the buckets on top of what answers reported, 0 to 1
	level         float64          // requests that the bucket held after it, by the model
	ended         bool
	end           time.Duration
}

// call returns the start of a number; nil if it is forgotten, or another lane's.
func (l *Limiter) call(number uint64) *call {
	if number <= l.first || number > l.first+uint64(len(l.calls)) {
		return nil
	}
	return &l.calls[number-l.first-1]
}

// ReportUsage takes in what a start has cost, as far as that is known. It may come
// more than once.
func (l *Limiter) ReportUsage(now time.Duration, number uint64, cost Amount) {
	if c := l.call(number); c != nil {
		if c.estimate > 0 {
			c.known = now
		}
		l.input.observe(c.estimate, cost[Input])
		c.estimate = 0
	}
	l.charge(now, number, cost)
}

// charge corrects what was taken for a start.
func (l *Limiter) charge(now time.Duration, number uint64, cost Amount) {
	c := l.call(number)
	if c == nil {
		return
	}
	for d := range l.buckets {
		more := cost[d] - c.cost[d]
		l.ceilings[d].take(now, more)
		if !c.ended {
			l.inFlight[d] += more
		}
		if d == Input && c.share[d] < 1 && cost[d] > 0 {
			continue // what the API has estimated wrong shows in what later answers report
		}
		l.buckets[d].take(now, c.share[d]*more)
	}
	c.cost = cost
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
	if o == Success && !c.reported {
		l.unreported++
		if l.unreported >= doubtAfter && now-l.reportedAt >= doubtTime {
			l.doubt(now)
		}
	}
	l.forget()
}

// maxCalls is how many starts are kept at most. What one that is forgotten costs is
// seen in what later answers report.
const maxCalls = 4096

// forget drops the starts that can matter no more: those that had ended before
// the oldest one that runs began, and the oldest of too many.
func (l *Limiter) forget() {
	oldest := time.Duration(math.MaxInt64)
	for i := range l.calls {
		if !l.calls[i].ended {
			oldest = l.calls[i].at
			break
		}
	}
	n := 0
	for n < len(l.calls) && l.calls[n].ended && l.calls[n].end <= oldest {
		n++
	}
	for ; len(l.calls)-n > maxCalls; n++ { // one that runs for long would keep all that came after it
		if c := &l.calls[n]; !c.ended {
			for d := range l.inFlight {
				l.inFlight[d] -= c.cost[d]
			}
		}
	}
	if rest := len(l.calls) - n; n >= rest { // in place, so that the memory is used again
		copy(l.calls, l.calls[n:])
		l.calls = l.calls[:rest]
	} else {
		l.calls = l.calls[n:]
	}
	l.first += uint64(n)
	if len(l.calls) == 0 {
		l.inFlight = Amount{} // no rounding is left over
	}
}
