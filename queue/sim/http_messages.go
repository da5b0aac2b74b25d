package sim

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"paceline/queue"
)

// outcome is what the API decides about a call.
type outcome struct {
	after   time.Duration
	answer  answer
	failure *queue.Error
	rng     *rand.Rand // for further draws
}

// messages answers POST /v1/messages.
func (h *Handler) messages(w http.ResponseWriter, r *http.Request, c *call) {
	start := time.Now()
	h.overrides.takeNext(&c.override)
	a, p := readMessageRequest(w, r)
	if p == nil {
		p = a.check(h.models, c.version, false)
	}
	if p == nil {
		p = h.checkFiles(c, a)
	}
	if p == nil && c.override.fault == nil && h.settings.lacking(a) {
		c.override.fault = faults["lacking"]
	}
	switch f := c.override.fault; {
	case f.immediate():
		if p == nil && !f.noLimitHeaders {
			h.writeLimitHeaders(w.Header(), start, c, a)
		}
		pause(r.Context(), c.override.latency)
		f.answer(w, r, c)
		return
	case p != nil:
		c.fail(w, p)
		return
	case f.is(faultStreamError) && !a.stream:
		c.fail(w, invalid("x-sim-error: stream-error needs a streamed request"))
		return
	}

	if h.accounts != nil {
		h.answerFromAccount(w, r, c, a, start)
		return
	}
	v, l := h.decide(start, c, a)
	h.writeRequestLimit(w.Header(), l)
	if v.failure != nil {
		pause(r.Context(), v.after)
		if p := asProblem(v.failure); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
		return
	}
	if c.override.fault.is(faultHang) {
		<-r.Context().Done()
		abort()
	}
	s := &responseWriter{w: w, ctx: r.Context(), start: start, firstByte: min(v.after/4, maxFirstByte), total: v.after, fault: c.override.fault}
	s.write(newResponse(c, a, v), a.stream)
}

// decide returns the outcome of a call under the present conditions.
func (h *Handler) decide(now time.Time, c *call, r *messageRequest) (outcome, LimitHeader) {
	conditions, outage := h.api.now()
	if c.override.noFaults {
		conditions.Overloaded, conditions.Failures = 0, 0
	}
	v := outcome{rng: newRand(h.api.seed, "http", c.number)}
	l := h.limits.with(now, limitKey{c.org, h.groups.Of(r.model.id)}, conditions, func(b *requestBucket) {
		v.after, v.answer, v.failure = decide(now, v.rng, conditions, outage, b)
	})
	if c.override.hasLatency {
		v.after = c.override.latency
	}
	return v, l
}

// writeLimitHeaders sets the limit headers of a call with an immediate fault, which
// draws from no bucket.
func (h *Handler) writeLimitHeaders(to http.Header, now time.Time, c *call, r *messageRequest) {
	if h.accounts != nil {
		asked, status := Call{ID: c.number, Model: r.model.id, Workspace: h.accounts.workspace(c.key), Fast: r.speed == speedFast}, 0
		if p := c.override.fault.problem; p != nil {
			status = p.status
		}
		h.accounts.with(now, c.org, func(account *Account) { account.headersOf(now, asked, status).write(to) })
		return
	}
	conditions, _ := h.api.now()
	h.writeRequestLimit(to, h.limits.with(now, limitKey{c.org, h.groups.Of(r.model.id)}, conditions, func(*requestBucket) {}))
}

// now returns the present conditions.
func (a *API) now() (c Conditions, outage bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.conditions, a.outage
}

// countTokens answers POST /v1/messages/count_tokens.
func (h *Handler) countTokens(w http.ResponseWriter, r *http.Request, c *call) {
	a, p := readMessageRequest(w, r)
	if p == nil {
		p = a.check(h.models, c.version, true)
	}
	if !c.override.fault.immediate() && p != nil {
		c.fail(w, p)
		return
	}
	if !h.checkFaults(w, r, c) {
		return
	}
	writeJSON(w, http.StatusOK, []byte(`{"input_tokens":`+strconv.Itoa(a.inputTokens())+`}`))
}

// checkFaults applies a forced fault and the outage to a call that has no limits:
// all calls but those for a message. It reports whether the call still needs its
// answer.
func (h *Handler) checkFaults(w http.ResponseWriter, r *http.Request, c *call) bool {
	pause(r.Context(), c.override.latency)
	if f := c.override.fault; f.immediate() {
		f.answer(w, r, c)
		return false
	}
	if _, outage := h.api.now(); outage {
		failure := outageError(newRand(h.api.seed, "http", c.number).Float64())
		if p := asProblem(failure); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
		return false
	}
	return true
}

// pause waits, or aborts the request when its context ends.
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

// newResponse makes the answer to a call.
func newResponse(c *call, r *messageRequest, v outcome) *response {
	rep := &response{
		id: v.answer.id, model: r.modelName, stop: "end_turn",
		input: r.inputTokens(), words: v.answer.outputTokens,
		speed: cmp.Or(r.speed, speedStandard), geo: cmp.Or(r.inferenceGeo, "global"), tier: "standard",
	}
	if r.maxTokens == 0 { // it only warms the cache ("Prompt caching", platform.claude.com)
		rep.words, rep.stop = 0, "max_tokens"
		return rep
	}
	if c.override.hasLatency {
		rep.words = max(1, int(c.override.latency.Seconds()*tokensPerSecond))
	}
	if c.override.deltas > 0 {
		rep.words = c.override.deltas
	}
	if called := r.calledTool(); called != nil {
		rep.tool, rep.toolID, rep.stop = called.Name, fmt.Sprintf("toolu_%016x", v.rng.Uint64()), "tool_use"
		rep.toolInput = split(exampleInput(called.Schema))
		if r.toolChoice.Type == "any" || r.toolChoice.Type == "tool" {
			rep.words = 0 // the API writes no text before a forced tool call
		}
	} else if int64(rep.words) > r.maxTokens {
		rep.words, rep.stop = int(r.maxTokens), "max_tokens"
	}
	return rep
}
