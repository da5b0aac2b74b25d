package limiter

import (
	"slices"
	"time"
)

// Reason is what holds up a start: the name of a dimension, or one of the
// constants. Empty: nothing.
type Reason string

// What can hold up a start beside the limits of an account.
const (
	Exploring Reason = "a first answer"      // nothing is known yet, and the next round has not begun
	Measured  Reason = "the measured rate"   // refusals show a limit that no answer reports
	Cautious  Reason = "caution after a 429" // which what answers report does not explain: they tell of room
)

// IsBucket reports whether it is a bucket of the account's limits.
func (r Reason) IsBucket() bool { return slices.Contains(dimensionNames[:], string(r)) }

// doubtAfter is how many successes in a row without a report, over how long a time,
// make reported limits doubtful.
const (
	doubtAfter = 50
	doubtTime  = 5 * time.Minute
)

// Limiter decides when the next start of a lane may happen. The zero Limiter knows
// nothing and explores. A start is known by its number, from 1 on.
//
// An answer reports what was left when its request arrived, or when it began (see
// [readings]), so the costs of later starts are subtracted again. What others take from the
// same account shows there, too.
type Limiter struct {
	buckets    [Dimensions]bucket // as answers report them
	reported   bool               // an answer did
	reportedAt time.Duration      // when one last did
	unreported int                // successes in a row that did not

	// ceilings are what may be left at most, by limits that are known from
	// elsewhere. They count until an answer reports.
	ceilings    [Dimensions]bucket
	provisional bool // the ceilings are only those of the account's other lanes

	explore      explorer
	rate         measuredRate
	burst        float64       // how many may start at once after a refusal that nothing explains; zero: as many as the limit
	burstGrown   time.Duration // when it last grew
	caution      caution
	recentStarts startCounter
	basis        uint64 // see [Limiter.Basis]

	outputTold bucket // what is left of the output, if the latest answer told it as of its own time
	callLog
	usualCost Amount        // what a start has cost of late
	input     estimateError // of estimates of the input
	bias      estimateBias  // of all estimates
	forecast  bool          // it is a copy to play forward
	badClock  [Dimensions]bool
}

const (
	rounding = 500                    // tokens are reported to the nearest thousand,
	reserve  = 0.02                   // and of small limits at most this share is held back
	jitter   = 100 * time.Millisecond // starts within it may arrive in another order
	recovery = 0.02                   // of the limit more that may start at once after each minute without a refused burst
)

// Reported reports whether answers have reported limits that still count.
func (l *Limiter) Reported() bool { return l.reported }

// Known reports whether answers have reported the account's limits, or refusals
// have shown them: until then every expectation is a guess.
func (l *Limiter) Known() bool {
	return l.reported || l.rate.limits() && l.rate.growth <= rampGrowth
}

// Next returns when the next start of this cost may happen, by a careful
// estimate, and what holds it up; zero and nothing if it may happen at once.
func (l *Limiter) Next(cost Amount) (at time.Duration, by Reason) {
	later := func(t time.Duration, reason Reason) {
		if t > at {
			at, by = t, reason
		}
	}
	cost = l.takes(cost)
	buckets := l.activeBuckets()
	for d := range buckets {
		reason := Reason(dimensionNames[d])
		if l.reported && l.caution.holdsBack(d, &buckets[d], cost[d]) {
			reason = Cautious
		}
		later(buckets[d].availableAt(cost[d]), reason)
	}
	later(l.rate.availableAt(1), Measured)
	later(l.explore.nextStart(), Exploring)
	return at, by
}

// activeBuckets returns the buckets that decide.
func (l *Limiter) activeBuckets() *[Dimensions]bucket {
	if l.reported {
		return &l.buckets
	}
	return &l.ceilings
}

// Start takes a start's cost, and returns its number. What it takes too much by a
// careful estimate comes back when the cost is known.
func (l *Limiter) Start(now time.Duration, cost Amount) uint64 {
	taken := l.takes(cost)
	for d := range l.buckets {
		b := &l.buckets[d]
		isFull := d == Requests && b.levelAt(now) >= b.capacity
		if b.take(now, taken[d]); isFull { // it begins to refill when the request arrives
			b.from = now + jitter
		}
		l.caution.take(d, now, taken[d])
		l.ceilings[d].take(now, taken[d])
		if len(l.calls) == 0 && l.first == 0 {
			l.usualCost[d] = cost[d]
		}
		l.usualCost[d] += (cost[d] - l.usualCost[d]) / 16
		l.inFlight[d] += taken[d]
	}
	l.explore.start(now)
	l.rate.start(now)
	if b := &l.buckets[Requests]; l.reported && b.limits() && l.rate.growth == doublingGrowth && l.rate.perMinute > 2*b.perMinute {
		l.rate = measuredRate{} // nothing could be measured, and it is not what binds
	}
	if l.forecast {
		return 0
	}
	l.recentStarts.add(now)
	return l.add(&call{at: now, cost: taken, estimate: cost[Input], output: cost[Output], level: l.buckets[Requests].level})
}

// doubt lets limits count no more that no answer has confirmed for long. The rate
// begins there, and goes on as it is measured.
func (l *Limiter) doubt(now time.Duration) {
	if !l.reported {
		return
	}
	l.reported = false
	l.basis++
	if b := l.buckets[Requests]; b.limits() && !l.rate.limits() {
		l.rate.doubt(now, b)
	}
	l.buckets, l.caution = [Dimensions]bucket{}, caution{}
}

// SlowStart lets the next starts happen in rounds that double, within the limits: an
// API that was overloaded does not get all waiting requests at once.
func (l *Limiter) SlowStart() { l.explore = explorer{known: l.reported, slow: true} }

// takes returns what a start of an estimated cost takes: as much as it may be, or, of a
// forecast, as much as it will probably be. One that no full bucket holds takes no tokens and
// waits for none: the API refuses it now as well as later.
func (l *Limiter) takes(cost Amount) Amount {
	if l.neverFits(cost[Input]) {
		cost[Input], cost[Tokens] = 0, 0
	}
	if l.forecast {
		return l.bias.correct(cost)
	}
	return l.input.withMargin(cost)
}
