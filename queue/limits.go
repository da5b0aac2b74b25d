package queue

import (
	"context"
	"time"

	"paceline/queue/internal/limiter"
)

// Cost is what a request takes of an account's limits beside itself, in tokens.
// The zero Cost is a request that takes nothing else.
type Cost struct {
	Input  int // what counts against the input limit: cache reads do not
	Output int
}

// Limit is what an answer tells of one limit ("Rate limits", platform.claude.com):
// a token bucket that holds PerMinute at most and refills continuously. The zero
// Limit is one that is not told.
type Limit struct {
	PerMinute int // zero: not told
	Remaining int // never below zero, though the bucket may be
	// FullIn is how long until the bucket is full again, to within a second either
	// way: of a bucket in debt only this tells how deep. Below zero, the API's clock
	// is off. Zero: not told.
	FullIn time.Duration
}

// Limits are what an answer tells of its account's limits.
type Limits struct {
	Requests, Input, Output Limit
	// Tokens is a further limit, of input and output together, such as that of a
	// workspace below its organization's.
	Tokens Limit
}

// ReportLimits tells the queue what the answer to a call says of its account's limits. ctx
// is the context that the function got from [Do], or one made from it; with any
// other, nothing happens.
func ReportLimits(ctx context.Context, l Limits) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.ReportLimits(now, &c.ticket, l) })
	}
}

// ReportUsage tells the queue what a call really cost, as soon as that is known. It may
// be called more than once; the last time counts. ctx is as with [ReportLimits].
func ReportUsage(ctx context.Context, cost Cost) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.ReportUsage(now, &c.ticket, cost) })
	}
}

// report is the limits as the limiter knows them.
func (l Limits) report() limiter.Report {
	var r limiter.Report
	for d, limit := range [limiter.Dimensions]Limit{limiter.Requests: l.Requests, limiter.Input: l.Input, limiter.Output: l.Output, limiter.Tokens: l.Tokens} {
		r[d] = limiter.Limit(limit)
	}
	return r
}

// limitsOf returns limits of which only PerMinute is known.
func limitsOf(perMinute [limiter.Dimensions]int) Limits {
	one := func(d int) Limit { return Limit{PerMinute: perMinute[d]} }
	return Limits{Requests: one(limiter.Requests), Input: one(limiter.Input), Output: one(limiter.Output), Tokens: one(limiter.Tokens)}
}

func (c Cost) amount() limiter.Amount {
	return limiter.Cost(float64(max(c.Input, 0)), float64(max(c.Output, 0)))
}

// ReportLimits says what the answer to t, which runs, tells of its account's limits.
func (m *Machine) ReportLimits(now time.Time, t *Ticket, l Limits) {
	m.advance(now)
	if t.state != running {
		return
	}
	m.learned++
	took, _ := m.metrics.response.Average(m.now)
	t.lane.limits.ReportLimits(m.now, t.startNumber, l.report(), took)
	m.reschedule(t.lane)
}

// ReportUsage says what t, which runs, has really cost.
func (m *Machine) ReportUsage(now time.Time, t *Ticket, c Cost) {
	m.advance(now)
	if t.state != running {
		return
	}
	m.recent.costKnown(t, c)
	m.learned++
	t.cost = c.amount()
	t.lane.limits.ReportUsage(m.now, t.startNumber, t.cost)
	m.reschedule(t.lane)
}

// SetLimits tells the limits of a lane's account from elsewhere than its answers, such
// as the Rate Limits API (platform.claude.com), which was asked at asked. Of each
// limit only PerMinute counts: what is left of it now, nobody knows. They are a
// ceiling until an answer tells: nothing starts that they would not allow of a full
// bucket.
//
// Answers have the last word: they may speak of a workspace's limits, which are
// lower. What was told after asked stays. A limit that has changed since SetLimits was
// last told it, counts until the next answer if it is lower than what answers
// told, or if they agreed with the one before. What is zero or absurd is not told.
func (q *Queue) SetLimits(lane string, l Limits, asked time.Time) {
	q.update(func(now time.Time) { q.machine.SetLimits(now, lane, l, asked) })
}

// SetLimits is [Queue.SetLimits] at now.
func (m *Machine) SetLimits(now time.Time, lane string, l Limits, asked time.Time) {
	m.advance(now)
	of := m.lane(lane)
	var perMinute [limiter.Dimensions]int
	for d, limit := range l.report() {
		perMinute[d] = limit.PerMinute
	}
	m.learned++
	of.limits.SetLimits(m.now, perMinute, asked.Sub(m.epoch))
	m.reschedule(of)
}

// KnownLimits returns the limits that the API has told, by lane; also of lanes in
// which nobody is now. Only PerMinute is set.
func (m *Machine) KnownLimits(now time.Time) map[string]Limits {
	m.advance(now)
	all := map[string]Limits{}
	for name, k := range m.allMemories {
		if known := limitsOf(k.limits.PerMinute()); known != (Limits{}) {
			all[name] = known
		}
	}
	return all
}
