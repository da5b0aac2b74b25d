package limiter

import (
	"math"
	"time"
)

// What a measured rate does ("additive increase, multiplicative decrease").
const (
	minRate        = 0.1              // starts a second: the slowest of the published rule
	doublingGrowth = 1.0              // growth a second of a rate that was only guessed
	rampGrowth     = 0.06             // growth a second after a refusal of traffic that rises too fast
	coarseGrowth   = 0.01             // growth a second of a rate that was measured once, by a few starts
	probingGrowth  = 0.0006           // growth a second of a measured rate
	growthGain     = 1.2e-5           // added to the growth for each second without a refusal
	decrease       = 0.9              // factor of a measured rate after a refusal
	rampDecrease   = 0.7              // factor of the starts that were not refused, where traffic rose too fast
	unsureDecrease = 0.7              // factor after a refusal that measured nothing
	minMeasured    = 5                // starts that a measure needs
	maxStrikes     = 6                // unexplained refusals from which on the rate is measured
	strikeDecay    = 0.98             // factor of the strikes with each start
	unmeasuredMin  = 0.5              // starts a second: no slower while nothing could be measured
	tooFewStarts   = 2                // between two refusals: so few starts measure nothing,
	bareTooFew     = 8                // and so few where the refusals do not say when to come again,
	maxGuesses     = 10               // until there were so many of them
	fullCredit     = 30 * time.Second // half of what a bucket of a minute's limit saves up
	quietAfter     = 20 * time.Second // without a refusal: the next one is a measure of its own
)

// measuredRate is how many starts an account allows where no answer reports the
// limit that refuses them: no headers, a workspace's limit that they do not show,
// or traffic that rises too fast. Each refusal is a measure: the starts since the
// one before. The zero measuredRate is no limit.
type measuredRate struct {
	bucket
	credit  time.Duration // how much time it saves up while nothing starts
	growth  float64       // share a second, while it holds up starts
	grown   time.Duration // when it last grew, or a start went by it
	since   time.Duration // the last refusal that counted: earlier starts do not count again
	starts  int           // since then
	first   time.Duration // the first of them
	resumed time.Duration // when the pause after it was over
	strikes float64       // recent refusals that nothing explains
	known   float64       // starts a second by the last measure of enough starts
	guesses int           // refusals since then that were none
	idle    bool          // since then a start was allowed and no request was there
	steady  bool          // a forecast: it does not grow
}

// start notes a start.
func (r *measuredRate) start(now time.Duration) {
	r.strikes *= strikeDecay
	if !r.limits() {
		return
	}
	switch full := max(r.reachesAt(r.capacity), r.at); {
	case now-full > time.Duration(float64(time.Second)/r.perSecond()):
		r.idle = true
	case now > r.grown && r.levelAt(now) < 2 && !r.steady: // it holds up starts
		growth := r.growth
		if growth < rampGrowth {
			growth = min(growth+growthGain*(now-r.since).Seconds(), rampGrowth)
		}
		grown := r.perMinute * min(math.Pow(1+growth, (now-r.grown).Seconds()), 2) // no start proves more
		r.resize(now, grown, r.saved(grown))
		if r.known > 0 && r.growth == rampGrowth && r.perSecond() >= r.known {
			r.growth = probingGrowth
		}
	}
	r.grown = now
	if r.starts == 0 {
		r.first = now
	}
	r.starts++
	r.take(now, 1)
}

// strike counts a refusal, of a start at at, that reported limits do not explain. first:
// it is the first among the calls then under way. tooOften: maxStrikes is reached, or a
// rate is in force; until then an API that says when to come again is taken at its word.
func (r *measuredRate) strike(now, at time.Duration) (first, tooOften bool) {
	if r.limits() {
		return false, true
	}
	if first = at > r.since; first {
		r.since = now
		r.strikes++
	}
	return first, r.strikes >= maxStrikes
}

// refuse notes that a start at at was refused, and nothing may start until a time.
// Recent starts are those of the last ten seconds that were not refused.
func (r *measuredRate) refuse(now, at, until time.Duration, ramp bool, recent int) {
	if r.limits() && at <= r.since { // it was under way when the rate was lowered
		return
	}
	perSecond, first, tooFew := r.perSecond(), r.growth == doublingGrowth, tooFewStarts
	if until <= now && r.guesses < maxGuesses { // it may be that much is refused for a time, whatever starts
		tooFew = bareTooFew
	}
	shut := r.limits() && at <= r.first // since the last refusal nothing was let in at all: that is no rate
	switch {
	case first && (shut || r.starts <= tooFew) && !ramp:
		perSecond = max(perSecond*unsureDecrease, min(perSecond, unmeasuredMin))
		r.guesses++
	case shut && !ramp: // what was measured before holds again when it is over
	case ramp:
		perSecond, r.growth, r.credit = max(float64(recent)/10*rampDecrease, perSecond/2), rampGrowth, 0
	case !r.limits():
		perSecond, r.growth, r.credit = 1/max((until-now).Seconds(), 1), doublingGrowth, fullCredit
	default:
		perSecond = r.measure(now)
		if r.idle { // what was saved up was more than the account does
			r.credit /= 2
		}
		if r.growth = probingGrowth; first {
			r.growth = coarseGrowth
		}
		switch {
		case r.starts > max(tooFew, minMeasured):
			r.known, r.guesses = perSecond, 0
		case until <= now && perSecond < r.known/2: // as above: it is soon back
			perSecond, r.growth = r.known/2, rampGrowth
		}
	}
	if r.idle && now-r.resumed >= 10*time.Second { // it was not what held up starts
		perSecond = min(perSecond, float64(recent)/10)
	}
	r.perMinute = 60 * max(perSecond, minRate)
	r.capacity = r.saved(r.perMinute)
	r.since, r.starts, r.idle = now, 0, false
	r.grown = max(until, now)
	r.resumed = r.grown
	r.from = 0
	r.set(r.grown, 1)
}

// saved is how many starts are saved up at most, at a rate a minute.
func (r *measuredRate) saved(perMinute float64) float64 {
	return max(perMinute*r.credit.Minutes(), 1)
}

// measure returns the rate to go on with after a refusal.
func (r *measuredRate) measure(now time.Duration) float64 {
	rate, measured := r.perSecond(), float64(r.starts)/(now-r.since).Seconds()
	switch {
	case r.idle || r.starts <= minMeasured:
		return rate * unsureDecrease
	case r.growth == doublingGrowth: // of a few starts only: the next refusal measures it better
		return min(rate, measured)
	case r.growth == coarseGrowth || now-r.since >= quietAfter:
		return min(rate, measured) * decrease
	default: // the same rise of traffic as before
		return rate * decrease
	}
}

// doubt begins to measure at a rate that was reported once.
func (r *measuredRate) doubt(now time.Duration, b bucket) {
	*r = measuredRate{bucket: b, growth: probingGrowth, credit: fullCredit, grown: now, since: now}
	r.set(now, b.levelAt(now))
}
