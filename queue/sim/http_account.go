package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// NewAccountHandler returns a Handler in which every organization has an [Account]
// with these settings: the account decides about each message and its times, and
// sets all limit headers. A zero Settings.Epoch is the present. Only the outage of
// api applies. A key sk-sim-ORG-NAME-… belongs to the workspace NAME if the
// settings have one. The models of Settings.Groups are added to those of the API.
//
// It also serves GET /v1/organizations/rate_limits to an admin key: one that begins
// with sk-ant-admin, or with sk-sim-ORG-admin for the organization ORG.
func NewAccountHandler(api *API, s AccountSettings) (*Handler, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Epoch.IsZero() {
		s.Epoch = time.Now()
	}
	h := NewHandler(api)
	s = s.clone()
	h.accounts = &accounts{settings: s, byOrg: newLRU[string, *Account](maxOrganizations)}
	h.groups, h.models = s.Groups, modelsWith(s.Groups)
	return h, nil
}

// accounts are the accounts of all organizations.
type accounts struct {
	settings AccountSettings

	mu    sync.Mutex
	byOrg lru[string, *Account] // guarded by mu
}

// with calls f with the account of an organization.
func (a *accounts) with(now time.Time, org string, f func(*Account)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a.byOrg.get(now, org, func() *Account {
		own := a.settings
		own.Seed = newRand(a.settings.Seed, "organization "+org).Uint64()
		account, err := NewAccount(own)
		if err != nil {
			panic("sim: an account of settings that were valid: " + err.Error())
		}
		return account
	}))
}

// workspace returns the workspace of a key; empty if it has no limits of its own.
func (a *accounts) workspace(key string) string {
	rest, _ := strings.CutPrefix(key, "sk-sim-")
	parts := strings.Split(rest, "-")
	if len(parts) < 2 || rest == key {
		return ""
	}
	if _, ok := a.settings.Workspaces[parts[1]]; !ok {
		return ""
	}
	return parts[1]
}

// usualWords is the median length of an answer in words, and manyWords its 99th
// percentile.
const (
	usualWords = 250
	manyWords  = 2000
)

// answerFromAccount answers a message as the account of its organization decides.
func (h *Handler) answerFromAccount(w http.ResponseWriter, r *http.Request, c *call, message *messageRequest, start time.Time) {
	if _, outage := h.api.now(); outage {
		h.checkFaults(w, r, c)
		return
	}
	rng := newRand(h.api.seed, "http", c.number)
	words := logNormal(rng, usualWords, manyWords)
	if c.settings.LongAnswers > 0 && rng.Float64() < c.settings.LongAnswers {
		words = maxDeltas
	}
	rep := newResponse(c, message, outcome{rng: rng, answer: answer{id: fmt.Sprintf("msg_%016x", rng.Uint64()), outputTokens: min(max(int(words), 1), maxDeltas)}})
	asked := Call{
		ID: c.number, Model: message.model.id, Workspace: h.accounts.workspace(c.key), Fast: message.speed == speedFast,
		InputTokens: message.inputTokens(), OutputTokens: rep.deltas(), MaxTokens: int(min(message.maxTokens, maxCallTokens)), noFaults: c.override.noFaults,
		Hang: c.override.fault.is(faultHang),
	}
	if c.override.hasLatency {
		asked.Took = max(c.override.latency, 1)
		asked.FirstToken = min(asked.Took/4, maxFirstByte)
	}
	var d Decision
	h.accounts.with(start, c.org, func(account *Account) { d = account.Arrive(start, asked) })
	// A client that leaves early pays for no more than it got.
	defer func() {
		h.accounts.with(time.Now(), c.org, func(account *Account) { account.Cancel(time.Now(), c.number) })
	}()
	d.Headers.write(w.Header())
	s := &responseWriter{w: w, ctx: r.Context(), start: start, firstByte: d.FirstToken, total: d.Took, fault: c.override.fault}
	s.atEnd = func() {
		h.accounts.with(time.Now(), c.org, func(account *Account) { account.EndHeaders(time.Now(), asked, d).write(w.Header()) })
	}
	if c.override.hasLatency && !d.Hangs {
		s.total = c.override.latency
	}
	switch {
	case d.Admitted() && d.ErrorType == "":
		s.write(rep, message.stream)
	case d.Admitted() && message.stream:
		s.failMidStream(rep, d)
	default:
		pause(r.Context(), s.total)
		if p := d.problem(); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
	}
}

// failMidStream streams an answer that fails after the decided number of tokens.
func (s *responseWriter) failMidStream(r *response, d Decision) {
	all := r.deltas()
	s.fault = &fault{kind: faultStreamError}
	s.faultAt = d.OutputTokens + 1
	if d.OutputTokens > 0 { // keep the pace up to the failure
		s.total = d.FirstToken + (d.Took-d.FirstToken)*time.Duration(all)/time.Duration(d.OutputTokens)
	}
	s.stream(r)
}

// problem returns the error of a refusal or failure; nil for one without an answer.
// An answer that is not streamed and fails in the middle fails as a whole.
func (d Decision) problem() *problem {
	p := &problem{status: d.Status, kind: d.ErrorType, message: d.Message, code: d.ErrorCode}
	switch {
	case d.Status == 0:
		return nil
	case d.Admitted():
		p.status = statusOverloaded
	case d.RetryAfter > 0:
		p.retryAfter = strconv.Itoa(int(d.RetryAfter / time.Second))
	}
	return p
}

// rateLimits answers GET /v1/organizations/rate_limits.
func (h *Handler) rateLimits(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkFaults(w, r, c) {
		return
	}
	own, isOwn := strings.CutPrefix(c.key, "sk-sim-"+c.org+"-")
	admin := strings.HasPrefix(c.key, "sk-ant-admin") || isOwn && strings.HasPrefix(own, "admin")
	if !admin {
		c.fail(w, &problem{status: http.StatusForbidden, kind: "permission_error", message: "This needs an admin key"})
		return
	}
	now := time.Now()
	var page rateLimitPage
	h.accounts.with(now, c.org, func(account *Account) { page = account.rateLimits(now) })
	writeJSON(w, http.StatusOK, encode(page))
}
