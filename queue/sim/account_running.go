package sim

import (
	"math"
	"time"
)

// runningCall is an admitted call whose answer runs.
type runningCall struct {
	call     Call
	ofOthers bool // it belongs to other traffic, and cannot be looked up by ID
	buckets  []*bucketSet
	estimate int64 // units of input drawn at the start

	firstToken, end micros // of its output
	output          int    // tokens in all
	outputRate      int64  // units a microsecond, rounded; zero before the first token
	corrected       bool   // the true input has replaced the estimate
	done            bool
}

// admit starts a call: it draws what counts at the start, and schedules the rest.
func (a *Account) admit(now micros, r *runningCall, l draws) Decision {
	if a.ramp != nil {
		a.ramp.count(now)
	}
	for _, b := range r.buckets {
		b.requests.take(now, token)
		b.burst.take(now, token)
		b.takeInput(now, r.estimate)
		if a.settings.ReserveOutput {
			b.takeOutput(now, int64(r.call.reserved())*token)
		}
	}
	d := a.outcome(now, r.call, l)
	if d.Hangs {
		r.firstToken, r.end = now+inMicros(d.Took), now+inMicros(d.Took)
		a.register(r)
		return d
	}
	if !d.Admitted() {
		r.firstToken, r.end = now+inMicros(d.Took), now+inMicros(d.Took)
		a.events.schedule(r.end, func(now micros) { a.fail(now, r) })
		return d
	}
	r.output = r.call.output()
	d.FirstToken, d.Took, d.OutputTokens = l.firstToken, l.took, r.output
	if d.ErrorType != "" {
		r.output = int(l.breakOff * float64(r.output))
		d.Took = l.firstToken + time.Duration(l.breakOff*float64(l.took-l.firstToken))
		d.OutputTokens = r.output
	}
	r.firstToken, r.end = now+inMicros(d.FirstToken), now+inMicros(d.Took)
	a.events.schedule(r.firstToken, func(now micros) { a.startOutput(now, r) })
	a.register(r)
	return d
}

// register keeps a running call until its end.
func (a *Account) register(r *runningCall) {
	if !r.ofOthers {
		a.running[r.call.ID] = r
	}
	a.events.schedule(r.end, func(now micros) { a.finish(now, r) })
}

// hangTime is how long a call hangs if its client does not leave.
const hangTime = time.Hour

// outcome decides whether an admitted call is answered, and how it fails.
func (a *Account) outcome(now micros, c Call, l draws) Decision {
	f := a.settings.Faults
	unreachable, refused, overloaded := a.storms(now)
	below := unreachable + refused // the lowest draws are calls that got no further
	fail := func(status int, kind, message string) Decision {
		return Decision{Status: status, ErrorType: kind, Message: message, Took: l.failsAfter}
	}
	hit := func(share float64) bool {
		below += share
		return l.failure < below
	}
	switch {
	case c.Hang || hit(a.settings.Hang):
		return Decision{Hangs: true, Message: "no answer", Took: hangTime}
	case hit(overloaded):
		return fail(statusOverloaded, "overloaded_error", "Overloaded")
	case hit(f.Server):
		return fail(500, "api_error", "Internal server error")
	case hit(f.Timeout):
		d := fail(504, "timeout_error", "Request timed out")
		d.Took = timeoutAfter
		return d
	case hit(f.Connection):
		return fail(0, "", "connection reset by peer")
	case hit(f.MidStream):
		return Decision{Status: 200, ErrorType: "overloaded_error", Message: "Overloaded"}
	}
	return Decision{Status: 200}
}

// correct replaces the estimated input by the true one.
func (r *runningCall) correct(now micros, tokens int) {
	if r.corrected {
		return
	}
	r.corrected = true
	for _, b := range r.buckets {
		b.takeInput(now, int64(tokens)*token-r.estimate)
	}
}

// startOutput starts the output of an answer. From now on the input is known.
func (a *Account) startOutput(now micros, r *runningCall) {
	if r.done {
		return
	}
	r.correct(now, r.call.input())
	if a.settings.ReserveOutput || r.end == now {
		return
	}
	r.outputRate = int64(math.Round(float64(int64(r.output)*token) / float64(r.end-now)))
	for _, b := range r.buckets {
		b.changeOutputDrain(now, r.outputRate)
	}
}

// produced is how many whole tokens an answer has at a time.
func (r *runningCall) produced(now micros) int {
	switch {
	case now >= r.end:
		return r.output
	case now <= r.firstToken:
		return 0
	}
	return int(int64(r.output) * int64(now-r.firstToken) / int64(r.end-r.firstToken))
}

// finish ends an answer, now or early. The buckets are exact from now on.
func (a *Account) finish(now micros, r *runningCall) {
	if r.done {
		return
	}
	r.done = true
	if a.running[r.call.ID] == r {
		delete(a.running, r.call.ID)
	}
	r.correct(now, r.call.input())
	owed := int64(r.produced(now)) * token
	if a.settings.ReserveOutput {
		owed -= int64(r.call.reserved()) * token
	} else if r.outputRate != 0 {
		owed -= r.outputRate * int64(now-r.firstToken)
	}
	for _, b := range r.buckets {
		b.changeOutputDrain(now, -r.outputRate)
		b.takeOutput(now, owed)
	}
}

// fail ends a call without an answer: only its request counts.
func (a *Account) fail(now micros, r *runningCall) {
	r.correct(now, 0)
	if a.settings.ReserveOutput {
		for _, b := range r.buckets {
			b.takeOutput(now, -int64(r.call.reserved())*token)
		}
	}
}

// Produced returns how many output tokens the answer to a call has so far; false if
// no answer of that ID runs.
func (a *Account) Produced(now time.Time, id uint64) (int, bool) {
	at := a.advance(now)
	r := a.running[id]
	if r == nil {
		return 0, false
	}
	return r.produced(at), true
}

// Cancel ends the answer to a call whose client has left, and returns how many
// output tokens it had; no more will count. False if no answer of that ID runs.
func (a *Account) Cancel(now time.Time, id uint64) (int, bool) {
	at := a.advance(now)
	r := a.running[id]
	if r == nil {
		return 0, false
	}
	n := r.produced(at)
	a.finish(at, r)
	return n, true
}

// Running returns how many answers run.
func (a *Account) Running(now time.Time) int {
	a.advance(now)
	return len(a.running)
}
