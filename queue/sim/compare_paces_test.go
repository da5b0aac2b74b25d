package sim_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"paceline/queue/sim"

	"golang.org/x/time/rate"

	"paceline/queue"
)

// contender is a pace under a name. The order is that of the table.
type contender struct {
	name string
	make func(testing.TB, *load) pace
	warm bool // it has answered a message of each user before
}

func contenders() []contender {
	return []contender{
		{"no queue", func(testing.TB, *load) pace { return atOnce{} }, false},
		{"SDK retries", func(testing.TB, *load) pace { return newRetries() }, false},
		{"published spacing", func(testing.TB, *load) pace { return &published{} }, false},
		{"spaced", func(tb testing.TB, _ *load) pace { return newOurs(tb, false) }, false},
		{"told the limit", func(_ testing.TB, l *load) pace { return newTold(l) }, false},
		{adaptiveCold, func(tb testing.TB, _ *load) pace { return newOurs(tb, true) }, false},
		{adaptive, func(tb testing.TB, _ *load) pace { return newOurs(tb, true) }, true},
		{theOracle, func(testing.TB, *load) pace { return newOracle(false) }, false},
		{greedyOracle, func(testing.TB, *load) pace { return newOracle(true) }, false},
	}
}

const (
	adaptive     = "adaptive"
	adaptiveCold = "adaptive, cold"
	theOracle    = "oracle"
	greedyOracle = "oracle, greedy"
)

// atOnce is no queue, and no second attempt.
type atOnce struct{}

func (atOnce) ask(w *world, a *ask) {
	w.send(a, func(d sim.Decision) {
		if d.Admitted() {
			w.answered(a)
		} else {
			w.failed(a)
		}
	})
}
func (atOnce) after(*world) {}

// retries are those of the official SDKs alone: twice, after what the API says, or
// half a second and more.
type retries struct{ rng *rand.Rand }

func newRetries() retries { return retries{rand.New(rand.NewPCG(1, 1))} }

func (s retries) ask(w *world, a *ask) {
	w.send(a, func(d sim.Decision) {
		switch {
		case d.Admitted():
			w.answered(a)
		case a.attempts > 2:
			w.failed(a)
		default:
			w.in(s.wait(a, d), func() { s.ask(w, a) })
		}
	})
}

// wait is how long before the next attempt.
func (s retries) wait(a *ask, d sim.Decision) time.Duration {
	if d.RetryAfter > 0 && d.RetryAfter <= time.Minute {
		return d.RetryAfter
	}
	delay := min(500*time.Millisecond<<(a.attempts-1), 8*time.Second)
	return time.Duration((1 - s.rng.Float64()/4) * float64(delay))
}
func (retries) after(*world) {}

// published is the rule as it began: one at a time, and the spacing after its end.
type published struct {
	line []*ask
	busy bool
}

func (p *published) ask(w *world, a *ask) {
	p.line = append(p.line, a)
	p.next(w)
}

func (p *published) next(w *world) {
	if p.busy || len(p.line) == 0 {
		return
	}
	a := p.line[0]
	p.line, p.busy = p.line[1:], true
	w.send(a, func(d sim.Decision) {
		if d.Admitted() {
			w.answered(a)
		} else {
			w.failed(a)
		}
		spacing := min(1500*time.Millisecond+200*time.Millisecond*time.Duration(len(p.line)), 10*time.Second)
		w.in(spacing, func() {
			p.busy = false
			p.next(w)
		})
	})
}
func (*published) after(*world) {}

// told is a token bucket that was told the limit of requests in the morning, one
// for each model group, and the SDK's retries behind it.
type told struct {
	limits   sim.GroupLimits
	limiters map[string]*rate.Limiter
	retries  retries
}

func newTold(l *load) told {
	return told{l.account.Limits, map[string]*rate.Limiter{}, newRetries()}
}

func (p told) ask(w *world, a *ask) {
	group := queue.ModelGroup(a.call.Model)
	limiter := p.limiters[group]
	if limiter == nil {
		perMinute := p.limits.Of(group).RequestsPerMinute
		limiter = rate.NewLimiter(rate.Limit(perMinute)/60, perMinute)
		p.limiters[group] = limiter
	}
	w.in(limiter.ReserveN(w.clock(), 1).DelayFrom(w.clock()), func() { p.retries.ask(w, a) })
}
func (told) after(*world) {}
