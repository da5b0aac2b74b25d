package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue/sim"

	"golang.org/x/time/rate"

	"paceline/queue"
)

// Paces are those of the comparison, in the order of the table.
func Paces() []Pace {
	spaced := queue.DefaultSettings()
	spaced.MaxWait, spaced.MaxQueue = 24*time.Hour, 100_000
	adaptive := spaced
	adaptive.Adaptive = true
	return []Pace{
		{noQueue, func(*Load) (pacer, error) { return atOnce{}, nil }, false},
		{sdkRetries, func(*Load) (pacer, error) { return newRetries(), nil }, false},
		PublishedSpacing(),
		Queue(ourSpaced, spaced, false),
		{toldTheLimit, func(l *Load) (pacer, error) { return newTold(l), nil }, false},
		Queue(ourAdaptiveCold, adaptive, false),
		Queue(ourAdaptive, adaptive, true),
		{theOracle, func(*Load) (pacer, error) { return newOracle(false), nil }, false},
		{greedyOracle, func(*Load) (pacer, error) { return newOracle(true), nil }, false},
	}
}

// PublishedSpacing is the rule as it began: one at a time, and the spacing after
// its end. Nothing is tried again.
func PublishedSpacing() Pace {
	return Pace{publishedSpacing, func(*Load) (pacer, error) { return &published{}, nil }, false}
}

// The names of the paces.
const (
	noQueue          = "no queue"
	sdkRetries       = "SDK retries"
	publishedSpacing = "published spacing"
	ourSpaced        = "spaced"
	toldTheLimit     = "told the limit"
	ourAdaptiveCold  = "adaptive, cold"
	ourAdaptive      = "adaptive"
	theOracle        = "oracle"
	greedyOracle     = "oracle, greedy"
)

// atOnce is no queue, and no second attempt.
type atOnce struct{}

func (atOnce) ask(w *world, m *Message) {
	w.send(m, func(d sim.Decision) {
		if d.Admitted() {
			w.answered(m)
		} else {
			w.failed(m)
		}
	})
}
func (atOnce) after(*world) {}

// retries are those of the official SDKs alone: twice, after what the API says, or
// half a second and more.
type retries struct{ rng *rand.Rand }

func newRetries() retries { return retries{rand.New(rand.NewPCG(1, 1))} }

func (s retries) ask(w *world, m *Message) {
	w.send(m, func(d sim.Decision) {
		switch {
		case d.Admitted():
			w.answered(m)
		case m.attempts > 2:
			w.failed(m)
		default:
			w.in(s.wait(m, d), func() { s.ask(w, m) })
		}
	})
}

// wait is how long before the next attempt.
func (s retries) wait(m *Message, d sim.Decision) time.Duration {
	if d.RetryAfter > 0 && d.RetryAfter <= time.Minute {
		return d.RetryAfter
	}
	delay := min(500*time.Millisecond<<(m.attempts-1), 8*time.Second)
	return time.Duration((1 - s.rng.Float64()/4) * float64(delay))
}
func (retries) after(*world) {}

// published is the rule as it began: one at a time, and the spacing after its end.
type published struct {
	line []*Message
	busy bool
}

func (p *published) ask(w *world, m *Message) {
	p.line = append(p.line, m)
	p.next(w)
}

func (p *published) next(w *world) {
	if p.busy || len(p.line) == 0 {
		return
	}
	m := p.line[0]
	p.line, p.busy = p.line[1:], true
	w.send(m, func(d sim.Decision) {
		if d.Admitted() {
			w.answered(m)
		} else {
			w.failed(m)
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
	load     *Load
	limiters map[string]*rate.Limiter
	retries  retries
}

func newTold(l *Load) told {
	return told{l, map[string]*rate.Limiter{}, newRetries()}
}

func (p told) ask(w *world, m *Message) {
	limiter := p.limiters[m.lane()]
	if limiter == nil {
		perMinute := p.load.of(m.Account).Limits.Of(queue.ModelGroup(m.Call.Model)).RequestsPerMinute
		limiter = rate.NewLimiter(rate.Limit(perMinute)/60, perMinute)
		p.limiters[m.lane()] = limiter
	}
	w.in(limiter.ReserveN(w.clock(), 1).DelayFrom(w.clock()), func() { p.retries.ask(w, m) })
}
func (told) after(*world) {}
