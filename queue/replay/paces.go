package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue"
	"paceline/queue/sim"

	"golang.org/x/time/rate"
)

// Paces are the paces of the comparison, in the order of the table. Those of our
// queue refuse no message, however long it waits, except those with the default
// limits.
func Paces() []Pace {
	spaced := queue.DefaultSettings()
	spaced.MaxWait, spaced.MaxQueue = 24*time.Hour, 100_000
	adaptive := spaced
	adaptive.Adaptive = true
	byDefault := queue.DefaultSettings()
	byDefault.Adaptive = true
	return []Pace{
		paceWithoutQueue(NoQueue, func(*Load) pacer { return atOnce{} }),
		Unqueued(),
		Published(),
		QueuePace(Spaced, spaced, false),
		paceWithoutQueue(KnownLimit, func(l *Load) pacer { return newTokenBucket(l) }),
		QueuePace(AdaptiveCold, adaptive, false),
		QueuePace(AdaptiveColdDefaults, byDefault, false).unlessLike(AdaptiveCold),
		QueuePace(Adaptive, adaptive, true),
		restartedPace(AdaptiveRestarted, byDefault).unlessLike(Adaptive),
		paceWithoutQueue(Oracle, func(*Load) pacer { return newOracle(false) }),
		paceWithoutQueue(GreedyOracle, func(*Load) pacer { return newOracle(true) }).unlessLike(Oracle),
	}
}

// Unqueued is the pace of users without a queue: each request is sent at once, and tried
// again twice, as the official SDKs do.
func Unqueued() Pace {
	return paceWithoutQueue(SDKRetries, func(*Load) pacer { return newRetries() })
}

// Published is the pace of the published rule in its first form: one request at a
// time, and a delay after its end. It never retries.
func Published() Pace {
	return paceWithoutQueue(PublishedSpacing, func(*Load) pacer { return &published{} })
}

// The names of the paces of the comparison.
const (
	NoQueue              = "no queue"                     // everything at once, no retries
	SDKRetries           = "SDK retries"                  // everything at once, with the retries of the official SDKs
	PublishedSpacing     = "published spacing"            // one at a time, with a delay after its end
	Spaced               = "spaced"                       // our queue with a delay from start to start
	KnownLimit           = "told the limit"               // a token bucket with the right limit of requests, and the SDKs' retries
	AdaptiveCold         = "adaptive, cold"               // our queue, which has learned nothing yet
	AdaptiveColdDefaults = "adaptive, cold, default door" // the same, with the default limits of queue and wait
	Adaptive             = "adaptive"                     // our queue, which has learned from the warm-up
	AdaptiveRestarted    = "adaptive, restarted"          // the same, continued from its saved state, with the default limits
	Oracle               = "oracle"                       // knows the account's buckets and what each request will cost
	GreedyOracle         = "oracle, greedy"               // the same, and lets output run into debt
)

// unlessLike returns the pace, which the comparison leaves out where its result
// equals that of the other pace.
func (p Pace) unlessLike(other string) Pace {
	p.like = other
	return p
}

// paceWithoutQueue returns a pace that is not our queue's.
func paceWithoutQueue(name string, newPacer func(*Load) pacer) Pace {
	return Pace{Name: name, newPacer: func(l *Load) (pacer, error) { return newPacer(l), nil }}
}

// atOnce starts every request at once, and never retries.
type atOnce struct{}

func (atOnce) ask(s *simulation, m *Message) {
	s.send(m, func(d sim.Decision) {
		if m.over(d) {
			s.answered(m)
		} else {
			s.failed(m)
		}
	})
}
func (atOnce) afterEvents(*simulation) {}

// retries starts every request at once and retries as the official SDKs do: twice,
// after the time that the API asks for, or half a second and more.
type retries struct{ rng *rand.Rand }

func newRetries() retries { return retries{rand.New(rand.NewPCG(1, 1))} }

func (r retries) ask(s *simulation, m *Message) {
	s.send(m, func(d sim.Decision) {
		switch {
		case m.over(d):
			s.answered(m)
		case !r.again(m, d):
			s.failed(m)
		default:
			s.schedule(r.wait(m, d), func() { r.ask(s, m) })
		}
	})
}

// again reports whether to retry: after at most two attempts, and not after a
// mistake of the caller.
func (retries) again(m *Message, d sim.Decision) bool {
	class, failed := d.Class()
	return m.attempts-m.attemptsBefore <= 2 && failed && class != queue.ClientError
}

// wait is the delay before the next attempt.
func (r retries) wait(m *Message, d sim.Decision) time.Duration {
	if d.RetryAfter > 0 && d.RetryAfter <= time.Minute {
		return d.RetryAfter
	}
	delay := min(500*time.Millisecond<<(m.attempts-m.attemptsBefore-1), 8*time.Second)
	return time.Duration((1 - r.rng.Float64()/4) * float64(delay))
}
func (retries) afterEvents(*simulation) {}

// published is the published rule in its first form: one request at a time, and a
// delay after its end.
type published struct {
	line []*Message
	busy bool
}

func (p *published) ask(s *simulation, m *Message) {
	p.line = append(p.line, m)
	p.next(s)
}

func (p *published) next(s *simulation) {
	if p.busy || len(p.line) == 0 {
		return
	}
	m := p.line[0]
	p.line, p.busy = p.line[1:], true
	s.send(m, func(d sim.Decision) {
		if m.over(d) {
			s.answered(m)
		} else {
			s.failed(m)
		}
		spacing := min(1500*time.Millisecond+200*time.Millisecond*time.Duration(len(p.line)), 10*time.Second)
		s.schedule(spacing, func() {
			p.busy = false
			p.next(s)
		})
	})
}
func (*published) afterEvents(*simulation) {}

// tokenBucket has the account's limit of requests at the start, with one limiter
// for each bucket of the API, and the SDKs' retries behind it.
type tokenBucket struct {
	load     *Load
	limiters map[bucket]*rate.Limiter
	retries  retries
}

func newTokenBucket(l *Load) tokenBucket {
	return tokenBucket{l, map[bucket]*rate.Limiter{}, newRetries()}
}

func (p tokenBucket) ask(s *simulation, m *Message) {
	of := s.bucket(m)
	limiter := p.limiters[of]
	if limiter == nil {
		limiter = newLimiter(p.load.account(m.Account).Limits.Of(of.group).RequestsPerMinute)
		p.limiters[of] = limiter
	}
	s.schedule(limiter.ReserveN(s.clock(), 1).DelayFrom(s.clock()), func() { p.retries.ask(s, m) })
}
func (tokenBucket) afterEvents(*simulation) {}

// newLimiter returns a limiter with a burst of one minute, as the API's buckets
// have. Zero a minute is no limit.
func newLimiter(perMinute int) *rate.Limiter {
	if perMinute == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perMinute)/60, perMinute)
}
