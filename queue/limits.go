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

// Limit is what an answer reports of one limit ("Rate limits", platform.claude.com):
// a token bucket that holds PerMinute at most and refills continuously. The zero
// Limit is one that is not reported.
type Limit struct {
	PerMinute int // zero: not reported
	Remaining int // never below zero, though the bucket may be
	// FullIn is how long until the bucket is full again, to within a second either
	// way: only this shows how deep a bucket in debt is. Below zero, the API's clock
	// is off. Zero: not reported.
	FullIn time.Duration
}

// Limits are what an answer reports of its account's limits.
type Limits struct {
	Requests, Input, Output Limit
	// Tokens is a further limit, of input and output together, such as that of a
	// workspace below its organization's.
	Tokens Limit
}

// ReportLimits hands the queue the limits that the answer to a call reports. ctx
// is the context that the function got from [Do], or one made from it; with any
// other, nothing happens.
func ReportLimits(ctx context.Context, l Limits) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.ReportLimits(now, &c.ticket, l) })
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

// ReportLimits takes in the limits that the answer to t, which runs, reports.
func (m *Machine) ReportLimits(now time.Time, t *Ticket, l Limits) {
	m.advance(now)
	if t.state != running {
		return
	}
	m.learned++
	m.recent.limitsKnown(t, l, m.now)
	took, _ := m.metrics.response.Average(m.now)
	t.lane.limits.ReportLimits(m.now, t.startNumber, l.report(), took)
	m.reschedule(t.lane)
}

// ReportUsage takes in the real cost of t, which runs.
func (m *Machine) ReportUsage(now time.Time, t *Ticket, c Cost) {
	m.advance(now)
	if t.state != running {
		return
	}
	m.recent.costKnown(t, c)
	m.learned++
	t.lane.order.correct(t, c.amount())
	t.cost = c.amount()
	t.lane.limits.ReportUsage(m.now, t.startNumber, t.cost)
	m.reschedule(t.lane)
}

// SetLimits sets the limits of a lane's account from another source than its answers,
// such as the Rate Limits API (platform.claude.com); asked is when that source was
// queried. Of each limit only PerMinute counts: nobody knows how much remains. Until the
// first answer the limits are ceilings, and estimates assume full buckets.
//
// Answers have the last word: they may report a workspace's limits, which are lower.
// What answers reported after asked stays. A limit that has changed since the last call
// of SetLimits counts until the next answer if it is lower than the reported one, or if
// the reported one agreed with the limit before. A limit that is zero or absurd is
// ignored.
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

// KnownLimits returns the limits that the API has reported, by lane; also of lanes
// without requests. Only PerMinute is set.
func (m *Machine) KnownLimits(now time.Time) map[string]Limits {
	m.advance(now)
	all := knownLimits{}
	m.allMemories(all.add)
	return all
}

// knownLimits are limits by lane.
type knownLimits map[string]Limits

// add adds what is known of a lane, if anything is.
func (k knownLimits) add(lane string, memory *laneMemory) bool {
	if known := limitsOf(memory.limits.PerMinute()); known != (Limits{}) {
		k[lane] = known
	}
	return true
}
