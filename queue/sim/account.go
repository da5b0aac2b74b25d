package sim

import (
	"fmt"
	"math"
	"time"
)

// Account is one organization's use of the Claude API, as a state machine without
// goroutines and without a clock: calls and the time go in, decisions come out. An
// hour of traffic runs in a moment, and a server can drive one in real time. Make
// one with [NewAccount]. Every method takes the time; a time before an earlier one
// counts as the earlier one. Reading changes nothing. An Account is not safe for
// concurrent use.
//
// The limits are token buckets for requests, input tokens and output tokens, one of
// each for every model group, and again for every workspace with limits of its own
// ("Rate limits", platform.claude.com). Time is counted in microseconds and buckets
// in whole numbers, so that nothing drifts.
type Account struct {
	settings AccountSettings
	epoch    time.Time
	now      micros
	limits   GroupLimits // the organization's, in force now
	spendCap [2]micros   // when the spend cap begins and ends
	buckets  map[bucketKey]*bucketSet
	running  map[uint64]*runningCall
	ramp     *ramp // nil without an acceleration limit
	events   eventQueue[micros]
}

// NewAccount returns an account with full buckets.
func NewAccount(s AccountSettings) (*Account, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.clone()
	a := &Account{
		settings: s,
		limits:   s.Limits,
		buckets:  map[bucketKey]*bucketSet{},
		running:  map[uint64]*runningCall{},
		ramp:     newRamp(s.Acceleration),
	}
	for _, c := range s.Changes {
		a.events.schedule(inMicros(c.At), func(now micros) { a.setLimits(now, c.Limits) })
	}
	for i, o := range s.Others {
		a.startOthers(uint64(i), o)
	}
	for _, u := range s.Uses {
		a.events.schedule(inMicros(u.At), func(now micros) { a.use(now, u) })
	}
	if !s.Epoch.IsZero() {
		a.setEpoch(s.Epoch)
	}
	return a, nil
}

// setEpoch sets the first moment.
func (a *Account) setEpoch(epoch time.Time) {
	a.epoch = epoch
	if a.settings.SpentAt > 0 {
		at := epoch.Add(a.settings.SpentAt)
		day := at.UTC()
		next := time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		a.spendCap = [2]micros{inMicros(a.settings.SpentAt), inMicros(next.Sub(epoch))}
	}
}

// advance runs the events due by now, and returns now as a time of the account.
func (a *Account) advance(now time.Time) micros {
	if a.epoch.IsZero() {
		a.setEpoch(now)
	}
	to := max(inMicros(now.Sub(a.epoch)), a.now)
	a.runUntil(to)
	return to
}

// runUntil runs the events due by a time.
func (a *Account) runUntil(to micros) {
	for {
		d, ok := a.events.next(to)
		if !ok {
			break
		}
		a.now = d.at
		d.do(d.at)
	}
	a.now = to
}

// setLimits changes the organization's limits. A bucket keeps what it holds, as far
// as that still fits; one that had no limit starts full.
func (a *Account) setLimits(now micros, limits GroupLimits) {
	a.limits = limits
	for p, b := range a.buckets {
		if p.workspace == "" && !p.fast {
			b.resize(now, limits.Of(p.group), a.sizesOf(p), inMicros(a.settings.BurstWindow))
		}
	}
}

// setFaults changes how many calls that arrive from now on fail.
func (a *Account) setFaults(now time.Time, f Faults) {
	a.advance(now)
	a.settings.Faults = f
}

// setSpeeds lets all models answer times as fast as usual from now on.
func (a *Account) setSpeeds(now time.Time, times float64) {
	a.advance(now)
	a.settings.Speeds = DefaultSpeeds()
	for family, speed := range a.settings.Speeds {
		a.settings.Speeds[family] = speed.Scaled(times)
	}
}

// Arrive decides about a call that arrives now.
func (a *Account) Arrive(now time.Time, c Call) Decision {
	at := a.advance(now)
	c = c.clean()
	r := &runningCall{call: c}
	l := a.draw(c, "account", c.ID)
	d := a.arrive(at, r, l)
	a.runUntil(at) // an answer that takes no time
	if a.hasHeaders(at, d.Status, l) {
		d.Headers = a.limitHeaders(at, r.buckets)
	}
	return d
}

// arrive decides about a call, and admits it if the limits allow it.
func (a *Account) arrive(now micros, r *runningCall, l draws) Decision {
	if d, ok := a.precheck(now, r.call, l); ok {
		return d
	}
	r.buckets = a.bucketsOf(r.call)
	r.estimate = a.estimate(r.call, l)
	if r.call.Fast && !a.hasFast(r.call.Model) {
		return a.refuseFast(l)
	}
	d, ok := a.checkLimits(now, a.needs(r.buckets, r.call, r.estimate))
	if ok {
		return a.admit(now, r, l)
	}
	d.Took = l.failsAfter
	return d
}

// checkLimits reports whether the limits allow a call with these needs; if not, it
// returns the refusal.
func (a *Account) checkLimits(now micros, needs []need) (Decision, bool) {
	if a.spendCapReached(now) {
		return Decision{Status: 429, ErrorType: "rate_limit_error", ErrorCode: "enforced_spend_limit_reached", RefusedBy: LimitSpend,
			Message: "Your organization has reached the monthly spend limit of its tier (simulated)"}, false
	}
	d, longest := Decision{}, micros(0)
	for _, n := range needs {
		wait, ok := n.bucket.wait(now, n.units)
		if ok && wait == 0 || ok && d.TooLarge || ok != d.TooLarge && wait <= longest {
			continue
		}
		longest = wait
		d = Decision{RefusedBy: n.limit, InWorkspace: n.workspace, TooLarge: !ok, Message: n.message()}
	}
	if d.RefusedBy == LimitNone && a.ramp != nil {
		if longest = a.ramp.wait(now); longest > 0 {
			d = Decision{RefusedBy: LimitAcceleration, ErrorCode: "ramp_limit_exceeded",
				Message: "This request would exceed your organization's acceleration limit: let your traffic rise more gradually (simulated)"}
		}
	}
	if d.RefusedBy == LimitNone {
		return d, true
	}
	d.Status, d.ErrorType = 429, "rate_limit_error"
	if !a.settings.NoRetryAfter {
		d.RetryAfter = max(wholeSeconds(longest), time.Second)
	}
	return d, false
}

// spendCapReached reports whether the spend cap holds.
func (a *Account) spendCapReached(now micros) bool {
	return now >= a.spendCap[0] && now < a.spendCap[1]
}

// message is the API's message for a refusal because of this need.
func (n need) message() string {
	owner, what := "organization", string(n.limit)
	if n.workspace {
		owner = "workspace"
	}
	switch n.limit {
	case LimitBurst:
		what = "requests"
	case LimitInput:
		what = "input tokens"
	case LimitOutput:
		what = "output tokens"
	case LimitTokens:
		what = "tokens"
	}
	return fmt.Sprintf("This request would exceed your %s's rate limit of %d %s per minute (simulated)", owner, n.bucket.limit, what)
}

// Wait returns how long until all buckets hold a call that arrives then, if nothing
// else draws from them: zero if they hold it now. It knows the buckets and the true
// cost, but not what running answers will still produce, so ask again later. False
// means never: a bucket is too small, or the spend cap is reached. A call that
// draws from no bucket need not wait.
func (a *Account) Wait(now time.Time, c Call) (time.Duration, bool) {
	at := a.advance(now)
	c = c.clean()
	if c.Lacking || c.Malformed != 0 {
		return 0, true
	}
	var longest micros
	for _, n := range a.needs(a.bucketsOf(c), c, a.estimate(c, a.draw(c, "account", c.ID))) {
		wait, ok := n.bucket.wait(at, n.units)
		if !ok {
			return 0, false
		}
		longest = max(longest, wait)
	}
	if a.ramp != nil {
		longest = max(longest, a.ramp.wait(at))
	}
	return duration(longest), !a.spendCapReached(at + longest)
}

// inMicros rounds a duration down to microseconds.
func inMicros(d time.Duration) micros { return micros(d / time.Microsecond) }

func duration(m micros) time.Duration {
	if m > micros(math.MaxInt64/int64(time.Microsecond)) {
		return math.MaxInt64
	}
	return time.Duration(m) * time.Microsecond
}

// wholeSeconds rounds up.
func wholeSeconds(m micros) time.Duration {
	return time.Duration((m+second-1)/second) * time.Second
}

// clockTime converts a time of the account to one of the clock.
func (a *Account) clockTime(m micros) time.Time { return a.epoch.Add(duration(m)) }
