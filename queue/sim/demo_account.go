package sim

import (
	"math/rand/v2"
	"time"

	"paceline/queue"
	"paceline/queue/price"
)

// What the organization of a demo's users may use, and which model they ask.
const (
	demoTier  = "tier1"
	demoModel = "claude-sonnet-5-5"
)

// demoAccount is the [Account] of the organization that all users of a demo belong to. Its
// limits are those of tier 1, and else the API behaves as the scene says.
type demoAccount struct {
	seed    uint64
	account *Account
	scenes  uint64 // so far
	outage  bool
}

// newDemoAccount returns an account with full buckets.
func newDemoAccount(seed uint64) (*demoAccount, error) {
	s, err := TierAccount(demoTier, seed)
	if err != nil {
		return nil, err
	}
	account, err := NewAccount(s)
	if err != nil {
		return nil, err
	}
	return &demoAccount{seed: seed, account: account}, nil
}

// play lets the API behave as a scene says that begins now and lasts so long.
func (a *demoAccount) play(now time.Time, s scene, lasts time.Duration) {
	c := s.api
	a.scenes++
	a.account.setFaults(now, Faults{Overloaded: c.Overloaded, Server: c.Failures / 3, Timeout: c.Failures / 3, Connection: c.Failures / 3})
	a.account.setSpeeds(now, float64(DefaultConditions().Median)/float64(c.Median))
	a.account.addOthers(now, a.scenes, OtherTraffic{
		Model: demoModel, Length: lasts, PerMinute: s.others,
		InputTokens: (shortestPrompt + longestPrompt) / 2, OutputTokens: expectedAnswer,
	})
	a.account.useAtOnce(now, a.account.Group(demoModel), s.spent)
}

// What a question and its answer have in tokens: the median, and the 99th percentile of
// the answer's. About 40 answers a minute use up what tier 1 may produce.
const (
	shortestPrompt = 150
	longestPrompt  = 900
	usualAnswer    = 130
	longAnswer     = 900
)

// expectedAnswer is how many tokens an answer is expected to have.
const expectedAnswer = 200

// call returns an attempt at a question as a call of the account.
func (a *demoAccount) call(q question, attempt uint64) Call {
	rng := newRand(a.seed, "question of "+q.user, q.number)
	return Call{
		ID:           newRand(a.seed, "attempt of "+q.user, q.number, attempt).Uint64(),
		Model:        demoModel,
		InputTokens:  shortestPrompt + rng.IntN(longestPrompt-shortestPrompt),
		OutputTokens: max(1, int(logNormal(rng, usualAnswer, longAnswer))),
	}
}

// used is what a call of the demo has used when so many tokens were produced.
func (c *Call) used(output int) queue.CallUsage {
	model, cost, known := price.Default().Of(price.Call{Model: c.Model, Tokens: price.Tokens{Input: c.InputTokens, Output: output}})
	used := queue.Usage{Input: int64(c.InputTokens), Output: int64(output), Nanodollars: cost}
	if !known {
		used.Unpriced = 1
	}
	return queue.CallUsage{Model: model, Usage: used}
}

// request returns a question as a request to the queue.
func (a *demoAccount) request(q question) queue.Request {
	return queue.Request{
		User: q.user, Priority: q.priority,
		Lane: queue.LaneName("demo", queue.ModelGroup(demoModel)),
		Cost: a.cost(q),
	}
}

// cost returns what a question is expected to cost.
func (a *demoAccount) cost(q question) queue.Cost {
	return queue.Cost{Input: a.call(q, 0).InputTokens, Output: expectedAnswer}
}

// onTheWay is how long a call takes to reach the API. So those that start together do not
// arrive at the same instant, in no order.
func (a *demoAccount) onTheWay(c Call) time.Duration {
	return uniform(newRand(a.seed, "way", c.ID), 2*time.Millisecond, 30*time.Millisecond)
}

// arrive decides about a call that arrives now.
func (a *demoAccount) arrive(now time.Time, c Call) Decision {
	if a.outage {
		return outageDecision(newRand(a.seed, "outage", c.ID))
	}
	return a.account.Arrive(now, c)
}

// cancel ends a call whose user has left.
func (a *demoAccount) cancel(now time.Time, c Call) { a.account.Cancel(now, c.ID) }

// outageDecision is how a call ends in an outage: mostly the connection is refused.
func outageDecision(rng *rand.Rand) Decision {
	d := Decision{Message: "connection refused"}
	if rng.Float64() < 0.1 {
		d = Decision{Status: 500, ErrorType: "api_error", Message: "Internal server error"}
	}
	d.Took = uniform(rng, 50*time.Millisecond, 300*time.Millisecond)
	return d
}
