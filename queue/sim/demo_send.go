package sim

import (
	"context"
	"errors"
	"time"

	"paceline/queue"
)

// runUser sends a user's questions until the demo ends.
func (d *Demo) runUser(u *user) {
	next := u.firstQuestion(d.script[0].scene.think)
	for d.sleepUntil(next) {
		if u.leavesAt <= next {
			u.renew(next)
		}
		q := u.ask()
		err := d.ask(q)
		now := d.elapsed()
		if errors.Is(err, context.Canceled) && q.leavesIfTired {
			u.leavesAt = now
		}
		next = d.script.thinkUntil(now, q.thinkTimes)
		if u.leavesAt <= next {
			next = max(now, u.leavesAt) + u.emptySeat()
		}
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
	r := Request{User: q.user, Number: q.number}
	_, err := queue.Do(ctx, d.queue, queue.Request{User: q.user, Priority: q.priority},
		func(ctx context.Context) (Answer, error) {
			r.Attempt++
			answer, err := d.api.Call(ctx, r)
			if err == nil {
				queue.ReportLimits(ctx, queue.Limits{Requests: answer.Limit})
				queue.ReportUsage(ctx, queue.Cost{Input: answer.InputTokens, Output: answer.OutputTokens})
			}
			return answer, err
		})
	return err
}

// crowd is a few users who send many requests at once and wait for none.
type crowd struct {
	names       []string
	asked       uint64
	outstanding int
}

// send sends n requests of the crowd, fewer if more than most would be outstanding.
// It requires that mu is held.
func (d *Demo) send(c *crowd, n, most int) {
	if d.closed {
		return
	}
	for i := range min(n, most-c.outstanding) { // none if that is negative
		q := question{user: c.names[c.asked%uint64(len(c.names))], number: c.asked}
		c.asked++
		c.outstanding++
		d.spawn(func() {
			defer func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				c.outstanding--
			}()
			// A millisecond apart, so that their order is always the same.
			if d.sleepUntil(d.elapsed() + time.Duration(i)*time.Millisecond) {
				_ = d.ask(q) // the queue counts and logs the outcome
			}
		})
	}
}
