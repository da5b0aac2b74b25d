package limiter

import "time"

// Limit is what an answer reports of one limit ("Rate limits",
// platform.claude.com). The zero Limit is one that is not reported.
type Limit struct {
	PerMinute int // zero: not reported
	Remaining int // never below zero, though the bucket may be
	// FullIn is how long until the bucket is full, to within a second either way.
	// Below zero: the clocks differ. Zero: not reported.
	FullIn time.Duration
}

// Report is what an answer reports of its account's limits, by dimension.
type Report [Dimensions]Limit

// clockAllowance is how far a time until a bucket is full can be off: it comes from a
// moment in whole seconds, and nothing says how that is rounded.
const clockAllowance = time.Second

// fullShare is the share of a limit from which on its bucket counts as full for an input that
// is estimated to need more: others may have taken a little.
const fullShare = 0.95

// full is what has to be left of a limit before an input of an estimate would have fitted if
// it ever did.
func full(perMinute, estimate float64) float64 {
	if estimate > perMinute {
		return fullShare * perMinute
	}
	return perMinute
}

// ReportLimits takes what the answer to a start reports. took is the usual duration of a
// call.
func (l *Limiter) ReportLimits(now time.Duration, number uint64, r Report, took time.Duration) {
	c := l.call(number)
	if c == nil || r == (Report{}) {
		return
	}
	c.reported = true
	if l.learnUnits(now, number, r, l.input.share()) {
		l.basis++
	}
	r = l.units.convert(r)
	for d := range r {
		short := r[d].PerMinute > 0 && float64(r[d].Remaining) < c.cost[d]
		c.short, c.shortOf[d] = c.short || short, c.shortOf[d] || short
		if perMinute := float64(r[d].PerMinute); perMinute > 0 && (d == Input || d == Tokens) && float64(r[d].Remaining) >= full(perMinute, c.estimate) && c.estimate >= perMinute/2 {
			c.fullDimension = d
		}
	}
	if believed := l.readings.byAnswer; l.compare(now, number, r) != believed {
		l.basis++
	}
	if d := r[Output]; d.PerMinute > 0 {
		l.outputTold = fullBucket(float64(d.PerMinute), now)
		if l.outputTold.level = float64(d.Remaining); d.Remaining == 0 { // or less
			l.outputTold.level -= l.outputTold.perSecond() * max(d.FullIn-time.Minute, 0).Seconds()
		}
	}
	number, at, toldOf := l.asOf(now, number)
	if number < l.lastReported || at < l.moment.at { // a later report has told more
		return
	}
	l.lastReported, l.unreported, l.reportedAt = number, 0, now
	l.moveMoment(number, at, took)
	if !l.reported {
		l.reported, l.provisional = true, false
		l.basis++
		l.explore.learn()
		if l.rate.growth != rampGrowth { // it was measured for want of what is told now
			l.rate = measuredRate{}
		}
	}
	for d := range l.buckets {
		if r[d].PerMinute > 0 {
			l.correct(d, now, toldOf, r[d], took)
		}
	}
}

// correct sets a bucket to what was left at the moment by what an answer tells of a time,
// less what was taken since.
func (l *Limiter) correct(d int, now, toldOf time.Duration, r Limit, took time.Duration) {
	b, number, at := &l.buckets[d], l.moment.number, l.moment.at
	before, modelled := b.levelAt(now), b.limits()
	perMinute, left := float64(r.PerMinute), float64(r.Remaining)
	if modelled && perMinute != b.perMinute {
		l.basis++
	}
	b.perMinute, b.capacity = perMinute, perMinute
	if d == Requests && l.burst > 0 {
		l.burst += recovery * perMinute * (now - l.burstGrown).Minutes()
		l.burstGrown = now
		b.capacity = l.burstSize(perMinute)
	}
	c := l.call(number)
	if d == Requests && number <= l.told.last {
		l.playTold(number)
	}
	switch level := min(c.level+b.perSecond()*(toldOf-c.at).Seconds(), b.capacity); {
	case d != Requests:
		if r.FullIn != 0 { // as of now
			r.FullIn += now - toldOf
		}
		left = l.left(d, r)
	case level > left && level < left+1: // only how many whole ones is reported
		left = level
	case left+1 >= b.capacity && toldOf == at: // it was full until the request arrived
		b.from = at + jitter
	}
	left -= b.perSecond() * (toldOf - at).Seconds()
	switch d { // what ran then, this one among it, and was yet to be taken
	case Input: // the API had only estimated it
		left -= apiEstimate * l.moment.guessed
	case Output, Tokens: // some was yet to be produced
		left -= l.moment.unproducedOutput(took)
	}
	l.corrected[d] = correction{number, at, took}
	b.set(at, left)
	if d == Requests {
		l.told = toldLevel{*b, number, l.last()}
	}
	l.retake(d, b)
	earlier, later := l.moment.before[d], l.moment.after[d]
	if d == Requests || d == Input { // what arrived after this one was refused if it was more than was left
		earlier = min(earlier, max(float64(r.Remaining), 0))
	}
	level := b.levelAt(now)
	between := func(before, level float64) float64 { return min(max(before, level-earlier), level+later) }
	if own := &l.caution.account[d]; own.limits() {
		was, has := own.levelAt(now), level
		if d == Requests && l.burst > 0 { // the model holds no more than may start at once
			has = l.requestsLeft(now, toldOf, r)
		}
		own.perMinute, own.capacity = perMinute, perMinute
		own.set(now, max(between(was, has), -l.inFlight[d]))
	}
	if modelled { // the order in which they arrived is not known: anything between is as good
		level = between(before, level)
	} else {
		level -= earlier
	}
	if d == Requests && l.burst > 0 { // no answer reports how many may start at once
		level = min(level, before+l.caution.more(c.at))
	}
	b.set(now, max(level, -l.inFlight[d]))
	l.caution.end(d, b, now)
}

// requestsLeft returns how many requests the account has left by what an answer tells of a time.
func (l *Limiter) requestsLeft(now, toldOf time.Duration, r Limit) float64 {
	has := min(float64(r.Remaining)+float64(r.PerMinute)/60*(now-toldOf).Seconds(), float64(r.PerMinute))
	for number := l.moment.number + 1; number <= l.last(); number++ {
		has -= l.call(number).cost[Requests]
	}
	return has
}

// left returns what a bucket of tokens held, by what an answer reports, at the least.
//
// What remains counts, and the time until the bucket is full sharpens it within
// its rounding. A bucket from which nothing remains may be in debt, by no more
// than the output of what was in flight; only that time says how deep. A time
// that contradicts what remains is not of this bucket, or of another clock.
func (l *Limiter) left(d int, r Limit) float64 {
	b := &l.buckets[d]
	remaining, margin := float64(r.Remaining), min(rounding, reserve*b.perMinute)
	if r.FullIn == 0 {
		return remaining - margin
	}
	byTime := b.perMinute - b.perSecond()*r.FullIn.Seconds()
	tolerance := rounding + b.perSecond()*(clockAllowance+clockAllowance/2).Seconds()
	contradicts := byTime < remaining-tolerance || byTime > remaining+tolerance
	low, high := remaining-margin, remaining+margin
	switch {
	case r.Remaining > 0:
		if r.Remaining < r.PerMinute {
			l.badClock[d] = contradicts
		}
		if contradicts && r.Remaining == r.PerMinute {
			return remaining // it is full, whatever the time speaks of
		}
		if contradicts {
			return low
		}
	case l.badClock[d] || byTime > tolerance:
		return 0
	default:
		low, high = -l.moment.running[d], margin // by what was in flight then
	}
	return max(min(byTime-b.perSecond()*clockAllowance.Seconds(), high), low)
}

// correction is the latest report of a dimension that has set its bucket: which start it counts
// as the latest, of when it is, and how long a call took.
type correction struct {
	number   uint64
	at, took time.Duration
}

// share is how much of what a call costs is taken from a bucket on top of what answers
// reported, 0 to 1; of tokens, how much of its output.
func (l *callLog) share(d int, number uint64) float64 {
	c, k := l.call(number), &l.corrected[d]
	switch {
	case number > k.number:
		return 1
	case c.ended && c.end <= k.at, d == Requests, d == Input && c.estimate == 0 && c.known <= k.at:
		return 0
	case d == Input:
		return apiEstimate
	default:
		return c.unproducedShare(k.at, k.took)
	}
}

// onTop is how much of a change of a call's cost is taken from a bucket on top of what
// answers reported.
func (l *callLog) onTop(d int, number uint64, change Amount) float64 {
	if d == Tokens && number <= l.corrected[d].number {
		return l.share(d, number) * change[Output]
	}
	return l.share(d, number) * change[d]
}

// unproducedShare is the share of an answer that was not produced yet at a time.
func (c *call) unproducedShare(at, took time.Duration) float64 {
	if c.ended {
		took = c.end - c.at
	}
	if took <= 0 { // not known yet
		return 1
	}
	return min(max(1-float64(at-c.at)/float64(took), 0), 1)
}
