package sim

import (
	"context"
	"errors"
	"time"

	"paceline/queue"
)

// live is one user's life, until the world ends.
func (w *World) live(p *person) {
	next := p.first(w.script[0].scene.think)
	for w.sleepUntil(next) {
		if p.leaves <= next {
			p.arrive(next)
		}
		q := p.ask()
		err := w.ask(q)
		now := w.elapsed()
		if errors.Is(err, context.Canceled) && q.sulks {
			p.leaves = now
		}
		next = w.script.after(now, q.thoughts)
		if p.leaves <= next {
			next = max(now, p.leaves) + p.gap()
		}
	}
}

// ask brings a question to the API when the queue says so. Whoever runs out of
// patience hangs up: the error is then context.Canceled.
func (w *World) ask(q question) error {
	ctx, hangUp := context.WithCancel(w.ctx)
	defer hangUp()
	if q.patience > 0 {
		defer time.AfterFunc(q.patience, hangUp).Stop()
	}
	r := Request{User: q.user, Number: q.number}
	_, err := queue.Do(ctx, w.queue, queue.Request{User: q.user, Priority: q.priority},
		func(ctx context.Context) (Answer, error) {
			r.Attempt++
			answer, err := w.api.Call(ctx, r)
			if err == nil {
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

// send sends n requests of the crowd, less where more than most would be
// outstanding. It requires that mu is held.
func (w *World) send(c *crowd, n, most int) {
	if w.closed {
		return
	}
	for i := range min(n, most-c.outstanding) { // none if that is negative
		q := question{user: c.names[c.asked%uint64(len(c.names))], number: c.asked}
		c.asked++
		c.outstanding++
		w.spawn(func() {
			defer func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				c.outstanding--
			}()
			// One after the other, so that their order is always the same.
			if w.sleepUntil(w.elapsed() + time.Duration(i)*time.Millisecond) {
				_ = w.ask(q) // the queue counts and logs it; a crowd does not care
			}
		})
	}
}
