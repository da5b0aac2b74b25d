package limiter

import (
	"math"
	"time"
)

// Reason is what holds up a start: the name of a dimension, or one of the
// constants. Empty: nothing.
type Reason string

// What can hold up a start beside the limits of an account.
const (
	Exploring Reason = "a first answer"    // nothing is known yet, and the next round has not begun
	Measured  Reason = "the measured rate" // what refusals tell of a limit that no answer reports
)

// doubtAfter is how many successes in a row without a report, over how long a time,
// make reported limits doubtful.
const (
	doubtAfter = 50
	doubtTime  = 5 * time.Minute
)

// Limiter decides when the next start of a lane may happen. The zero Limiter knows
// nothing and explores. A start is known by its number, from 1 on.
//
// An answer reports what was left when its request arrived, so the starts since
// then are taken from that once more. What others take from the same account
// shows there, too.
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
	recentStarts startCounter

	calls        []call        // by start; those that can still matter
	first        uint64        // the number of calls[0], less one
	lastReported uint64        // the latest call whose answer reported something
	inFlight     Amount        // what the calls that run cost
	usualCost    Amount        // what a start has cost of late
	input        estimateError // of estimates of the input
	badClock     [Dimensions]bool
}

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

// Next returns when the next start of such a cost may happen, by a careful
// estimate, and what holds it up; zero and nothing if it may happen at once.
func (l *Limiter) Next(cost Amount) (at time.Duration, by Reason) {
	later := func(t time.Duration, reason Reason) {
		if t > at {
			at, by = t, reason
		}
	}
	cost = l.input.withMargin(cost)
	buckets := l.activeBuckets()
	for d := range buckets {
		later(buckets[d].availableAt(cost[d]), Reason(dimensionNames[d]))
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
	taken := l.input.withMargin(cost)
	for d := range l.buckets {
		b := &l.buckets[d]
		isFull := d == Requests && b.levelAt(now) >= b.capacity
		if b.take(now, taken[d]); isFull { // it begins to refill when the request arrives
			b.from = now + jitter
		}
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
	if l.input.exact { // a forecast
		return 0
	}
	l.recentStarts.add(now)
	all := Amount{1, 1, 1, 1}
	l.calls = append(l.calls, call{at: now, cost: taken, estimate: cost[Input], share: all, level: l.buckets[Requests].level})
	return l.first + uint64(len(l.calls))
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

// doubt lets limits count no more that no answer has confirmed for long. The rate
// begins there, and goes on as it is measured.
func (l *Limiter) doubt(now time.Duration) {
	if !l.reported {
		return
	}
	l.reported = false
	if b := l.buckets[Requests]; b.limits() && !l.rate.limits() {
		l.rate.doubt(now, b)
	}
	l.buckets = [Dimensions]bucket{}
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

// Refusal is what a refusal says of its request. The zero Refusal says nothing.
type Refusal struct {
	// Smaller says that only its tokens were too many, so that smaller ones may fit.
	Smaller bool
	// Oversize says that it needs more than a full bucket holds: of which dimension, how
	// much, and what that bucket holds.
	Oversize  bool
	Dimension int
	Needs     int
	PerMinute int
}

// Refuse notes that the API has refused a start for the account's sake, and that
// nothing starts until a time. Ramp says that the traffic rises too fast.
//
// What the answers report explains a refusal if too little was left for the start.
// Otherwise there is a limit that nothing reports, and the rate is measured.
func (l *Limiter) Refuse(now, until time.Duration, number uint64, ramp bool) (r Refusal) {
	c := l.call(number)
	if c == nil {
		return r
	}
	cost := c.cost
	if !ramp {
		r = l.oversize(c)
	}
	l.charge(now, number, Amount{}) // it has cost nothing
	l.recentStarts.refused(now, c.at)
	l.explore.done = true
	if r.Oversize {
		return r
	}
	explained := l.reported && c.short
	measure := !l.reported || ramp
	if !explained && !measure {
		var first bool
		if first, measure = l.rate.strike(now, c.at); first {
			l.halveBurst(now)
		}
	}
	if measure {
		l.rate.refuse(now, c.at, until, ramp, l.recentStarts.count(now))
	}
	if ramp {
		return r
	}
	for d := range l.buckets {
		b := &l.buckets[d]
		switch {
		case !b.limits(), explained && !c.shortOf[d]: // of this one enough was left
		case d == Requests && explained: // what is left was reported, and this one will fit
			b.set(until, max(b.levelAt(until), cost[d]))
		default: // it holds this one, and no more
			b.set(until, min(b.levelAt(until), cost[d]))
		}
	}
	r.Smaller = explained && !c.shortOf[Requests]
	return r
}

// oversize returns whether a start that was refused needs more than a full bucket holds.
// The estimate may be too high by the share that it may be too low; of one that was
// refused while the bucket was full, no more is needed.
func (l *Limiter) oversize(c *call) (r Refusal) {
	needs := c.estimate
	if needs == 0 {
		needs = c.cost[Input]
	}
	buckets := l.activeBuckets()
	for _, d := range [...]int{Input, Tokens} { // how long the answer is, nobody knows
		b := &buckets[d]
		if b.limits() && (needs > b.perMinute*(1+l.input.share()) || c.fullDimension == d) {
			return Refusal{Oversize: true, Dimension: d, Needs: int(needs), PerMinute: int(b.perMinute)}
		}
	}
	return r
}

// halveBurst lets only half as many start at once: the account takes bursts less well
// than what its answers report says. With each answer it grows again.
func (l *Limiter) halveBurst(now time.Duration) {
	b := &l.buckets[Requests]
	if !b.limits() {
		return
	}
	l.burst, l.burstGrown = max(b.capacity/2, 1), now
	b.resize(now, b.perMinute, l.burstSize(b.perMinute))
}

// burstSize is how many may start at once with a limit.
func (l *Limiter) burstSize(perMinute float64) float64 {
	if l.burst == 0 {
		return perMinute
	}
	return min(math.Floor(l.burst), perMinute)
}

// Void notes that a start was refused and has cost nothing, and that this may say nothing
// of the limits.
func (l *Limiter) Void(now time.Duration, number uint64) {
	l.charge(now, number, Amount{})
	l.explore.delayRound(now)
}

// SlowStart lets the next starts happen in rounds that double, within the limits: an
// API that was overloaded is not met by everybody at once.
func (l *Limiter) SlowStart() { l.explore = explorer{known: l.reported, slow: true} }

// Resume lets a start of the usual cost happen that a refusal has put off: its time was
// wrong, or the account has more now. The answer will tell what is left.
func (l *Limiter) Resume(now time.Duration) {
	for d := range l.buckets {
		least := max(l.usualCost[d], 1)
		l.buckets[d].resume(now, least)
		l.ceilings[d].resume(now, least)
	}
	l.rate.resume(now, 1)
	l.rate.grown = min(l.rate.grown, now)
}

// Fits reports whether a start of the usual cost may happen at now.
func (l *Limiter) Fits(now time.Duration) bool {
	at, _ := l.Next(l.usualCost)
	return at <= now
}

// FullAt returns when all buckets are full if nothing starts.
func (l *Limiter) FullAt() time.Duration {
	var at time.Duration
	buckets := l.activeBuckets()
	for d := range buckets {
		if b := &buckets[d]; b.limits() {
			at = max(at, b.reachesAt(b.capacity))
		}
	}
	if l.rate.limits() {
		at = max(at, l.rate.reachesAt(l.rate.capacity))
	}
	return at
}

// LastStart returns about when the last of so many further starts may happen, if they
// cost what the latest starts did.
func (l *Limiter) LastStart(now time.Duration, starts int) time.Duration {
	at := l.explore.lastStart(now, starts)
	buckets := l.activeBuckets()
	usual := l.usualCost
	usual[Requests] = max(usual[Requests], 1)
	for d := range buckets {
		if b := &buckets[d]; b.limits() {
			at = max(at, b.suppliedAt(now, usual[d]*float64(starts)))
		}
	}
	if l.rate.limits() {
		at = max(at, l.rate.suppliedAt(now, float64(starts)))
	}
	return at
}

// Forecast returns a copy to play forward. It has no calls, and takes estimates for
// the truth.
func (l *Limiter) Forecast() *Limiter {
	return &Limiter{
		buckets: l.buckets, ceilings: l.ceilings, reported: l.reported,
		explore: l.explore, rate: l.rate, input: estimateError{exact: true},
	}
}

// Remaining is what is left of one limit, as far as it is known.
type Remaining struct {
	Dimension int
	PerMinute int
	Reported  bool          // an answer reported it: the rest is known, too
	Free      int           // below zero while what runs is yet to be produced
	FullAt    time.Duration // when it is full, if nothing starts
}

// Remaining returns what is known of the limits, by dimension.
func (l *Limiter) Remaining(now time.Duration) (all []Remaining) {
	for d := range l.buckets {
		switch b, most := &l.buckets[d], &l.ceilings[d]; {
		case l.reported && b.limits():
			// What a pause still lasts is no debt.
			free := max(b.levelAt(now), -max(l.inFlight[d], 0))
			all = append(all, Remaining{Dimension: d, PerMinute: int(b.perMinute), Reported: true, Free: int(math.Floor(free)), FullAt: max(b.reachesAt(b.capacity), now)})
		case most.limits() && !l.provisional: // what is left of it, no answer has reported
			all = append(all, Remaining{Dimension: d, PerMinute: int(most.perMinute)})
		}
	}
	return all
}

// Rate returns the measured rate in starts a minute; zero if none is in force.
func (l *Limiter) Rate() float64 { return l.rate.perMinute }
