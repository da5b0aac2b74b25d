package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue"
	"paceline/queue/sim"

	"golang.org/x/time/rate"
)

// Paces are those of the comparison, in the order of the table. Nothing of ours
// refuses a message there, however long it waits, but for those that have the usual
// door.
func Paces() []Pace {
	spaced := queue.DefaultSettings()
	spaced.MaxWait, spaced.MaxQueue = 24*time.Hour, 100_000
	adaptive := spaced
	adaptive.Adaptive = true
	usual := queue.DefaultSettings()
	usual.Adaptive = true
	return []Pace{
		other(NoQueue, func(*Load) pacer { return atOnce{} }),
		other(SDKRetries, func(*Load) pacer { return newRetries() }),
		Published(),
		Queue(Spaced, spaced, false),
		other(ToldTheLimit, func(l *Load) pacer { return newTold(l) }),
		Queue(AdaptiveCold, adaptive, false),
		Queue(AdaptiveColdDoor, usual, false).insteadOf(AdaptiveCold),
		Queue(Adaptive, adaptive, true),
		Restarted(AdaptiveRestarted, usual).insteadOf(Adaptive),
		other(Oracle, func(*Load) pacer { return newOracle(false) }),
		other(GreedyOracle, func(*Load) pacer { return newOracle(true) }).insteadOf(Oracle),
	}
}

// Published is the pace of the rule as it began: one at a time, and the spacing
// after its end. Nothing is tried again.
func Published() Pace {
	return other(PublishedSpacing, func(*Load) pacer { return &published{} })
}

// The names of the paces of the comparison.
const (
	NoQueue           = "no queue"                     // everything at once, and no second attempt
	SDKRetries        = "SDK retries"                  // everything at once, behind it the official SDKs' own retries
	PublishedSpacing  = "published spacing"            // one at a time, and the spacing after its end
	Spaced            = "spaced"                       // our queue, with the spacing from start to start
	ToldTheLimit      = "told the limit"               // a token bucket of requests in front of the SDKs
	AdaptiveCold      = "adaptive, cold"               // our queue, adaptive, which knows nothing yet
	AdaptiveColdDoor  = "adaptive, cold, default door" // the same, which refuses what it could not serve in time
	Adaptive          = "adaptive"                     // our queue, adaptive, which has answered each user once
	AdaptiveRestarted = "adaptive, restarted"          // the same, which goes on from its saved state, with the usual door
	Oracle            = "oracle"                       // sees the account's buckets and what each request will cost
	GreedyOracle      = "oracle, greedy"               // the same, and runs into debt for output
)

// insteadOf returns a pace that is shown only where it does something else than one
// before it.
func (p Pace) insteadOf(other string) Pace {
	p.like = other
	return p
}

// other is a pace without a queue of ours.
func other(name string, newPacer func(*Load) pacer) Pace {
	return Pace{Name: name, make: func(l *Load) (pacer, error) { return newPacer(l), nil }}
}

// atOnce is no queue, and no second attempt.
type atOnce struct{}

func (atOnce) ask(w *world, m *Message) {
	w.send(m, func(d sim.Decision) {
		if m.over(d) {
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

func (r retries) ask(w *world, m *Message) {
	w.send(m, func(d sim.Decision) {
		switch {
		case m.over(d):
			w.answered(m)
		case !r.again(m, d):
			w.failed(m)
		default:
			w.in(r.wait(m, d), func() { r.ask(w, m) })
		}
	})
}

// again reports whether there is another attempt: of three, and not for what is
// the caller's own mistake.
func (retries) again(m *Message, d sim.Decision) bool {
	return m.attempts <= 2 && classes[d.Status] != queue.ClientError
}

// wait is how long before the next attempt.
func (r retries) wait(m *Message, d sim.Decision) time.Duration {
	if d.RetryAfter > 0 && d.RetryAfter <= time.Minute {
		return d.RetryAfter
	}
	delay := min(500*time.Millisecond<<(m.attempts-1), 8*time.Second)
	return time.Duration((1 - r.rng.Float64()/4) * float64(delay))
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
		if m.over(d) {
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
// for each bucket of the API, and the SDK's retries behind it.
type told struct {
	load     *Load
	limiters map[bucket]*rate.Limiter
	retries  retries
}

func newTold(l *Load) told {
	return told{l, map[bucket]*rate.Limiter{}, newRetries()}
}

func (p told) ask(w *world, m *Message) {
	of := w.bucket(m)
	limiter := p.limiters[of]
	if limiter == nil {
		limiter = newLimiter(p.load.of(m.Account).Limits.Of(of.group).RequestsPerMinute)
		p.limiters[of] = limiter
	}
	w.in(limiter.ReserveN(w.clock(), 1).DelayFrom(w.clock()), func() { p.retries.ask(w, m) })
}
func (told) after(*world) {}

// newLimiter returns a limiter that holds a minute's worth, as the API's buckets do.
// Zero a minute is no limit.
func newLimiter(perMinute int) *rate.Limiter {
	if perMinute == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perMinute)/60, perMinute)
}
