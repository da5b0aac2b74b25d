package sim

import "math/rand/v2"

// others are somebody else's requests on an account.
type others struct {
	Others
	number uint64 // which of the others they are
	sent   uint64 // requests until now
	rng    *rand.Rand
}

// invite plans the requests of others.
func (a *Account) invite(number uint64, o Others) {
	if o.PerMinute == 0 {
		return
	}
	from := &others{Others: o, number: number, rng: stream(a.settings.Seed, "others", number)}
	a.plan(inMicros(o.At), from)
}

// plan plans the next request of others after a time.
func (a *Account) plan(after micros, o *others) {
	const longest = 1e15 // thirty years; no time beyond it can be counted
	at := after + micros(min(o.rng.ExpFloat64()*float64(minute)/o.PerMinute, longest)) + 1
	if o.Length > 0 && at >= inMicros(o.At)+inMicros(o.Length) {
		return
	}
	a.agenda.plan(at, func(now micros) {
		a.request(now, o)
		a.plan(now, o)
	})
}

// request is one request of others.
func (a *Account) request(now micros, o *others) {
	o.sent++
	vary := func(mean int) int { return int((0.5 + o.rng.Float64()) * float64(mean)) }
	c := Call{Model: o.Model, Workspace: o.Workspace, InputTokens: vary(o.InputTokens), OutputTokens: vary(o.OutputTokens)}
	a.arrive(now, &answer{call: c, unseen: true}, a.draw(c, "request of others", o.number, o.sent))
}
