package loadtest

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// PanicError is a panic in a goroutine of the test. [Run] returns it, so that the caller
// can restore the terminal.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns the panic with its stack.
func (e *PanicError) Error() string { return fmt.Sprintf("loadtest: panic: %v\n%s", e.Value, e.Stack) }

// Run sends the messages of the plan to the target and returns when all are answered.
// When ctx ends it stops at once: messages without an answer count as unanswered, and
// the result is marked as stopped. progress, which may be nil, is called after each
// event, always from the goroutine of Run; it should not take long. An error means that
// nothing was sent, or it is a [PanicError].
func Run(ctx context.Context, p Plan, t Target, progress func(Progress)) (Result, error) {
	if err := p.Validate(); err != nil {
		return Result{}, err
	}
	if err := t.check(); err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{plan: p, sender: newSender(t), begin: time.Now(), events: make(chan event)}
	r.sender.start = r.start
	defer r.sender.client.CloseIdleConnections()
	if p.Open() {
		r.start(func() { r.arrivals(ctx) })
	} else {
		for user := range p.Users {
			r.start(func() { r.user(ctx, user) })
		}
	}
	go func() {
		r.wait.Wait()
		close(r.events)
	}()

	sums := newTally(p, t, r.begin)
	var failed error
	for e := range r.events {
		if e.panicked != nil {
			failed = e.panicked
			cancel()
			continue
		}
		sums.add(e)
		if progress != nil {
			progress(sums.progress(time.Since(r.begin)))
		}
	}
	return sums.result(time.Since(r.begin), ctx.Err() != nil), failed
}

// run is a test that is running. Its goroutines send events, and end when they have no
// more messages to send, or ctx ends.
type run struct {
	plan        Plan
	sender      *sender
	begin       time.Time
	wait        sync.WaitGroup
	events      chan event
	outstanding atomic.Int64 // unanswered messages of an open loop
}

// event is an event of a message.
type event struct {
	kind     kind
	user     int
	sent     time.Time     // in an open loop, when it was scheduled
	took     time.Duration // until the answer
	answer   answer
	panicked error
}

// kind is the kind of an event.
type kind uint8

const (
	sent kind = iota
	answered
	notSent
)

// start runs f in a goroutine, and turns a panic into an event.
func (r *run) start(f func()) {
	r.wait.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				r.events <- event{panicked: &PanicError{Value: v, Stack: debug.Stack()}}
			}
		}()
		f()
	})
}

// user sends the messages of one user in a closed loop.
func (r *run) user(ctx context.Context, user int) {
	for number := range r.plan.Messages {
		if number > 0 && r.plan.Gap > 0 {
			pause(ctx, r.plan.Gap)
		}
		if ctx.Err() != nil {
			return
		}
		r.exchange(ctx, user, number, time.Now())
	}
}

// arrivals sends each message of an open loop at its time.
func (r *run) arrivals(ctx context.Context) {
	limit := int64(cmp.Or(r.plan.Outstanding, DefaultOutstanding))
	for number := range r.plan.Arrivals {
		at := r.begin.Add(r.plan.arrivalTime(number))
		pause(ctx, time.Until(at))
		user := number % r.plan.Users
		switch {
		case ctx.Err() != nil:
			return
		case r.outstanding.Load() >= limit:
			r.events <- event{kind: notSent, user: user, sent: at}
		default:
			r.outstanding.Add(1)
			r.start(func() {
				defer r.outstanding.Add(-1)
				r.exchange(ctx, user, number/r.plan.Users, at)
			})
		}
	}
}

// exchange sends one message. Its time is measured from since.
func (r *run) exchange(ctx context.Context, user, number int, since time.Time) {
	r.events <- event{kind: sent, user: user, sent: since}
	a := r.sender.send(ctx, userName(user), number)
	r.events <- event{kind: answered, user: user, sent: since, took: time.Since(since), answer: a}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
