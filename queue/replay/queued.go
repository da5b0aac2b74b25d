package replay

import (
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// queued is the pace of our queue, driven as the gateway drives it: a request's
// cost is estimated from its size, its headers are read with the first byte, and
// its usage when the API reports it. It sees nothing else of the accounts.
type queued struct {
	machine   *queue.Machine
	estimator estimator
	messages  map[*queue.Ticket]*Message // waiting and running
	wakeup    wakeup
	seed      uint64              // of the machine's jitter, less one
	countedAt time.Duration       // when blocked was read
	blocked   []queue.BlockedLane // what the machine reported then
}

// newQueued returns the pace of a queue with these settings.
func newQueued(s queue.Settings, seed uint64) (*queued, error) {
	m, err := queue.NewMachine(s, Epoch, seed+1)
	if err != nil {
		return nil, err
	}
	return &queued{machine: m, estimator: newEstimator(), messages: map[*queue.Ticket]*Message{}, seed: seed}, nil
}

// restart replaces the machine by one that starts at begun with the state that the
// old one had at stopped. The estimator starts anew, as its state is not saved.
func (p *queued) restart(stopped, begun time.Time) error {
	state := p.machine.State(stopped)
	m, err := queue.NewMachine(p.machine.Settings(), begun, p.seed+1)
	if err != nil {
		return err
	}
	p.machine, p.estimator = m, newEstimator()
	return m.Restore(state)
}

func (p *queued) ask(w *simulation, m *Message) {
	t, err := p.machine.Add(w.clock(), queue.Request{
		User: strconv.Itoa(m.User), Lane: m.lane(), Priority: m.Priority, Cost: p.estimator.estimate(m),
	})
	if err != nil {
		w.refused(m)
		return
	}
	p.messages[t] = m
	if m.Patience > 0 {
		w.schedule(m.At+m.Patience-w.now, func() { p.abandon(w, t) })
	}
}

// abandon lets the user of t leave, unless the API has admitted the message or it
// is done.
func (p *queued) abandon(w *simulation, t *queue.Ticket) {
	m := p.messages[t]
	if m == nil || m.settled {
		return
	}
	delete(p.messages, t)
	p.machine.Leave(w.clock(), t)
	w.abandoned(m)
}

// failDropped fails the messages that the machine has dropped. A message that was
// answered or left at the same instant is done already.
func (p *queued) failDropped(w *simulation) {
	for _, d := range p.machine.Dropped() {
		if m := p.messages[d.Ticket]; m != nil {
			delete(p.messages, d.Ticket)
			w.cancel(m)
			w.failed(m)
		}
	}
}

func (p *queued) afterEvents(w *simulation) {
	p.countBlocked(w)
	for t := p.machine.Next(w.clock()); t != nil; t = p.machine.Next(w.clock()) {
		p.machine.Start(w.clock(), t)
		m := p.messages[t]
		d := w.send(m, func(d sim.Decision) { p.ended(w, t, d) })
		if d.Admitted() && !m.NoStream { // a stream: headers and usage come with its first event
			p.reportProgress(w, t, d.Took)
			w.schedule(d.FirstToken, func() {
				p.machine.Progress(w.clock(), t)
				p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
				p.machine.ReportUsage(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: p.estimator.estimate(m).Output})
			})
		}
	}
	p.failDropped(w)
	if wake, ok := p.machine.Wake(); ok && len(p.messages) > 0 {
		p.wakeup.within(w, wake.Sub(w.clock()))
	}
	p.blocked = p.machine.Blocked(w.clock(), p.blocked[:0])
}

// reportProgress reports progress of t every half MaxRun until left has passed: the
// answer is never silent for too long.
func (p *queued) reportProgress(w *simulation, t *queue.Ticket, left time.Duration) {
	half := p.machine.Settings().MaxRun / 2
	if left <= half {
		return
	}
	w.schedule(half, func() {
		p.machine.Progress(w.clock(), t)
		p.reportProgress(w, t, left-half)
	})
}

// countBlocked adds up the time that messages were blocked since the last count.
func (p *queued) countBlocked(w *simulation) {
	for _, h := range p.blocked {
		w.Blocked[h.Reason] += (w.now - p.countedAt) * time.Duration(h.Waiting)
	}
	p.countedAt = w.now
}

// classes are the error classes by status.
var classes = map[int]queue.Class{
	0: queue.NetworkError, 400: queue.ClientError, 404: queue.ClientError, 413: queue.ClientError,
	429: queue.RateLimited, 500: queue.ServerError, 504: queue.Timeout, 529: queue.Overloaded,
}

// ended reports to the machine how a call of t has ended, unless the machine has
// dropped it before.
func (p *queued) ended(w *simulation, t *queue.Ticket, d sim.Decision) {
	m := p.messages[t]
	switch {
	case m == nil:
		return
	case m.hungUp:
		delete(p.messages, t)
		p.machine.Leave(w.clock(), t)
		w.answered(m)
		return
	case d.Admitted():
		if m.NoStream {
			p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
		}
		p.machine.ReportUsage(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: d.OutputTokens})
		_, _ = p.machine.Finish(w.clock(), t, nil)
		p.estimator.learn(m, d.OutputTokens)
		delete(p.messages, t)
		w.answered(m)
		return
	}
	p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
	again, _ := p.machine.Finish(w.clock(), t, errorOf(d))
	if !again {
		delete(p.messages, t)
		w.failed(m)
	}
}

// errorOf returns the error of a failed call.
func errorOf(d sim.Decision) *queue.Error {
	return &queue.Error{
		Class: classes[d.Status], RetryAfter: d.RetryAfter,
		RequestScoped: d.Status == 429 && d.RetryAfter == 0 && d.Headers == sim.Headers{},
		Ramp:          d.ErrorCode == "ramp_limit_exceeded",
	}
}

// limitsOf reads the headers of an answer that has come now. The limit of tokens is
// left out where it repeats that of the input or of the output.
func limitsOf(h sim.Headers, now time.Time) queue.Limits {
	one := func(t sim.LimitHeader) queue.Limit {
		l := queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining}
		if !t.Reset.IsZero() {
			l.FullIn = t.Reset.Sub(now)
		}
		return l
	}
	l := queue.Limits{Requests: one(h.Requests), Input: one(h.InputTokens), Output: one(h.OutputTokens)}
	if all := h.Tokens.Limit; all != h.InputTokens.Limit && all != h.OutputTokens.Limit {
		l.Tokens = one(h.Tokens)
	}
	return l
}
