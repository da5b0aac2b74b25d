package replay

import (
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// paced is the queue, driven as the gateway does it: a request's cost is estimated
// from its size, what its headers tell is learned with the first byte, and what it
// cost when that is known. Nothing else of the accounts is seen.
type paced struct {
	machine *queue.Machine
	habits  habits
	asks    map[*queue.Ticket]*Message // those that wait or run
	alarm   alarm
	seed    uint64              // of the machine's jitter, less one
	seen    time.Duration       // when the machine was last asked what is held up
	held    []queue.BlockedLane // what it said then
}

func newPaced(s queue.Settings, seed uint64) (*paced, error) {
	m, err := queue.NewMachine(s, Dawn, seed+1)
	if err != nil {
		return nil, err
	}
	return &paced{machine: m, habits: newHabits(), asks: map[*queue.Ticket]*Message{}, seed: seed}, nil
}

// restart puts a machine that begins at begun in the place of this one, with the
// state that this one had at stopped. What a gateway knows of its users' habits is
// not saved.
func (p *paced) restart(stopped, begun time.Time) error {
	state := p.machine.State(stopped)
	m, err := queue.NewMachine(p.machine.Settings(), begun, p.seed+1)
	if err != nil {
		return err
	}
	p.machine, p.habits = m, newHabits()
	return m.Restore(state)
}

func (p *paced) ask(w *world, m *Message) {
	t, err := p.machine.Add(w.clock(), queue.Request{
		User: strconv.Itoa(m.User), Lane: m.lane(), Priority: m.Priority, Cost: p.habits.estimate(m),
	})
	if err != nil {
		w.turnedAway(m)
		return
	}
	p.asks[t] = m
	if m.Patience > 0 {
		w.in(m.At+m.Patience-w.now, func() { p.lose(w, t) })
	}
}

// lose lets the user of t leave, unless the API has let it in or it is done.
func (p *paced) lose(w *world, t *queue.Ticket) {
	m := p.asks[t]
	if m == nil || m.begun {
		return
	}
	delete(p.asks, t)
	p.machine.Leave(w.clock(), t)
	w.left(m)
}

// drop lets those fail whom the machine has ended itself. At the same instant one of
// them may have got its answer, or have left: then it is done already.
func (p *paced) drop(w *world) {
	for _, d := range p.machine.Dropped() {
		if m := p.asks[d.Ticket]; m != nil {
			delete(p.asks, d.Ticket)
			w.cut(m)
			w.failed(m)
		}
	}
}

func (p *paced) after(w *world) {
	p.count(w)
	for t := p.machine.Next(w.clock()); t != nil; t = p.machine.Next(w.clock()) {
		p.machine.Start(w.clock(), t)
		m := p.asks[t]
		d := w.send(m, func(d sim.Decision) { p.ended(w, t, d) })
		if d.Admitted() && !m.Plain { // a stream: headers and usage come with its first event
			p.beat(w, t, d.Took)
			w.in(d.FirstToken, func() {
				p.machine.Progress(w.clock(), t)
				p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
				p.machine.ReportUsage(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: p.habits.estimate(m).Output})
			})
		}
	}
	p.drop(w)
	if wake, ok := p.machine.Wake(); ok && len(p.asks) > 0 {
		p.alarm.in(w, wake.Sub(w.clock()))
	}
	p.held = p.machine.Blocked(w.clock(), p.held[:0])
}

// beat tells the machine that the answer to t goes on, as long as more is left of it
// than half of MaxRun: a call that was answered was never silent for too long.
func (p *paced) beat(w *world, t *queue.Ticket, left time.Duration) {
	half := p.machine.Settings().MaxRun / 2
	if left <= half {
		return
	}
	w.in(half, func() {
		p.machine.Progress(w.clock(), t)
		p.beat(w, t, left-half)
	})
}

// count adds up what was waited for since the machine was last asked.
func (p *paced) count(w *world) {
	for _, h := range p.held {
		w.Held[h.Reason] += (w.now - p.seen) * time.Duration(h.Waiting)
	}
	p.seen = w.now
}

// classes are the kinds of failures by status.
var classes = map[int]queue.Class{
	0: queue.NetworkError, 400: queue.ClientError, 404: queue.ClientError, 413: queue.ClientError,
	429: queue.RateLimited, 500: queue.ServerError, 504: queue.Timeout, 529: queue.Overloaded,
}

// ended tells the machine how a call of t has ended, unless it has given it up
// before.
func (p *paced) ended(w *world, t *queue.Ticket, d sim.Decision) {
	m := p.asks[t]
	switch {
	case m == nil:
		return
	case m.hungUp:
		delete(p.asks, t)
		p.machine.Leave(w.clock(), t)
		w.answered(m)
		return
	case d.Admitted():
		if m.Plain {
			p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
		}
		p.machine.ReportUsage(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: d.OutputTokens})
		_, _ = p.machine.Finish(w.clock(), t, nil)
		p.habits.learn(m, d.OutputTokens)
		delete(p.asks, t)
		w.answered(m)
		return
	}
	p.machine.ReportLimits(w.clock(), t, limitsOf(d.Headers, w.clock()))
	again, _ := p.machine.Finish(w.clock(), t, errorOf(d))
	if !again {
		delete(p.asks, t)
		w.failed(m)
	}
}

// errorOf says how a call failed.
func errorOf(d sim.Decision) *queue.Error {
	return &queue.Error{
		Class: classes[d.Status], RetryAfter: d.RetryAfter,
		RequestScoped: d.Status == 429 && d.RetryAfter == 0 && d.Headers == sim.Headers{},
		Ramp:          d.ErrorCode == "ramp_limit_exceeded",
	}
}

// limitsOf reads headers that have come now. The limit of tokens is a further one
// only where it is neither that of the input nor that of the output.
func limitsOf(h sim.Headers, now time.Time) queue.Limits {
	one := func(t sim.Told) queue.Limit {
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
