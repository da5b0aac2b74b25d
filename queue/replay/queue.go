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
	seen    time.Duration // when the machine was last asked what is held up
	held    []queue.Held  // what it said then
}

func newPaced(s queue.Settings) (*paced, error) {
	m, err := queue.NewMachine(s, Dawn, 1)
	if err != nil {
		return nil, err
	}
	h := habits{byUser: map[string]*habit{}, byGroup: map[string]*habit{}}
	return &paced{machine: m, habits: h, asks: map[*queue.Ticket]*Message{}}, nil
}

func (p *paced) ask(w *world, m *Message) {
	t, err := p.machine.Add(w.clock(), queue.Request{
		User: strconv.Itoa(m.User), Lane: m.lane(), Priority: m.Priority, Cost: p.habits.estimate(m),
	})
	if err != nil {
		w.failed(m)
		return
	}
	p.asks[t] = m
	if m.Patience > 0 {
		w.in(m.Patience, func() { p.lose(w, t) })
	}
}

// lose lets the user of t leave, unless it has started.
func (p *paced) lose(w *world, t *queue.Ticket) {
	m := p.asks[t]
	if m == nil || m.attempts > 0 {
		return
	}
	delete(p.asks, t)
	p.machine.Leave(w.clock(), t)
	w.left(m)
}

func (p *paced) after(w *world) {
	p.count(w)
	for t := p.machine.Next(w.clock()); t != nil; t = p.machine.Next(w.clock()) {
		p.machine.Start(w.clock(), t)
		m := p.asks[t]
		d := w.send(m, func(d sim.Decision) { p.ended(w, t, m, d) })
		if d.Admitted() { // a stream: headers and usage come with its first event
			w.in(d.FirstToken, func() {
				p.machine.Learn(w.clock(), t, limitsOf(d.Headers, w.clock()))
				p.machine.Spent(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: p.habits.estimate(m).Output})
			})
		}
	}
	for _, d := range p.machine.Dropped() {
		w.failed(p.asks[d.Ticket])
		delete(p.asks, d.Ticket)
	}
	if wake, ok := p.machine.Wake(); ok && len(p.asks) > 0 {
		p.alarm.in(w, wake.Sub(w.clock()))
	}
	p.held = p.machine.Held(w.clock(), p.held[:0])
}

// count adds up what was waited for since the machine was last asked.
func (p *paced) count(w *world) {
	for _, h := range p.held {
		w.Held[h.For] += (w.now - p.seen) * time.Duration(h.Waiting)
	}
	p.seen = w.now
}

// classes are the kinds of failures by status.
var classes = map[int]queue.Class{0: queue.NetworkError, 429: queue.RateLimited, 500: queue.ServerError, 504: queue.Timeout, 529: queue.Overloaded}

func (p *paced) ended(w *world, t *queue.Ticket, m *Message, d sim.Decision) {
	if d.Admitted() {
		p.machine.Spent(w.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: d.OutputTokens})
		_, _ = p.machine.Finish(w.clock(), t, nil)
		p.habits.learn(m, d.OutputTokens)
		delete(p.asks, t)
		w.answered(m)
		return
	}
	p.machine.Learn(w.clock(), t, limitsOf(d.Headers, w.clock()))
	again, _ := p.machine.Finish(w.clock(), t, &queue.Error{Class: classes[d.Status], RetryAfter: d.RetryAfter})
	if !again {
		delete(p.asks, t)
		w.failed(m)
	}
}

// limitsOf reads headers that have come now.
func limitsOf(h sim.Headers, now time.Time) queue.Limits {
	one := func(t sim.Told) queue.Limit {
		l := queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining}
		if !t.Reset.IsZero() {
			l.FullIn = max(t.Reset.Sub(now), 0)
		}
		return l
	}
	return queue.Limits{Requests: one(h.Requests), Input: one(h.InputTokens), Output: one(h.OutputTokens)}
}
