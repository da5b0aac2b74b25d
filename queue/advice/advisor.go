package advice

import (
	"context"
	"errors"
	"sync"
	"time"

	"paceline/queue"
)

// How often advice is computed, at most: once in ten seconds, and for a fiftieth of
// the time of one core. After a failure it takes twice as long each time, up to an
// hour.
const (
	every = 10 * time.Second
	spare = 50 / (1 + rests)
	least = time.Hour
)

// How a computation gives way to requests: it works for a slice of time and rests
// for three, so that it takes a quarter of one core.
const (
	slice = 5 * time.Millisecond
	rests = 3
)

// errStopped ends a computation.
var errStopped = errors.New("advice: the advisor is closed")

// Advisor keeps the advice for a queue fresh, as long as somebody asks. Make one
// with [New]; it is safe for concurrent use. What goes wrong while it computes is a
// trouble of the queue, see [queue.Queue.Trouble], and ends nothing else.
type Advisor struct {
	queue   *queue.Queue
	compute func(context.Context, Situation) (*queue.Advice, error)
	ctx     context.Context // ends what is computed
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	mu       sync.Mutex // guards what follows
	last     *queue.Advice
	seen     uint64    // the queue's changes, then
	next     time.Time // not computed before
	failures int       // in a row
	busy     bool
	closed   bool
}

// New returns an advisor for q, which stays the caller's.
func New(q *queue.Queue) *Advisor {
	a := &Advisor{queue: q, compute: computeGently}
	a.ctx, a.stop = context.WithCancelCause(context.Background())
	return a
}

// Advice returns what was computed last, with what holds up the queue now; nil
// before the first time. If that is a while ago, it begins to compute anew in the
// background.
func (a *Advisor) Advice() *queue.Advice {
	now, changes := time.Now(), a.queue.Changes()
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.last == nil || changes != a.seen || now.Sub(a.last.At.Time) > time.Hour
	if old && !a.busy && !a.closed && !now.Before(a.next) {
		a.busy = true
		a.running.Go(func() { a.renew(changes) })
	}
	if a.last == nil {
		return nil
	}
	fresh := *a.last
	fresh.BindsNow = bindsNow(a.queue.Blocked())
	return &fresh
}

// renew computes the advice. The queue has changed so often by now.
func (a *Advisor) renew(changes uint64) {
	var advice *queue.Advice
	start := time.Now()
	a.queue.Guard(queue.PartAdvice, func() {
		var err error
		if advice, err = a.compute(a.ctx, Of(a.queue)); err != nil && a.ctx.Err() == nil {
			advice = nil
			a.queue.Trouble(queue.PartAdvice, err)
		}
	})
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = false
	a.next = now.Add(max(every, spare*now.Sub(start)))
	if advice == nil {
		a.failures++
		a.next = now.Add(max(a.next.Sub(now), min(every<<min(a.failures, 10), least)))
		return
	}
	a.last, a.seen, a.failures = advice, changes, 0
}

// computeGently is [Compute] that gives way.
func computeGently(ctx context.Context, s Situation) (*queue.Advice, error) {
	w := work{ctx: ctx, since: time.Now()}
	c := computation{ctx: ctx, between: w.rest}
	return c.advice(s)
}

// work is work that gives way.
type work struct {
	ctx   context.Context
	since time.Time // when it last rested
}

// rest rests if it has worked for a slice of time, unless the context ends.
func (w *work) rest() {
	if time.Since(w.since) < slice {
		return
	}
	timer := time.NewTimer(rests * slice)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
	w.since = time.Now()
}

// Close ends what is being computed, and returns when it has ended. There is no new
// advice afterwards.
func (a *Advisor) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.stop(errStopped)
	a.running.Wait()
}
