package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

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

// Do waits for the request's turn, calls f on this goroutine, and returns what f
// returns. The function reads, or passes on, the whole answer, and returns an
// error for everything that is not a success: an [*Error] says whether it is
// tried again; any other error is final. A panic in f becomes a [*PanicError].
//
// When ctx ends, the request leaves the queue at once, and Do returns its cause:
// right away if the request is waiting, else as soon as f returns. f's context
// ends with ctx, and with the cause [ErrSilent] after Settings.MaxRun without
// [Progress]. A request that is refused gets a [*RefusedError] or [ErrClosed]. A
// request that a pause delays beyond Settings.MaxWait fails with [ErrWaitTooLong].
func Do[T any](ctx context.Context, q *Queue, r Request, f func(context.Context) (T, error)) (T, error) {
	var none T
	c := &call{Context: ctx, queue: q, ready: make(chan struct{}, 1)}
	if ctx.Err() != nil {
		return none, c.leftError()
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

// Settle says that the API has done its part of the call, with the outcome err, while the
// function still passes the answer on: the slot is free at once, and the outcome counts as
// though the function had returned it. An [*Error] must not be one that is tried again. The
// function goes on, and [Do] returns when it returns; how it ends counts no more, nor does
// the caller's leaving. ctx is as for [Progress].
func Settle(ctx context.Context, err error) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		_, _ = c.finish(err)
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
		return c.leftError()
	}
}

func (c *call) leave() {
	c.queue.update(func(now time.Time) { c.queue.machine.Leave(now, &c.ticket) })
}

func (c *call) leftError() error {
	return fmt.Errorf("queue: the caller has left: %w", context.Cause(c.Context))
}

// finish reports to the machine how the attempt ended, and returns what the caller gets.
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
