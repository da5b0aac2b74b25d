package advice

import (
	"context"
	"errors"
	"sync"
	"time"

	"paceline/queue"
)

// Advice is computed at most once in ten seconds, and for at most a fiftieth of
// the time of one core. The interval doubles after each failure, up to an
// hour.
const (
	interval   = 10 * time.Second
	idleFactor = 50 / (1 + restSlices)
	maxBackoff = time.Hour
)

// A computation yields to requests: it works for a slice of time and pauses
// for three, so that it uses a quarter of one core.
const (
	workSlice  = 5 * time.Millisecond
	restSlices = 3
)

// errStopped is the cause that ends a computation.
var errStopped = errors.New("advice: the advisor is closed")

// Advisor keeps the advice for a queue fresh, as long as it is asked for. Make one
// with [New]; it is safe for concurrent use. A failure of the computation is a
// trouble of the queue, see [queue.Queue.ReportTrouble], and ends nothing else.
type Advisor struct {
	queue   *queue.Queue
	compute func(context.Context, Situation) (*queue.Advice, error)
	ctx     context.Context // ends the computation
	stop    context.CancelCauseFunc
	running sync.WaitGroup

	mu          sync.Mutex // guards what follows
	last        *queue.Advice
	lastChanges uint64    // queue.StateVersion() of the last computation
	notBefore   time.Time // the earliest next computation
	failures    int       // in a row
	busy        bool
	closed      bool
}

// New returns an advisor for q. The caller still owns q.
func New(q *queue.Queue) *Advisor {
	a := &Advisor{queue: q, compute: computeThrottled}
	a.ctx, a.stop = context.WithCancelCause(context.Background())
	return a
}

// Advice returns the last computed advice, with what blocks the queue now; nil
// before the first computation. If the advice is old, it starts a new computation
// in the background.
func (a *Advisor) Advice() *queue.Advice {
	now, changes := time.Now(), a.queue.StateVersion()
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.last == nil || changes != a.lastChanges || now.Sub(a.last.At.Time) > time.Hour
	if old && !a.busy && !a.closed && !now.Before(a.notBefore) {
		a.busy = true
		a.running.Go(func() { a.refresh(changes) })
	}
	if a.last == nil {
		return nil
	}
	fresh := *a.last
	fresh.BindsNow = bindsNow(a.queue.Blocked())
	if class, ok := a.queue.Outage(); ok {
		fresh.CannotTell, fresh.Remedies, fresh.Spared = outageWords(class), []queue.Remedy{}, nil
	}
	return &fresh
}

// outageWords says why no pace and no limit helps while most calls fail.
func outageWords(c queue.Class) string {
	return "calls fail for another reason than the pace: " + c.Cause()
}

// refresh computes the advice. changes is queue.StateVersion() at its start.
func (a *Advisor) refresh(changes uint64) {
	var advice *queue.Advice
	start := time.Now()
	a.queue.Guard(queue.PartAdvice, func() {
		var err error
		if advice, err = a.compute(a.ctx, situationOf(a.queue)); err != nil && a.ctx.Err() == nil {
			advice = nil
			a.queue.ReportTrouble(queue.PartAdvice, err)
		}
	})
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = false
	a.notBefore = now.Add(max(interval, idleFactor*now.Sub(start)))
	if advice == nil {
		a.failures++
		a.notBefore = now.Add(max(a.notBefore.Sub(now), min(interval<<min(a.failures, 10), maxBackoff)))
		return
	}
	a.last, a.lastChanges, a.failures = advice, changes, 0
}

// computeThrottled is [Compute] with pauses for other work.
func computeThrottled(ctx context.Context, s Situation) (*queue.Advice, error) {
	t := throttle{ctx: ctx, lastPause: time.Now()}
	c := computation{ctx: ctx, yield: t.pause}
	return c.advice(s)
}

// throttle limits the share of time that a computation works.
type throttle struct {
	ctx       context.Context
	lastPause time.Time // end of the last pause
}

// pause pauses if a slice of time has passed since the last pause, unless the
// context ends.
func (t *throttle) pause() {
	if time.Since(t.lastPause) < workSlice {
		return
	}
	timer := time.NewTimer(restSlices * workSlice)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	}
	t.lastPause = time.Now()
}

// Close ends a running computation, and returns when it has ended. No other one
// starts afterwards.
func (a *Advisor) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.stop(errStopped)
	a.running.Wait()
}
