package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"paceline/queue"
)

// runUser sends a user's questions until the demo ends.
func (d *Demo) runUser(u *user) {
	next := u.firstQuestion(d.script[0].scene.think)
	for d.sleepUntil(next) {
		q := u.askAt(next)
		err := d.ask(q)
		next = u.nextAt(d.elapsed(), d.script, q, errors.Is(err, context.Canceled))
	}
}

// ask sends a question through the queue to the API. The error is context.Canceled
// if the user's patience ends before the answer.
func (d *Demo) ask(q question) error {
	ctx, hangUp := context.WithCancel(d.ctx)
	defer hangUp()
	if q.patience > 0 {
		defer time.AfterFunc(q.patience, hangUp).Stop()
	}
	attempt := uint64(0)
	_, err := queue.Do(ctx, d.queue, d.account.request(q),
		func(ctx context.Context) (none struct{}, err error) {
			attempt++
			return none, d.call(ctx, d.account.call(q, attempt))
		})
	return err
}

// call calls the API, and tells the queue what the headers and the usage of the answer
// say, as a gateway does: of an answer when it begins, and when it has ended.
func (d *Demo) call(ctx context.Context, c Call) error {
	if !sleep(ctx, d.account.onTheWay(c)) {
		return abandoned(ctx)
	}
	decision := d.arrive(c)
	defer d.hangUp(c) // no more counts than the user has got
	if err := decision.Err(); err != nil {
		if !sleep(ctx, decision.Took) {
			return abandoned(ctx)
		}
		queue.ReportLimits(ctx, decision.Headers.Told(time.Now()))
		return err
	}
	if !sleep(ctx, decision.FirstToken) {
		return abandoned(ctx)
	}
	queue.Progress(ctx)
	queue.ReportLimits(ctx, decision.Headers.Told(time.Now()))
	queue.ReportUsage(ctx, queue.Cost{Input: c.InputTokens, Output: expectedAnswer}, c.used(1))
	if !sleep(ctx, decision.Took-decision.FirstToken) {
		return abandoned(ctx)
	}
	queue.ReportUsage(ctx, queue.Cost{Input: c.InputTokens, Output: decision.OutputTokens}, c.used(decision.OutputTokens))
	return nil
}

func abandoned(ctx context.Context) error {
	return fmt.Errorf("sim: call abandoned: %w", context.Cause(ctx))
}

// arrive decides about a call that arrives now.
func (d *Demo) arrive(c Call) Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.account.arrive(time.Now(), c)
}

// hangUp ends a call, if it runs.
func (d *Demo) hangUp(c Call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.account.cancel(time.Now(), c)
}

// crowd is a few users who send many requests at once and wait for none.
type crowd struct {
	names       []string
	asked       uint64
	outstanding int
}

// newBatchJobs returns the crowd of the scenes.
func newBatchJobs() crowd { return crowd{names: []string{"batch_1", "batch_2", "batch_3"}} }

// ask returns n more questions of the crowd, fewer if more than most would be
// outstanding. They are sent a millisecond apart, so that their order is always the
// same.
func (c *crowd) ask(n, most int) (questions []question) {
	for range min(n, most-c.outstanding) { // none if that is negative
		questions = append(questions, question{user: c.names[c.asked%uint64(len(c.names))], number: c.asked})
		c.asked++
		c.outstanding++
	}
	return questions
}

// send sends n requests of the crowd, fewer if more than most would be outstanding.
// It requires that mu is held.
func (d *Demo) send(c *crowd, n, most int) {
	if d.closed {
		return
	}
	for i, q := range c.ask(n, most) {
		d.spawn(func() {
			defer func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				c.outstanding--
			}()
			if d.sleepUntil(d.elapsed() + time.Duration(i)*time.Millisecond) {
				_ = d.ask(q) // the queue counts and logs the outcome
			}
		})
	}
}
