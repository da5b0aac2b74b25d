package sim_test

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// ours is the queue, driven as the gateway does it: a request's cost is estimated
// from its size, what its headers tell is learned with the first byte, and what it
// cost when that is known. Nothing else of the account is seen.
type ours struct {
	machine *queue.Machine
	habits  *habits
	asks    map[*queue.Ticket]*ask
	alarm   alarm
}

func newOurs(tb testing.TB, adaptive bool) *ours {
	s := queue.DefaultSettings()
	s.MaxWait, s.MaxQueue = 24*time.Hour, 100_000
	if adaptive {
		s.Adaptive, s.MaxInFlight = true, 1000
	}
	m, err := queue.NewMachine(s, dawn, 1)
	if err != nil {
		tb.Fatal(err)
	}
	h := &habits{byUser: map[string]*habit{}, byGroup: map[string]*habit{}}
	return &ours{machine: m, habits: h, asks: map[*queue.Ticket]*ask{}}
}

func (p *ours) ask(w *world, a *ask) {
	t, err := p.machine.Add(w.clock(), queue.Request{
		User: fmt.Sprint(a.user), Lane: queue.ModelGroup(a.call.Model), Cost: p.habits.estimate(a),
	})
	if err != nil {
		w.failed(a)
		return
	}
	p.asks[t] = a
}

func (p *ours) after(w *world) {
	for t := p.machine.Next(w.clock()); t != nil; t = p.machine.Next(w.clock()) {
		p.machine.Start(w.clock(), t)
		a := p.asks[t]
		d := w.send(a, func(d sim.Decision) { p.ended(w, t, a, d) })
		if d.Admitted() { // a stream: headers and usage come with its first event
			w.in(d.FirstToken, func() {
				p.machine.Learn(w.clock(), t, limitsOf(d.Headers, w.clock()))
				p.machine.Spent(w.clock(), t, queue.Cost{Input: a.call.InputTokens, Output: p.habits.estimate(a).Output})
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
}

// classes are the kinds of failures by status.
var classes = map[int]queue.Class{0: queue.NetworkError, 429: queue.RateLimited, 500: queue.ServerError, 504: queue.Timeout, 529: queue.Overloaded}

func (p *ours) ended(w *world, t *queue.Ticket, a *ask, d sim.Decision) {
	if d.Admitted() {
		p.machine.Spent(w.clock(), t, queue.Cost{Input: a.call.InputTokens, Output: d.OutputTokens})
		_, _ = p.machine.Finish(w.clock(), t, nil)
		p.habits.learn(a, d.OutputTokens)
		delete(p.asks, t)
		w.answered(a)
		return
	}
	p.machine.Learn(w.clock(), t, limitsOf(d.Headers, w.clock()))
	again, _ := p.machine.Finish(w.clock(), t, &queue.Error{Class: classes[d.Status], RetryAfter: d.RetryAfter})
	if !again {
		delete(p.asks, t)
		w.failed(a)
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

// habits are what is known of what calls cost: a user's own ones first, then those
// of the model group, then what is usual.
type habits struct{ byUser, byGroup map[string]*habit }

// habit is sums in which what is older counts less.
type habit struct{ tokens, bytes, output, answers float64 }

func (h *habit) add(fade float64, tokens, bytes, output int) {
	h.tokens, h.bytes = h.tokens*fade+float64(tokens), h.bytes*fade+float64(bytes)
	h.output, h.answers = h.output*fade+float64(output), h.answers*fade+1
}

// rates returns tokens for a byte and for an answer, given those of others.
func (h *habit) rates(perByte, output float64) (newPerByte, newOutput float64) {
	const bytes = 2 << 10 // what others do weighs as much as this, and as one answer
	return (h.tokens + perByte*bytes) / (h.bytes + bytes), (h.output + output) / (h.answers + 1)
}

func (h *habits) of(a *ask) (user, group *habit) {
	name := queue.ModelGroup(a.call.Model)
	at := func(m map[string]*habit, key string) *habit {
		if m[key] == nil {
			m[key] = &habit{}
		}
		return m[key]
	}
	return at(h.byUser, fmt.Sprint(a.user, name)), at(h.byGroup, name)
}

// estimate is what a message will cost, as far as its size and the past tell.
func (h *habits) estimate(a *ask) queue.Cost {
	user, group := h.of(a)
	perByte, output := user.rates(group.rates(0.3, 500))
	return queue.Cost{Input: max(int(perByte*float64(a.bytes)), 1), Output: max(min(int(output), a.call.MaxTokens), 1)}
}

func (h *habits) learn(a *ask, output int) {
	user, group := h.of(a)
	user.add(0.9, a.call.InputTokens, a.bytes, output)
	group.add(0.99, a.call.InputTokens, a.bytes, output)
}
