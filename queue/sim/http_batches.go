package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const batchesPath = "/v1/messages/batches"

// The limits of batches ("Batch processing" and "Rate limits", platform.claude.com,
// November 2026).
const (
	maxBatchBody     = 256 << 20 // bytes
	maxBatchRequests = 100_000   // of one batch
	maxCustomID      = 64        // bytes of letters, digits, - and _
	batchCalls       = 1000      // a minute, of an organization
)

// What all organizations together can keep. The oldest batches that have ended are
// archived for later ones, or forgotten.
const (
	maxBatches       = 1000
	maxBatchesSize   = 200_000 // requests in batches; the API lets an organization have as many in processing
	maxKeptToolInput = 1 << 10 // bytes of a tool's input in an answer of a batch; a longer one is empty
)

// scope is who sees a batch or a file: a workspace of an organization, empty for the
// organization itself.
type scope struct{ org, workspace string }

// scope returns the scope of a call.
func (h *Handler) scope(c *call) scope {
	if h.accounts == nil {
		return scope{org: c.org}
	}
	return scope{c.org, h.accounts.workspace(c.key)}
}

// batches are the batches of all organizations.
type batches struct {
	mu  sync.Mutex
	all []*batch // the newest first; guarded by mu, as are the batches
}

// visible returns those of a scope, the newest first. It requires that mu is held.
func (s *batches) visible(to scope) []*batch {
	var own []*batch
	for _, b := range s.all {
		if b.scope == to {
			own = append(own, b)
		}
	}
	return own
}

// with calls f with the batch of an ID, with mu held, if there is one in the scope.
func (s *batches) with(of scope, id string, now time.Time, f func(*batch) *problem) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.all, func(b *batch) bool { return b.id == id && b.scope == of })
	if at < 0 {
		return notFound("Message batch not found: " + cut(id))
	}
	b := s.all[at]
	if b.archived.IsZero() && !now.Before(b.created.Add(resultsLife)) {
		b.archive(b.created.Add(resultsLife))
	}
	return f(b)
}

// add keeps a batch, if there is room for it.
func (s *batches) add(b *batch, now time.Time) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := b.size
	for _, other := range s.all {
		kept += len(other.requests)
	}
	for _, other := range slices.Backward(s.all) { // the oldest first
		if kept > maxBatchesSize && other.requests != nil && other.ended(now) {
			kept -= len(other.requests)
			other.archive(now)
		}
	}
	if len(s.all) >= maxBatches {
		if at := lastIndex(s.all, func(b *batch) bool { return b.ended(now) }); at >= 0 {
			s.all = slices.Delete(s.all, at, at+1)
		}
	}
	if kept > maxBatchesSize || len(s.all) >= maxBatches {
		return &problem{status: http.StatusTooManyRequests, kind: "rate_limit_error", retryAfter: "60",
			message: fmt.Sprintf("This batch would exceed the limit of %d batch requests in processing", maxBatchesSize)}
	}
	s.all = slices.Insert(s.all, 0, b)
	return nil
}

// lastIndex returns the index of the last element that f accepts; -1 if there is none.
func lastIndex[T any](all []T, f func(T) bool) int {
	for i, v := range slices.Backward(all) {
		if f(v) {
			return i
		}
	}
	return -1
}

// checkBatchCall applies what every call about batches has in common: faults, and the
// limit of calls. It reports whether the call still needs its answer.
func (h *Handler) checkBatchCall(w http.ResponseWriter, r *http.Request, c *call) bool {
	if !h.checkFaults(w, r, c) {
		return false
	}
	now, refused := time.Now(), false
	var after time.Duration
	h.limits.with(now, limitKey{c.org, batchesPath}, Conditions{PerMinute: batchCalls, Burst: batchCalls}, func(b *requestBucket) {
		retryAfter, ok := b.take(now)
		refused, after = !ok, retryAfter
	})
	if refused {
		c.fail(w, asProblem(rateLimited(batchCalls, after)))
	}
	return !refused
}

// createBatch answers POST /v1/messages/batches. The latency that is asked for is the
// batch's, not that of the answer.
func (h *Handler) createBatch(w http.ResponseWriter, r *http.Request, c *call) {
	takes := c.override.latency
	c.override.latency = 0
	requests, p := readBatch(w, r, func(customID string, params json.RawMessage) batchRequest {
		return h.batchRequest(c, customID, params)
	})
	switch {
	case !h.checkBatchCall(w, r, c):
		return
	case p != nil:
		c.fail(w, p)
		return
	}
	if !c.override.hasLatency {
		takes = min(batchLeast+time.Duration(len(requests))*batchEach, batchMost)
	}
	rng := newRand(h.api.seed, "batch", c.number)
	b := &batch{
		id: fmt.Sprintf("msgbatch_%016x%08x", rng.Uint64(), rng.Uint32()), scope: h.scope(c),
		requests: requests, size: len(requests), created: h.settings.now(), takes: takes, expiring: c.override.fault.is(faultBatchExpires),
	}
	if p := h.batches.add(b, h.settings.now()); p != nil {
		c.fail(w, p)
		return
	}
	h.writeBatch(w, r, c, b.id)
}

// batchRequest makes the answer to a request of a batch, or says what is wrong with it.
func (h *Handler) batchRequest(c *call, customID string, params json.RawMessage) batchRequest {
	a := &messageRequest{maxTokens: unset}
	if err := decodeOne(bytes.NewReader(params), a.decode); err != nil {
		p := invalid("The request is not valid: " + err.Error())
		if bad, ok := errors.AsType[*badRequest](err); ok {
			p = bad.problem
		}
		return batchRequest{customID: customID, problem: p}
	}
	p := a.check(h.models, c.version, false)
	if p == nil {
		p = h.checkFiles(c, a)
	}
	if p != nil {
		return batchRequest{customID: customID, problem: p}
	}
	rng := newRand(h.api.seed, "batch request "+customID, c.number)
	words := min(max(int(logNormal(rng, usualWords, manyWords)), 1), maxDeltas)
	if c.override.deltas > 0 {
		words = c.override.deltas
	}
	rep := newResponse(&call{}, a, outcome{rng: rng, answer: answer{id: fmt.Sprintf("msg_%016x", rng.Uint64()), outputTokens: words}})
	rep.tier = "batch"
	if len(strings.Join(rep.toolInput, "")) > maxKeptToolInput {
		rep.toolInput = []string{"{}"}
	}
	return batchRequest{customID: customID, answer: rep}
}

// readBatch reads the body of a request for a batch, and what request makes of each.
func readBatch(w http.ResponseWriter, r *http.Request, request func(customID string, params json.RawMessage) batchRequest) ([]batchRequest, *problem) {
	var requests []batchRequest
	ids := map[string]bool{}
	p := readBody(w, r, maxBatchBody, func(d *json.Decoder) error {
		return decodeObject(d, func(name json.Token) error {
			if name != "requests" {
				return d.Decode(&ignoredValue{})
			}
			requests = nil
			return decodeList(d, "requests", maxBatchRequests, func(at int) error {
				var one struct {
					CustomID string          `json:"custom_id"`
					Params   json.RawMessage `json:"params"`
				}
				where := fmt.Sprintf("requests.%d", at)
				if err := decodeValue(d, &one, where, "dictionary"); err != nil {
					return err
				}
				switch {
				case one.CustomID == "" || len(one.CustomID) > maxCustomID || strings.Trim(one.CustomID, customIDLetters) != "":
					return badRequestf("%s.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,%d}$'", where, maxCustomID)
				case ids[one.CustomID]:
					return badRequestf("%s.custom_id: %q is the ID of another request of the batch", where, one.CustomID)
				case one.Params == nil:
					return badRequestf("%s.params: Field required", where)
				}
				ids[one.CustomID] = true
				requests = append(requests, request(one.CustomID, one.Params))
				return nil
			})
		})
	})
	if p == nil && len(requests) == 0 {
		p = invalid("requests: List should have at least 1 item")
	}
	return requests, p
}

const customIDLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// listBatches answers GET /v1/messages/batches?limit=&after_id=&before_id=.
func (h *Handler) listBatches(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkBatchCall(w, r, c) {
		return
	}
	now := h.settings.now()
	h.batches.mu.Lock()
	list, p := pageOf(r.URL.Query(), h.batches.visible(h.scope(c)), "batch", func(b *batch) string { return b.id },
		func(b *batch) batchInfo { return b.info(now, r.Host) })
	h.batches.mu.Unlock()
	if p != nil {
		c.fail(w, p)
		return
	}
	writeJSON(w, http.StatusOK, encode(list))
}

// objectID returns the ID in a path of a folder, and what follows it.
func objectID(path, folder string) (id, action string) {
	id, action, more := strings.Cut(strings.TrimPrefix(path, folder+"/"), "/")
	if more && action == "" {
		action = "/" // none of the API's
	}
	return id, action
}

// getBatch answers GET /v1/messages/batches/{id}.
func (h *Handler) getBatch(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkBatchCall(w, r, c) {
		return
	}
	id, _ := objectID(r.URL.Path, batchesPath)
	h.writeBatch(w, r, c, id)
}

// writeBatch answers a call with a batch.
func (h *Handler) writeBatch(w http.ResponseWriter, r *http.Request, c *call, id string) {
	now := h.settings.now()
	var info batchInfo
	p := h.batches.with(h.scope(c), id, now, func(b *batch) *problem {
		info = b.info(now, r.Host)
		return nil
	})
	if p != nil {
		c.fail(w, p)
		return
	}
	writeJSON(w, http.StatusOK, encode(info))
}

// cancelBatch answers POST /v1/messages/batches/{id}/cancel.
func (h *Handler) cancelBatch(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkBatchCall(w, r, c) {
		return
	}
	now := h.settings.now()
	id, _ := objectID(r.URL.Path, batchesPath)
	p := h.batches.with(h.scope(c), id, now, func(b *batch) *problem {
		switch {
		case b.ended(now):
			return invalid("Message batch " + b.id + " has ended, and cannot be canceled")
		case b.canceled.IsZero():
			b.canceled = now
		}
		return nil
	})
	if p != nil {
		c.fail(w, p)
		return
	}
	h.writeBatch(w, r, c, id)
}

// deleteBatch answers DELETE /v1/messages/batches/{id}.
func (h *Handler) deleteBatch(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkBatchCall(w, r, c) {
		return
	}
	now := h.settings.now()
	id, _ := objectID(r.URL.Path, batchesPath)
	p := h.batches.with(h.scope(c), id, now, func(b *batch) *problem {
		if !b.ended(now) {
			return invalid("Message batch " + b.id + " is still processing: cancel it before you delete it")
		}
		h.batches.all = slices.DeleteFunc(h.batches.all, func(other *batch) bool { return other == b })
		return nil
	})
	if p != nil {
		c.fail(w, p)
		return
	}
	writeJSON(w, http.StatusOK, encode(deleted{id, "message_batch_deleted"}))
}

// deleted is what the API answers when something was deleted.
type deleted struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// batchResults answers GET /v1/messages/batches/{id}/results.
func (h *Handler) batchResults(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkBatchCall(w, r, c) {
		return
	}
	now := h.settings.now()
	id, _ := objectID(r.URL.Path, batchesPath)
	var ended batch // a copy: its requests never change
	p := h.batches.with(h.scope(c), id, now, func(b *batch) *problem {
		switch {
		case !b.ended(now):
			return notFound("Message batch " + b.id + " is still processing, and has no results yet")
		case !b.archived.IsZero():
			return notFound("The results of message batch " + b.id + " are no longer available")
		}
		ended = *b
		return nil
	})
	if p != nil {
		c.fail(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/x-jsonl")
	s := &responseWriter{w: w, ctx: r.Context()}
	for at := range ended.requests {
		s.send(ended.line(at))
	}
}
