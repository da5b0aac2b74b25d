package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"paceline/queue"
)

// verdict is what comes of a call.
type verdict struct {
	after   time.Duration
	answer  Answer
	failure *queue.Error
	rng     *rand.Rand // for whatever else is drawn
}

// messages answers POST /v1/messages.
func (h *Handler) messages(w http.ResponseWriter, r *http.Request, c *call) {
	start := time.Now()
	h.forced.takeNext(&c.force)
	a, p := read(w, r)
	if p == nil {
		p = a.check(h.models, false)
	}
	if p == nil && c.force.fault == nil && h.settings.lacks(a) {
		c.force.fault = faults["lacking"]
	}
	switch f := c.force.fault; {
	case f.atOnce():
		if p == nil && !f.bare {
			h.tell(w.Header(), start, c, a)
		}
		pause(r.Context(), c.force.latency)
		f.happen(w, r, c)
		return
	case p != nil:
		c.fail(w, p)
		return
	case f.is(actStreamError) && !a.stream:
		c.fail(w, invalid("x-sim-error: stream-error needs a streamed request"))
		return
	}

	if h.accounts != nil {
		h.charge(w, r, c, a, start)
		return
	}
	v, l := h.decide(start, c, a)
	l.write(w.Header(), h.settings.DateSkew)
	if v.failure != nil {
		pause(r.Context(), v.after)
		if p := asProblem(v.failure); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
		return
	}
	if c.force.fault.is(actHang) {
		<-r.Context().Done()
		abort()
	}
	s := &sending{w: w, ctx: r.Context(), start: start, first: min(v.after/4, firstTime), after: v.after, fault: c.force.fault}
	s.reply(newReply(c, a, v), a.stream)
}

// decide draws what comes of a call under the conditions of now.
func (h *Handler) decide(now time.Time, c *call, a *ask) (verdict, level) {
	conditions, outage := h.api.now()
	if c.force.steady {
		conditions.Overloaded, conditions.Failures = 0, 0
	}
	v := verdict{rng: stream(h.api.seed, "http", c.number)}
	l := h.limits.with(now, group{c.org, h.groups.Of(a.model.id)}, conditions, func(b *bucket) {
		v.after, v.answer, v.failure = decide(now, v.rng, conditions, outage, b)
	})
	if c.force.delayed {
		v.after = c.force.latency
	}
	return v, l
}

// tell sets the headers about the buckets of a call that spends nothing, as its
// fault wants it.
func (h *Handler) tell(to http.Header, now time.Time, c *call, a *ask) {
	if h.accounts != nil {
		asked, status := Call{ID: c.number, Model: a.model.id, Workspace: h.accounts.workspace(c.key)}, 0
		if p := c.force.fault.problem; p != nil {
			status = p.status
		}
		h.accounts.with(now, c.org, func(account *Account) { account.headersOf(now, asked, status).Write(to) })
		return
	}
	conditions, _ := h.api.now()
	h.limits.with(now, group{c.org, h.groups.Of(a.model.id)}, conditions, func(*bucket) {}).write(to, h.settings.DateSkew)
}

// now returns how the API behaves at the moment.
func (a *API) now() (c Conditions, outage bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conditions, a.outage
}

// countTokens answers POST /v1/messages/count_tokens.
func (h *Handler) countTokens(w http.ResponseWriter, r *http.Request, c *call) {
	a, p := read(w, r)
	if p == nil {
		p = a.check(h.models, true)
	}
	if !c.force.fault.atOnce() && p != nil {
		c.fail(w, p)
		return
	}
	if !h.aside(w, r, c) {
		return
	}
	writeJSON(w, http.StatusOK, []byte(`{"input_tokens":`+strconv.Itoa(a.inputTokens())+`}`))
}

// aside is what all calls but those for a message go through: no bucket and no
// chance, but an outage and what the headers force. It reports whether the call
// still wants its answer.
func (h *Handler) aside(w http.ResponseWriter, r *http.Request, c *call) bool {
	pause(r.Context(), c.force.latency)
	if f := c.force.fault; f.atOnce() {
		f.happen(w, r, c)
		return false
	}
	if _, outage := h.api.now(); outage {
		failure := outageError(stream(h.api.seed, "http", c.number).Float64())
		if p := asProblem(failure); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
		return false
	}
	return true
}

// pause waits, or gives the request up when its context ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		abort()
	}
}

// newReply makes the answer to a call.
func newReply(c *call, a *ask, v verdict) *reply {
	rep := &reply{
		id: v.answer.ID, model: a.modelName, stop: "end_turn",
		input: a.inputTokens(), words: v.answer.OutputTokens,
	}
	if c.force.delayed {
		rep.words = max(1, int(c.force.latency.Seconds()*tokensPerSecond))
	}
	if c.force.deltas > 0 {
		rep.words = c.force.deltas
	}
	if called := a.calls(); called != nil {
		rep.tool, rep.toolID, rep.stop = called.Name, fmt.Sprintf("toolu_%016x", v.rng.Uint64()), "tool_use"
		rep.parts = split(madeUp(called.Schema))
		if a.choice.Type == "any" || a.choice.Type == "tool" {
			rep.words = 0 // the API says nothing before a call that was ordered
		}
	} else if int64(rep.words) > a.maxTokens {
		rep.words, rep.stop = int(a.maxTokens), "max_tokens"
	}
	return rep
}
