package sim

import (
	"fmt"
	"maps"
	"math"
	"time"
)

// Account is one organization's use of the Claude API as a state machine, without
// goroutines and without a clock: what happens and now in, what comes of it out.
// An hour of traffic runs in a moment, and a server can drive one in real time.
// Make one with [NewAccount]. Every method takes the time; a time before an
// earlier one counts as that one. To look changes nothing. An Account is not safe
// for concurrent use.
//
// The limits are token buckets for requests, input tokens and output tokens, one
// of each for every model group, and beside them for every workspace with limits
// of its own ("Rate limits", platform.claude.com). Time is counted in
// microseconds and buckets in whole numbers, so nothing drifts.
type Account struct {
	settings AccountSettings
	epoch    time.Time
	now      micros
	limits   GroupLimits // those in force
	spent    [2]micros   // from when until when the spend cap holds
	tanks    map[place]*tanks
	answers  map[uint64]*answer
	ramp     *ramp // nil: no acceleration limit
	agenda   agenda
}

// NewAccount returns an account that has used nothing yet.
func NewAccount(s AccountSettings) (*Account, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.clone()
	a := &Account{
		settings: s,
		limits:   s.Limits,
		tanks:    map[place]*tanks{},
		answers:  map[uint64]*answer{},
		ramp:     newRamp(s.Acceleration),
	}
	for _, c := range s.Changes {
		a.agenda.plan(inMicros(c.At), func(now micros) { a.setLimits(now, c.Limits) })
	}
	for i, o := range s.Others {
		a.invite(uint64(i), o)
	}
	if !s.Epoch.IsZero() {
		a.begin(s.Epoch)
	}
	return a, nil
}

// begin sets the first moment.
func (a *Account) begin(epoch time.Time) {
	a.epoch = epoch
	if a.settings.SpentAt > 0 {
		at := epoch.Add(a.settings.SpentAt)
		day := at.UTC()
		next := time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		a.spent = [2]micros{inMicros(a.settings.SpentAt), inMicros(next.Sub(epoch))}
	}
}

// advance makes everything happen that is due by now.
func (a *Account) advance(now time.Time) micros {
	if a.epoch.IsZero() {
		a.begin(now)
	}
	to := max(inMicros(now.Sub(a.epoch)), a.now)
	a.settle(to)
	return to
}

// settle makes everything happen that is due by a time.
func (a *Account) settle(to micros) {
	for {
		d, ok := a.agenda.next(to)
		if !ok {
			break
		}
		a.now = d.at
		d.do(d.at)
	}
	a.now = to
}

// SetLimits gives the organization other limits from now on. A bucket keeps what
// it holds, as far as it still fits; one that had no limit begins full.
func (a *Account) SetLimits(now time.Time, limits GroupLimits) error {
	if err := limits.Validate(); err != nil {
		return err
	}
	a.setLimits(a.advance(now), maps.Clone(limits))
	return nil
}

func (a *Account) setLimits(now micros, limits GroupLimits) {
	a.limits = limits
	for p, t := range a.tanks {
		if p.workspace == "" {
			t.resize(now, limits.Of(p.group), inMicros(a.settings.BurstWindow))
		}
	}
}

// Arrive says what comes of a call that arrives now.
func (a *Account) Arrive(now time.Time, c Call) Decision {
	at := a.advance(now)
	c = c.clean()
	r := &answer{call: c}
	l := a.draw(c, "account", c.ID)
	d := a.arrive(at, r, l)
	a.settle(at) // an answer that takes no time
	if a.shows(d.Status, l) {
		d.Headers = a.tell(at, r.tanks)
	}
	return d
}

// arrive decides about a call with this luck, and takes it in if it is let.
func (a *Account) arrive(now micros, r *answer, l luck) Decision {
	if d, ok := a.turnedAway(now, r.call, l); ok {
		return d
	}
	r.tanks = a.tanksOf(a.Group(r.call.Model), r.call.Workspace)
	r.estimate = a.estimate(r.call, l)
	d, ok := a.admit(now, a.needs(r.tanks, r.call, r.estimate))
	if ok {
		return a.let(now, r, l)
	}
	d.Took = l.quick
	return d
}

// admit reports whether a call with these needs may come in; if not, it returns
// the refusal.
func (a *Account) admit(now micros, needs []need) (Decision, bool) {
	if a.capped(now) {
		return Decision{Status: 429, ErrorType: "rate_limit_error", ErrorCode: "enforced_spend_limit_reached", Refused: LimitSpend,
			Message: "Your organization has reached the monthly spend limit of its tier (simulated)"}, false
	}
	d, longest := Decision{}, micros(0)
	for _, n := range needs {
		wait, ok := n.tank.wait(now, n.units)
		if ok && wait == 0 || ok && d.Never || ok != d.Never && wait <= longest {
			continue
		}
		longest = wait
		d = Decision{Refused: n.limit, InWorkspace: n.workspace, Never: !ok, Message: n.message()}
	}
	if d.Refused == LimitNone && a.ramp != nil {
		if longest = a.ramp.wait(now); longest > 0 {
			d = Decision{Refused: LimitAcceleration, ErrorCode: "ramp_limit_exceeded",
				Message: "This request would exceed your organization's acceleration limit: let your traffic rise more gradually (simulated)"}
		}
	}
	if d.Refused == LimitNone {
		return d, true
	}
	d.Status, d.ErrorType = 429, "rate_limit_error"
	if !a.settings.NoRetryAfter {
		d.RetryAfter = max(wholeSeconds(longest), time.Second)
	}
	return d, false
}

// capped reports whether the spend cap holds.
func (a *Account) capped(now micros) bool { return now >= a.spent[0] && now < a.spent[1] }

// message is the refusal of a need in the API's words.
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
	return fmt.Sprintf("This request would exceed your %s's rate limit of %d %s per minute (simulated)", owner, n.tank.limit, what)
}

// Wait returns how long it takes until all buckets hold a call that would arrive
// then, if nothing else draws from them: zero if they hold it now. It is what
// somebody knows who sees the buckets and the true cost. What running answers
// still produce is not foreseen, so ask again then. False means never: a bucket is
// too small, or the spend cap is reached. A call that draws from no bucket has
// nothing to wait for.
func (a *Account) Wait(now time.Time, c Call) (time.Duration, bool) {
	at := a.advance(now)
	c = c.clean()
	if c.Lacking || c.Malformed != 0 {
		return 0, true
	}
	var longest micros
	for _, n := range a.needs(a.tanksOf(a.Group(c.Model), c.Workspace), c, a.estimate(c, a.draw(c, "account", c.ID))) {
		wait, ok := n.tank.wait(at, n.units)
		if !ok {
			return 0, false
		}
		longest = max(longest, wait)
	}
	if a.ramp != nil {
		longest = max(longest, a.ramp.wait(at))
	}
	return duration(longest), !a.capped(at + longest)
}

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

// at turns a time of the account into one of the clock.
func (a *Account) at(m micros) time.Time { return a.epoch.Add(duration(m)) }
