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
// of its own with these settings: the account decides what comes of a message and
// how long it takes, and tells all the limit headers. Settings.Epoch is now where
// it is zero. Of api only the outage counts. A key sk-sim-ORG-NAME-… speaks for
// the workspace NAME where the settings have one. A model that is only in
// Settings.Groups is one of the API's, too.
//
// It answers GET /v1/organizations/rate_limits, too, for an admin key: one that
// begins with sk-ant-admin, or with sk-sim-ORG-admin for the organization ORG.
func NewAccountHandler(api *API, s AccountSettings) (*Handler, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Epoch.IsZero() {
		s.Epoch = time.Now()
	}
	h := NewHandler(api)
	s = s.clone()
	h.accounts = &accounts{settings: s, byOrg: map[string]*keptAccount{}}
	h.groups, h.models = s.Groups, modelsWith(s.Groups)
	return h, nil
}

// accounts are those of all organizations.
type accounts struct {
	settings AccountSettings

	mu    sync.Mutex // guards what follows
	byOrg map[string]*keptAccount
}

type keptAccount struct {
	*Account
	used time.Time
}

// with calls f with the account of an organization. Of too many, the longest
// unused is forgotten.
func (s *accounts) with(now time.Time, org string, f func(*Account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.byOrg[org]
	if k == nil {
		s.makeRoom()
		own := s.settings
		own.Seed = stream(s.settings.Seed, "organization "+org).Uint64()
		a, err := NewAccount(own)
		if err != nil {
			panic("sim: an account of settings that were valid: " + err.Error())
		}
		k = &keptAccount{Account: a}
		s.byOrg[org] = k
	}
	k.used = now
	f(k.Account)
}

// makeRoom requires that mu is held.
func (s *accounts) makeRoom() {
	if len(s.byOrg) < maxBuckets {
		return
	}
	oldest, at := "", time.Time{}
	for org, k := range s.byOrg {
		if at.IsZero() || k.used.Before(at) {
			oldest, at = org, k.used
		}
	}
	delete(s.byOrg, oldest)
}

// workspace returns the workspace that a key speaks for; empty if none with
// limits of its own.
func (s *accounts) workspace(key string) string {
	rest, _ := strings.CutPrefix(key, "sk-sim-")
	parts := strings.Split(rest, "-")
	if len(parts) < 2 || rest == key {
		return ""
	}
	if _, ok := s.settings.Workspaces[parts[1]]; !ok {
		return ""
	}
	return parts[1]
}

// usualWords are the words of an answer that half of the answers stay under, and
// one in a hundred exceeds.
const (
	usualWords = 250
	manyWords  = 2000
)

// charge answers a call as the account of its organization decides.
func (h *Handler) charge(w http.ResponseWriter, r *http.Request, c *call, a *ask, start time.Time) {
	if _, outage := h.api.now(); outage {
		h.aside(w, r, c)
		return
	}
	rng := stream(h.api.seed, "http", c.number)
	words := longTail(rng, usualWords, manyWords)
	rep := newReply(c, a, verdict{rng: rng, answer: Answer{ID: fmt.Sprintf("msg_%016x", rng.Uint64()), OutputTokens: min(max(int(words), 1), maxDeltas)}})
	asked := Call{
		ID: c.number, Model: a.model.id, Workspace: h.accounts.workspace(c.key),
		InputTokens: a.inputTokens(), OutputTokens: rep.deltas(), MaxTokens: int(min(a.maxTokens, mostTokens)), steady: c.force.steady,
		Hang: c.force.fault.is(actHang),
	}
	if c.force.delayed {
		asked.Took = max(c.force.latency, 1)
		asked.FirstToken = min(asked.Took/4, firstTime)
	}
	var d Decision
	h.accounts.with(start, c.org, func(account *Account) { d = account.Arrive(start, asked) })
	// A client that leaves early pays for no more than it got.
	defer func() {
		h.accounts.with(time.Now(), c.org, func(account *Account) { account.Cancel(time.Now(), c.number) })
	}()
	d.Headers.Write(w.Header())
	s := &sending{w: w, ctx: r.Context(), start: start, first: d.FirstToken, after: d.Took, fault: c.force.fault}
	if c.force.delayed && !d.Hangs {
		s.after = c.force.latency
	}
	switch {
	case d.Admitted() && d.ErrorType == "":
		s.reply(rep, a.stream)
	case d.Admitted() && a.stream:
		s.breakOff(rep, d)
	default:
		pause(r.Context(), s.after)
		if p := d.problem(); p != nil {
			c.fail(w, p)
		} else {
			reset(w)
		}
	}
}

// breakOff streams an answer that fails after the tokens that were decided.
func (s *sending) breakOff(r *reply, d Decision) {
	all := r.deltas()
	s.fault = &fault{act: actStreamError}
	s.spoilt = d.OutputTokens + 1
	if d.OutputTokens > 0 { // the pace until then goes on
		s.after = d.FirstToken + (d.Took-d.FirstToken)*time.Duration(all)/time.Duration(d.OutputTokens)
	}
	s.stream(r)
}

// problem tells a refusal or failure over HTTP; nil for one that has no answer. An
// answer that is not streamed and breaks off fails as a whole.
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
	if !h.aside(w, r, c) {
		return
	}
	own, isOwn := strings.CutPrefix(c.key, "sk-sim-"+c.org+"-")
	admin := strings.HasPrefix(c.key, "sk-ant-admin") || isOwn && strings.HasPrefix(own, "admin")
	if !admin {
		c.fail(w, &problem{status: http.StatusForbidden, kind: "permission_error", message: "This needs an admin key"})
		return
	}
	now := time.Now()
	var page RateLimitPage
	h.accounts.with(now, c.org, func(account *Account) { page = account.RateLimits(now) })
	writeJSON(w, http.StatusOK, encode(page))
}
