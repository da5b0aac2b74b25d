package queue

import (
	"context"
	"math"
	"time"
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

// Learn tells the queue what the answer to a call says of its account's limits. ctx
// is the context that the function got from [Do], or one made from it; with any
// other, nothing happens.
func Learn(ctx context.Context, l Limits) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.Learn(now, &c.ticket, l) })
	}
}

// Spent tells the queue what a call really cost, as soon as that is known. It may
// be called more than once; the last time counts. ctx is as with [Learn].
func Spent(ctx context.Context, cost Cost) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.Spent(now, &c.ticket, cost) })
	}
}

// The limits of an account, and how many there are.
const (
	requests = iota
	inputTokens
	outputTokens
	dimensions
)

// amount is so much of each limit.
type amount [dimensions]float64

func amountOf(c Cost) amount {
	return amount{requests: 1, inputTokens: float64(max(c.Input, 0)), outputTokens: float64(max(c.Output, 0))}
}

// bucket is the model of one limit. The zero bucket is no limit.
type bucket struct {
	perMinute float64 // zero: no limit
	holds     float64 // at most: perMinute, or less where bursts were refused
	level     float64 // at at; below zero while what was started is not produced yet
	at        time.Duration
	from      time.Duration // it does not refill before
}

func (b *bucket) perSecond() float64 { return b.perMinute / 60 }

// levelAt returns what the bucket holds at now.
func (b *bucket) levelAt(now time.Duration) float64 {
	since := b.refills()
	if since > b.at {
		now = max(now, since)
	}
	return min(b.level+b.perSecond()*(now-since).Seconds(), b.holds)
}

// refills returns since when, or from when on, it refills from its level.
func (b *bucket) refills() time.Duration { return max(b.at, b.from) }

// set makes the bucket hold so much at now. A debt of more than it ever holds is a
// slip of an estimate, and not waited for.
func (b *bucket) set(now time.Duration, level float64) {
	b.level, b.at = max(min(level, b.holds), -b.holds), now
}

// take takes so much at now.
func (b *bucket) take(now time.Duration, n float64) {
	if b.perMinute > 0 {
		b.set(now, b.levelAt(now)-n)
	}
}

// opens returns when the bucket holds so much. Who needs more than it ever holds
// waits for a full one.
func (b *bucket) opens(n float64) time.Duration {
	if b.perMinute <= 0 {
		return 0
	}
	return b.reaches(min(n, b.holds))
}

// reaches returns when the level would be so high if the bucket had no brim.
func (b *bucket) reaches(level float64) time.Duration {
	missing := level - b.level
	if missing <= 0 {
		return 0
	}
	seconds := missing / b.perSecond()
	if seconds > maxDuration.Seconds() {
		return b.refills() + maxDuration
	}
	return b.refills() + time.Duration(math.Ceil(seconds*1e9))
}

// Learn says what the answer to t, which runs, tells of its account's limits.
func (m *Machine) Learn(now time.Time, t *Ticket, l Limits) {
	m.settle(now)
	if t.state != running || !m.settings.Adaptive {
		return
	}
	took, _ := m.metrics.response.average(m.now)
	t.lane.limits.learn(m.now, t.launch, l, took)
	m.reckon(t.lane)
}

// Spent says what t, which runs, has really cost.
func (m *Machine) Spent(now time.Time, t *Ticket, c Cost) {
	m.settle(now)
	if t.state != running {
		return
	}
	m.traffic.spent(t, c)
	if !m.settings.Adaptive {
		return
	}
	t.cost = amountOf(c)
	t.lane.limits.spent(m.now, t.launch, t.cost)
	m.reckon(t.lane)
}
