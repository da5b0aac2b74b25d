package sim

import (
	"math"
	"time"
)

// answer is an answer that runs.
type answer struct {
	call     Call
	unseen   bool // somebody else's
	tanks    []*tanks
	estimate int64 // units of input that were drawn

	first, end micros // when its tokens begin and end
	output     int    // tokens that it will have produced at its end
	rate       int64  // units a microsecond, about; zero before the first token
	corrected  bool   // the input is the true one
	done       bool
}

// let takes an admitted call in: it draws what counts at the start, and plans the
// rest.
func (a *Account) let(now micros, r *answer, l luck) Decision {
	if a.ramp != nil {
		a.ramp.count(now)
	}
	for _, t := range r.tanks {
		t.requests.take(now, token)
		t.burst.take(now, token)
		t.takeInput(now, r.estimate)
		if a.settings.ReserveOutput {
			t.takeOutput(now, int64(r.call.reserved())*token)
		}
	}
	d := a.fate(now, r.call, l)
	if d.Hangs {
		r.first, r.end = now+inMicros(d.Took), now+inMicros(d.Took)
		a.run(r)
		return d
	}
	if !d.Admitted() {
		r.first, r.end = now+inMicros(d.Took), now+inMicros(d.Took)
		a.agenda.plan(r.end, func(now micros) { a.fail(now, r) })
		return d
	}
	r.output = r.call.output()
	d.FirstToken, d.Took, d.OutputTokens = l.first, l.took, r.output
	if d.ErrorType != "" {
		r.output = int(l.part * float64(r.output))
		d.Took = l.first + time.Duration(l.part*float64(l.took-l.first))
		d.OutputTokens = r.output
	}
	r.first, r.end = now+inMicros(d.FirstToken), now+inMicros(d.Took)
	a.agenda.plan(r.first, func(now micros) { a.produce(now, r) })
	a.run(r)
	return d
}

// run lets a call run until its end.
func (a *Account) run(r *answer) {
	if !r.unseen {
		a.answers[r.call.ID] = r
	}
	a.agenda.plan(r.end, func(now micros) { a.finish(now, r) })
}

// hangTime is how long a call hangs that nobody leaves.
const hangTime = time.Hour

// fate says whether a call that was let in is answered, and how it fails.
func (a *Account) fate(now micros, c Call, l luck) Decision {
	f := a.settings.Faults
	below, overloaded := a.storms(now) // who could not connect is not here
	fail := func(status int, kind, message string) Decision {
		return Decision{Status: status, ErrorType: kind, Message: message, Took: l.quick}
	}
	hit := func(share float64) bool {
		below += share
		return l.fate < below
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

// correct draws the input that a call truly has, in the place of the estimate.
func (r *answer) correct(now micros, tokens int) {
	if r.corrected {
		return
	}
	r.corrected = true
	for _, t := range r.tanks {
		t.takeInput(now, int64(tokens)*token-r.estimate)
	}
}

// produce begins the tokens of an answer: from now on the input is known.
func (a *Account) produce(now micros, r *answer) {
	if r.done {
		return
	}
	r.correct(now, r.call.input())
	if a.settings.ReserveOutput || r.end == now {
		return
	}
	r.rate = int64(math.Round(float64(int64(r.output)*token) / float64(r.end-now)))
	for _, t := range r.tanks {
		t.flowOutput(now, r.rate)
	}
}

// produced is how many whole tokens an answer has at a time.
func (r *answer) produced(now micros) int {
	switch {
	case now >= r.end:
		return r.output
	case now <= r.first:
		return 0
	}
	return int(int64(r.output) * int64(now-r.first) / int64(r.end-r.first))
}

// finish ends an answer, now or before its time. What it drew is exact from now
// on.
func (a *Account) finish(now micros, r *answer) {
	if r.done {
		return
	}
	r.done = true
	if a.answers[r.call.ID] == r {
		delete(a.answers, r.call.ID)
	}
	r.correct(now, r.call.input())
	owed := int64(r.produced(now)) * token
	if a.settings.ReserveOutput {
		owed -= int64(r.call.reserved()) * token
	} else if r.rate != 0 {
		owed -= r.rate * int64(now-r.first)
	}
	for _, t := range r.tanks {
		t.flowOutput(now, -r.rate)
		t.takeOutput(now, owed)
	}
}

// fail ends a call without an answer: only its request counts.
func (a *Account) fail(now micros, r *answer) {
	r.correct(now, 0)
	if a.settings.ReserveOutput {
		for _, t := range r.tanks {
			t.takeOutput(now, -int64(r.call.reserved())*token)
		}
	}
}

// Produced returns how many output tokens the answer to a call has now; false if
// none of that ID runs.
func (a *Account) Produced(now time.Time, id uint64) (int, bool) {
	at := a.advance(now)
	r := a.answers[id]
	if r == nil {
		return 0, false
	}
	return r.produced(at), true
}

// Cancel ends the answer to a call whose client has left, and returns how many
// output tokens it had; no more will count. False if none of that ID runs.
func (a *Account) Cancel(now time.Time, id uint64) (int, bool) {
	at := a.advance(now)
	r := a.answers[id]
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
	return len(a.answers)
}
