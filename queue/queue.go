package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// Queue is a [Machine] with a clock and callers: hand it requests with [Do].
// Make one with [New], and end it with [Queue.Shutdown]. It has no goroutines of
// its own but for a timer's, and is safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	machine *Machine      // guarded by mu
	timer   *time.Timer   // for what is due next; guarded by mu
	idle    chan struct{} // closed once the machine is closed and idle; guarded by mu
	isIdle  bool          // guarded by mu

	troubles troubles // of what stands beside the requests

	observe   func(Event) // nil for none
	observing sync.Mutex  // held while observe runs
	seed      uint64
	restore   *State // nil for a beginning from zero
}

// call is one request of a caller of [Do]. It is also the caller's context, with
// the call to be found in it.
type call struct {
	context.Context // the caller's

	ticket Ticket
	queue  *Queue
	ready  chan struct{}           // one token for each start, and for a drop
	cancel context.CancelCauseFunc // of the attempt that runs; guarded by queue.mu
	err    error                   // why the machine dropped it; guarded by queue.mu
}

type callKey struct{}

// Value implements context.Context.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Option sets up a [Queue] at its start.
type Option func(*Queue)

// Observe hands each event to f, in order, one at a time, outside the queue's
// lock. A slow f delays later events and whoever happens to deliver them, never
// the queue. A panic of f is a [Trouble], and the next event is handed to it.
func Observe(f func(Event)) Option { return func(q *Queue) { q.observe = f } }

// Seed makes the jitter of the back-offs repeat. Without it, it is random.
func Seed(seed uint64) Option { return func(q *Queue) { q.seed = seed } }

// Restore lets the counters and the totals of the users go on where s ends, see
// [Machine.Restore].
func Restore(s State) Option { return func(q *Queue) { q.restore = &s } }

// New returns a queue that works by s. An error names each setting that is out
// of its range, or is an [ErrState].
func New(s Settings, options ...Option) (*Queue, error) {
	q := &Queue{idle: make(chan struct{}), seed: rand.Uint64()}
	for _, o := range options {
		o(q)
	}
	m, err := NewMachine(s, time.Now(), q.seed)
	if err != nil {
		return nil, err
	}
	if q.restore != nil {
		if err := m.Restore(*q.restore); err != nil {
			return nil, err
		}
		q.restore = nil
	}
	if q.observe != nil {
		m.Events() // begin to collect
	}
	q.machine = m
	q.timer = time.AfterFunc(time.Hour, func() { q.update(func(time.Time) {}) })
	q.timer.Stop()
	return q, nil
}

// Do waits for the request's turn, calls f on this goroutine, and returns what f
// returns. The function reads, or passes on, the whole answer, and returns an
// error for everything that is not a success: an [*Error] says whether it is
// tried again; any other error is final. A panic in f becomes a [*PanicError].
//
// When ctx ends, the request leaves the queue at once, and Do returns its cause:
// right away if the request is waiting, else as soon as f returns. f's context
// ends with ctx, and with the cause [ErrSilent] after Settings.MaxRun without
// [Progress]. A request that is refused gets a [*RefusedError] or [ErrClosed], and
// one that the API's pause leaves no time, [ErrWaitTooLong].
func Do[T any](ctx context.Context, q *Queue, r Request, f func(context.Context) (T, error)) (T, error) {
	var none T
	c := &call{Context: ctx, queue: q, ready: make(chan struct{}, 1)}
	if ctx.Err() != nil {
		return none, c.gone()
	}
	if err := c.enter(r); err != nil {
		return none, err
	}
	for {
		if err := c.await(); err != nil {
			return none, err
		}
		answer, err := attempt(c, f)
		again, err := c.finish(err)
		if !again {
			return answer, err
		}
	}
}

// Progress says that the call is alive, because a byte or an event of its answer
// came. ctx is the context that the function got from [Do], or one made from it;
// with any other, nothing happens.
func Progress(ctx context.Context) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.Progress(now, &c.ticket) })
	}
}

// Settings returns the settings in force.
func (q *Queue) Settings() Settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.machine.Settings()
}

// SetSettings changes the settings at once, for those that wait already, too. An
// error names each setting that is out of its range; then nothing changes.
func (q *Queue) SetSettings(s Settings) (err error) {
	q.update(func(now time.Time) { err = q.machine.SetSettings(now, s) })
	return err
}

// Report returns everything about the queue. Its cost does not depend on how many
// are waiting.
func (q *Queue) Report() (r Report) {
	q.update(func(now time.Time) { r = q.machine.Report(now) })
	r.Detail.Troubles = q.troubles.list()
	return r
}

// Traffic returns the requests of the last hour, see [Machine.Traffic]. It costs
// as much as there are.
func (q *Queue) Traffic() (requests []Past, since time.Time) {
	q.update(func(now time.Time) { requests, since = q.machine.Traffic(now) })
	return requests, since
}

// KnownLimits returns the limits that the API has told, see [Machine.KnownLimits].
func (q *Queue) KnownLimits() (all map[string]Limits) {
	q.update(func(now time.Time) { all = q.machine.KnownLimits(now) })
	return all
}

// Blocked returns what holds up each lane in which somebody waits.
func (q *Queue) Blocked() (all []Blocked) {
	q.update(func(now time.Time) { all = q.machine.Blocked(now, nil) })
	return all
}

// Reset sets the counters to zero. By says who asked, for the events.
func (q *Queue) Reset(by string) {
	q.update(func(now time.Time) { q.machine.Reset(now, by) })
}

// State returns what outlasts the queue, see [Machine.State].
func (q *Queue) State() (s State) {
	q.update(func(now time.Time) { s = q.machine.State(now) })
	return s
}

// Changes returns a number that grows whenever [Queue.State] may have changed,
// and is zero as long as nothing has happened.
func (q *Queue) Changes() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.machine.Changes()
}

// Waiting returns up to limit of those who wait, from offset on, in the order of
// their starts, and how many wait in all. It costs as much as there are waiting.
func (q *Queue) Waiting(limit, offset int) (page []Waiting, total int) {
	var all []Waiting
	q.update(func(now time.Time) { all = q.machine.Waiting(now) })
	from := min(max(offset, 0), len(all))
	return all[from:min(from+max(limit, 0), len(all))], len(all)
}

// Find returns the request of that ID, if it waits: the earliest, if there are
// several. It costs as much as there are waiting.
func (q *Queue) Find(id string) (w Waiting, ok bool) {
	q.update(func(now time.Time) { w, ok = q.machine.Find(now, id) })
	return w, ok
}

// Cancel takes the request of that ID out of those that wait; its [Do] returns
// [ErrCancelled]. By says who asked, for the events. It reports whether there was
// one.
func (q *Queue) Cancel(id, by string) (ok bool) {
	q.update(func(now time.Time) { ok = q.machine.Cancel(now, id, by) })
	return ok
}

// JoinLanes makes one lane of two that share one limit: who waits in from joins
// into by arrival, and what comes for from later goes to into.
func (q *Queue) JoinLanes(from, into string) {
	q.update(func(now time.Time) { q.machine.JoinLanes(now, from, into) })
}

// Resume ends the pause of a lane, for a wrong header of the API must not lock it
// for ever. By says who asked, for the events. It reports whether the lane was
// paused.
func (q *Queue) Resume(lane, by string) (ok bool) {
	q.update(func(now time.Time) { ok = q.machine.Resume(now, lane, by) })
	return ok
}

// Ready reports whether requests are taken in: until Shutdown.
func (q *Queue) Ready() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.machine.closed
}

// Shutdown refuses new requests, and returns when all that wait have been served.
// If ctx ends before, it tells the rest [ErrClosed], ends the contexts of the
// calls that run, and returns ctx's error. It may be called more than once.
func (q *Queue) Shutdown(ctx context.Context) error {
	q.update(func(now time.Time) { q.machine.Close(now) })
	select {
	case <-q.idle:
		return nil
	case <-ctx.Done():
		q.update(func(now time.Time) { q.machine.Abort(now) })
		return fmt.Errorf("queue: not everybody was served: %w", context.Cause(ctx))
	}
}

// update tells the machine something, and carries out what follows from it.
func (q *Queue) update(tell func(now time.Time)) {
	cut, fresh := q.locked(tell)
	for _, f := range cut {
		f()
	}
	if fresh {
		q.deliver()
	}
}

// locked is update as far as it needs the lock, which a panic must not keep: the
// other requests would wait for it for ever.
func (q *Queue) locked(tell func(now time.Time)) (cut []func(), fresh bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	tell(now)
	return q.carryOut(now), len(q.machine.events.fresh) > 0
}

// carryOut lets those start whose turn it is, tells those that the machine has
// dropped, and sets the timer. It returns what is to be done without the lock.
// It requires that q.mu is held.
func (q *Queue) carryOut(now time.Time) (cut []func()) {
	m := q.machine
	for t := m.Next(now); t != nil; t = m.Next(now) {
		if t.call.Err() != nil { // the turn is the next one's
			m.Leave(now, t)
			continue
		}
		m.Start(now, t)
		t.call.ready <- struct{}{}
	}
	for _, d := range m.Dropped() {
		c := d.Ticket.call
		c.err = d.Err
		if c.cancel != nil {
			cancel := c.cancel
			cut = append(cut, func() { cancel(d.Err) })
			continue
		}
		select {
		case c.ready <- struct{}{}:
		default: // it has started, and will see err
		}
	}
	if m.closed && m.Idle() {
		q.timer.Stop()
		if !q.isIdle {
			q.isIdle = true
			close(q.idle)
		}
	} else if wake, ok := m.Wake(); ok {
		q.timer.Reset(wake.Sub(now))
	} else {
		q.timer.Stop()
	}
	return cut
}

// deliver hands the fresh events to the observer. Whoever comes while somebody
// else delivers leaves it to them, so the order is kept and nobody waits.
func (q *Queue) deliver() {
	for q.observing.TryLock() {
		q.mu.Lock()
		fresh := q.machine.Events()
		q.mu.Unlock()
		for _, e := range fresh {
			q.Guard(PartLog, func() { q.observe(e) })
		}
		q.observing.Unlock()
		if len(fresh) == 0 {
			return
		}
	}
}

// enter joins the queue.
func (c *call) enter(r Request) (err error) {
	c.queue.update(func(now time.Time) {
		c.ticket.call = c
		err = c.queue.machine.add(now, &c.ticket, r)
	})
	return err
}

// await returns nil when it is the request's turn, and an error when it has left.
func (c *call) await() error {
	select {
	case <-c.ready:
		c.queue.mu.Lock()
		defer c.queue.mu.Unlock()
		return c.err
	case <-c.Done():
		c.leave()
		return c.gone()
	}
}

func (c *call) leave() {
	c.queue.update(func(now time.Time) { c.queue.machine.Leave(now, &c.ticket) })
}

func (c *call) gone() error {
	return fmt.Errorf("queue: the caller has left: %w", context.Cause(c.Context))
}

// finish tells how the attempt ended, and what the caller gets.
func (c *call) finish(err error) (again bool, _ error) {
	c.queue.update(func(now time.Time) {
		c.cancel = nil
		if err != nil && c.Err() != nil {
			c.queue.machine.Leave(now, &c.ticket)
			return
		}
		again, err = c.queue.machine.Finish(now, &c.ticket, err)
	})
	return again, err
}

var errExit = errors.New("queue: the function ended its goroutine")

// attempt calls f once. A panic becomes an error; where f ends the goroutine, the
// slot is freed on the way.
func attempt[T any](c *call, f func(context.Context) (T, error)) (answer T, err error) {
	ctx, cancel := context.WithCancelCause(c)
	defer cancel(nil)
	c.queue.mu.Lock()
	c.cancel, err = cancel, c.err
	c.queue.mu.Unlock()
	if err != nil {
		return answer, err
	}
	if c.Done() != nil {
		stop := context.AfterFunc(c.Context, c.leave)
		defer stop()
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = &Error{Class: ServerError, Retry: RetryNo, Err: &PanicError{Value: v, Stack: debug.Stack()}}
			return
		}
		_, _ = c.finish(&Error{Class: ServerError, Retry: RetryNo, Err: errExit})
	}()
	answer, err = f(ctx)
	returned = true
	return answer, err
}
