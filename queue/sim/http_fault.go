package sim

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// faultKind is what a fault does to a call.
type faultKind uint8

const (
	faultProblem          faultKind = iota // answers with an error
	faultReset                             // closes the connection before any header
	faultSilence                           // never answers
	faultHalfBody                          // closes the connection in the middle of the body, or of an event
	faultResetMidStream                    // closes the connection between two events
	faultSilenceMidStream                  // sends nothing more after some events
	faultStreamError                       // sends an error after some events
	faultGarbage                           // sends bytes that are no event, or no JSON
	faultSlowDrip                          // sends small pieces, cut anywhere
	faultHang                              // admits the call, and never answers
	faultPage                              // sends a page in place of the answer, with 200
	faultEmpty                             // sends nothing, with 200
	faultErrorIn200                        // sends an error, with 200
	faultCut                               // ends the answer in its middle, as if it were whole
	faultBatchExpires                      // the batch that the call makes expires
)

// fault is a forced outcome.
type fault struct {
	kind           faultKind
	problem        *problem // of faultProblem
	noLimitHeaders bool     // the answer has none
	unified        bool     // the answer has the headers of a subscription instead
	regained       bool     // its message says when it ends: on the 1st of the next month
}

// immediate reports whether a fault takes the place of the answer, and does not
// change it.
func (f *fault) immediate() bool {
	return f != nil && (f.kind == faultProblem || f.kind == faultReset || f.kind == faultSilence)
}

// isWhole reports whether a fault takes the place of a stream, too.
func (f *fault) isWhole() bool { return f.is(faultPage) || f.is(faultEmpty) || f.is(faultErrorIn200) }

// is reports whether a fault is of a kind. Nil is of none.
func (f *fault) is(a faultKind) bool { return f != nil && f.kind == a }

// faults are the outcomes that have a name; statuses has those with a status.
var faults = map[string]*fault{
	"429-bare": {problem: &problem{status: 429, kind: "rate_limit_error", message: "This request would exceed a rate limit (simulated)"}},
	"spend_cap": {problem: &problem{status: 429, kind: "rate_limit_error", code: "enforced_spend_limit_reached",
		message: "The monthly spend limit of your organization's tier is reached (simulated)"}},
	"contract_spend_limit_reached": {problem: &problem{status: 429, kind: "rate_limit_error", code: "contract_spend_limit_reached",
		message: "The spend limit of your organization's contract is reached (simulated)"}},
	"linked_organization_spend_limit_reached": {problem: &problem{status: 402, kind: "billing_error", code: "linked_organization_spend_limit_reached",
		message: "The spend limit of a linked organization is reached (simulated)"}},
	"organization_on_hold": {problem: &problem{status: 400, kind: "invalid_request_error", code: "organization_on_hold",
		message: "Your organization is on hold (simulated)"}},
	"ramp_limit_exceeded": {problem: &problem{status: 429, kind: "rate_limit_error", code: "ramp_limit_exceeded", retryAfter: "5",
		message: "Your usage rises faster than is allowed (simulated)"}},
	"claude-code-spend": {problem: &problem{status: 429, kind: "rate_limit_error", retryAfter: "3600",
		message: "The spend limit of the Claude Code workspace is reached (simulated)"}},
	"unknown-code": {problem: &problem{status: 429, kind: "rate_limit_error", code: "some_new_limit_reached", message: "Some new limit is reached (simulated)"}},
	"lacking":      {noLimitHeaders: true, problem: &problem{status: 429, kind: "rate_limit_error", message: lackingMessage}},
	"unified": {noLimitHeaders: true, unified: true, problem: &problem{status: 429, kind: "rate_limit_error",
		message: "You have reached the usage limit of your subscription (simulated)"}},
	"400-spend": {regained: true, problem: &problem{status: 400, kind: "invalid_request_error",
		message: "You have reached your specified API usage limits."}},
	"400-spend-workspace": {regained: true, problem: &problem{status: 400, kind: "invalid_request_error",
		message: "You have reached your specified workspace API usage limits."}},
	"reset":              {kind: faultReset},
	"silence":            {kind: faultSilence},
	"half-body":          {kind: faultHalfBody},
	"reset-mid-stream":   {kind: faultResetMidStream},
	"silence-mid-stream": {kind: faultSilenceMidStream},
	"stream-error":       {kind: faultStreamError},
	"garbage":            {kind: faultGarbage},
	"slow-drip":          {kind: faultSlowDrip},
	"hang":               {kind: faultHang},
	"page":               {kind: faultPage},
	"empty":              {kind: faultEmpty},
	"error-200":          {kind: faultErrorIn200},
	"cut":                {kind: faultCut},
	"batch-expires":      {kind: faultBatchExpires},
}

func faultNames() []string { return slices.Sorted(maps.Keys(faults)) }

// statuses are the errors of the API ("Errors", platform.claude.com).
var statuses = map[int]problem{
	400: {kind: "invalid_request_error", message: "Invalid request (simulated)"},
	401: {kind: "authentication_error", message: "invalid x-api-key (simulated)"},
	402: {kind: "billing_error", message: "There is an issue with your billing (simulated)"},
	403: {kind: "permission_error", message: "Your API key does not have permission to use this (simulated)"},
	404: {kind: "not_found_error", message: "Not found (simulated)"},
	408: {kind: "timeout_error", message: "Request timed out (simulated)"},
	409: {kind: "conflict_error", message: "Conflict (simulated)"},
	413: {kind: "request_too_large", message: "Request exceeds the maximum size (simulated)"},
	429: {kind: "rate_limit_error", message: "This request would exceed a rate limit (simulated)", retryAfter: "1"},
	500: {kind: "api_error", message: "Internal server error (simulated)"},
	504: {kind: "timeout_error", message: "Request timed out (simulated)"},
	529: {kind: "overloaded_error", message: "Overloaded (simulated)"},
}

// findFault returns the outcome of a name or status; nil for "none".
func findFault(name string) (*fault, bool) {
	if name == "none" {
		return nil, true
	}
	if f, ok := faults[name]; ok {
		return f, true
	}
	status, err := strconv.Atoi(name)
	if err != nil || status < 400 || status > 599 {
		return nil, false
	}
	p, ok := statuses[status]
	switch {
	case ok:
	case status < 500:
		p = statuses[http.StatusBadRequest]
	default:
		p = statuses[http.StatusInternalServerError]
	}
	p.status = status
	bare := status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusRequestEntityTooLarge
	return &fault{problem: &p, noLimitHeaders: bare}, true
}

// unifiedReset is how long until a subscription's limit resets.
const unifiedReset = time.Minute

// answer answers a call with an immediate fault.
func (f *fault) answer(w http.ResponseWriter, r *http.Request, c *call) {
	switch f.kind {
	case faultSilence:
		<-r.Context().Done()
		abort()
	case faultReset:
		reset(w)
	default:
		if f.unified {
			w.Header().Set("anthropic-ratelimit-unified-status", "rejected")
			w.Header().Set("anthropic-ratelimit-unified-reset", strconv.FormatInt(c.settings.now().Add(unifiedReset).Unix(), 10))
		}
		p := *f.problem
		if f.regained {
			now := c.settings.now().UTC()
			p.message += time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(" You will regain access on 2006-01-02 at 15:04 UTC. (simulated)")
		}
		c.fail(w, &p)
	}
}

// reset closes the connection before any header, with a TCP reset where possible.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		abort()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the client sees an orderly end
	}
	_ = conn.Close()
}

// abort ends a request in the middle of its answer, as net/http lets a handler do.
func abort() { panic(http.ErrAbortHandler) }
