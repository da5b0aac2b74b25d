package advice

import (
	"runtime/debug"
	"sync"
	"time"

	"paceline/queue"
)

// How often advice is computed, at most: once in ten seconds, and for a fiftieth of
// the time of one core.
const (
	every = 10 * time.Second
	spare = 50
)

// Advisor keeps the advice for a queue fresh, as long as somebody asks. Make one
// with [New]; it is safe for concurrent use.
type Advisor struct {
	queue   *queue.Queue
	onPanic func(value any, stack []byte)
	running sync.WaitGroup

	mu     sync.Mutex // guards what follows
	last   *queue.Advice
	seen   uint64    // the queue's changes, then
	next   time.Time // not computed before
	busy   bool
	closed bool
}

// New returns an advisor for q, which stays the caller's. onPanic is told what
// panics while advice is computed; nil ends the process.
func New(q *queue.Queue, onPanic func(value any, stack []byte)) *Advisor {
	return &Advisor{queue: q, onPanic: onPanic}
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
		a.busy, a.seen = true, changes
		a.running.Go(a.compute)
	}
	if a.last == nil {
		return nil
	}
	fresh := *a.last
	fresh.BindsNow = bindsNow(a.queue.Held())
	return &fresh
}

// compute computes the advice.
func (a *Advisor) compute() {
	if a.onPanic != nil {
		defer func() {
			if v := recover(); v != nil {
				a.onPanic(v, debug.Stack())
			}
		}()
	}
	start := time.Now()
	advice, err := Compute(Of(a.queue))
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = false
	a.next = now.Add(max(every, spare*now.Sub(start)))
	if err == nil { // a queue's settings are fine, and so is what it remembers
		a.last = advice
	}
}

// Close waits for what is being computed. There is no new advice afterwards.
func (a *Advisor) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}
