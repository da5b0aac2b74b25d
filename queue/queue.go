package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
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

	planning sync.Mutex // held while a long line is copied and worked on, for a plan or to shed; before mu
	toShed   []*lane    // when that is over; guarded by planning

	observe   func(Event) // nil for none
	observing sync.Mutex  // held while observe runs
	seed      uint64
	restore   *State        // nil for a beginning from zero
	history   *HistoryState // the same
}

// Option sets up a [Queue] at its start.
type Option func(*Queue)

// Observe hands each event to f, in order, one at a time, outside the queue's
// lock. A slow f delays later events and the goroutine that delivers them, never
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
	if q.history != nil {
		m.RestoreHistory(*q.history)
		q.history = nil
	}
	if q.observe != nil {
		m.Events() // begin to collect
	}
	m.keepPlans = manyWait
	q.machine = m
	q.timer = time.AfterFunc(time.Hour, func() { q.update(func(time.Time) {}) })
	q.timer.Stop()
	return q, nil
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

// SetAdaptive changes what decides the pace, see [Settings].Adaptive, and no other
// setting. It holds at once, for those that wait already, too, and nobody loses their
// place. By names the person that asked, for the events.
func (q *Queue) SetAdaptive(on bool, by string) {
	q.update(func(now time.Time) {
		s := q.machine.settings
		if s.Adaptive == on {
			return
		}
		s.Adaptive = on
		_ = q.machine.setSettings(now, s, by) // they were valid, and whether they are does not depend on it
	})
}

// Report returns everything about the queue. Its cost does not depend on how many
// are waiting.
func (q *Queue) Report() (r Report) {
	q.update(func(now time.Time) { r = q.machine.Report(now) })
	r.Detail.Troubles = q.troubles.list()
	return r
}

// Outage reports whether most calls fail, see [Machine.Outage].
func (q *Queue) Outage() (class Class, ok bool) {
	q.update(func(now time.Time) { class, ok = q.machine.Outage(now) })
	return class, ok
}

// Reset sets the counters to zero. By names the person that asked, for the events.
func (q *Queue) Reset(by string) {
	q.update(func(now time.Time) { q.machine.Reset(now, by) })
}

// State returns what outlasts the queue, see [Machine.State].
func (q *Queue) State() State {
	var s snapshot
	q.update(func(now time.Time) { s = q.machine.snapshot(now) })
	return s.state()
}

// StateVersion returns a number that grows whenever [Queue.State] may have changed,
// and is zero as long as nothing has happened.
func (q *Queue) StateVersion() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.machine.StateVersion()
}

// JoinLanes merges two lanes that share one limit, see [Machine.JoinLanes].
func (q *Queue) JoinLanes(from, into string) {
	q.update(func(now time.Time) { q.machine.JoinLanes(now, from, into) })
}

// Resume lets a lane try at once, see [Machine.Resume]: a wrong header of the API must not lock
// it for ever. By names the person that asked, for the events. It reports whether a pause or a
// breaker had held it back.
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

// ServedIn returns how many of those who wait will probably have been answered after d, and
// how many wait; false where nobody can know.
func (q *Queue) ServedIn(d time.Duration) (served, waiting int, known bool) {
	q.update(func(now time.Time) {
		q.machine.advance(now)
		waiting = q.machine.arrivals.Len
		served, known = q.machine.servedBy(q.machine.now + d)
	})
	return served, waiting, known
}

// Shutdown refuses new requests, and returns when all that wait have been served.
// If ctx ends before, the rest fail with [ErrClosed], and it ends the contexts of the
// calls that run, and returns ctx's error. It may be called more than once: the earliest end
// holds.
func (q *Queue) Shutdown(ctx context.Context) error {
	ends, _ := ctx.Deadline()
	q.update(func(now time.Time) { q.machine.Close(now, ends) })
	select {
	case <-q.idle:
		return nil
	case <-ctx.Done():
		q.update(func(now time.Time) { q.machine.Abort(now) })
		return fmt.Errorf("queue: not everybody was served: %w", context.Cause(ctx))
	}
}
