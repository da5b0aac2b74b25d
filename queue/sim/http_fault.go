package sim

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// effect is what a fault does to a call.
type effect uint8

const (
	actProblem       effect = iota // answers with an error
	actReset                       // hangs up before any header
	actSilence                     // never answers
	actHalf                        // hangs up in the middle of the body, or of an event
	actResetMid                    // hangs up between two events
	actSilenceMid                  // says nothing more after some events
	actStreamError                 // tells an error after some events
	actStreamGarbage               // sends what is no event, or no JSON
	actDrip                        // sends small pieces that are cut anywhere
	actHang                        // lets the call in, and never answers
)

// fault is an outcome that somebody asked for.
type fault struct {
	act     effect
	problem *problem // for actProblem
	bare    bool     // without limit headers
	unified bool     // with the headers of a subscription's limit, in their place
}

// atOnce reports whether a fault needs no answer that it could spoil.
func (f *fault) atOnce() bool {
	return f != nil && (f.act == actProblem || f.act == actReset || f.act == actSilence)
}

// is reports whether a fault does this.
func (f *fault) is(a effect) bool { return f != nil && f.act == a }

// faults are the outcomes with a name; those with a number alone are in statuses.
var faults = map[string]*fault{
	"429-bare": {problem: &problem{status: 429, kind: "rate_limit_error", message: "This request would exceed a rate limit (simulated)"}},
	"spend_cap": {problem: &problem{status: 429, kind: "rate_limit_error", code: "enforced_spend_limit_reached",
		message: "The monthly spend limit of your organization's tier is reached (simulated)"}},
	"contract_spend_limit_reached": {problem: &problem{status: 429, kind: "rate_limit_error", code: "contract_spend_limit_reached",
		message: "The spend limit of your organization's contract is reached (simulated)"}},
	"linked_organization_spend_limit_reached": {problem: &problem{status: 429, kind: "rate_limit_error", code: "linked_organization_spend_limit_reached",
		message: "The spend limit of a linked organization is reached (simulated)"}},
	"organization_on_hold": {problem: &problem{status: 429, kind: "rate_limit_error", code: "organization_on_hold",
		message: "Your organization is on hold (simulated)"}},
	"lacking": {bare: true, problem: &problem{status: 429, kind: "rate_limit_error", message: lackingMessage}},
	"unified": {bare: true, unified: true, problem: &problem{status: 429, kind: "rate_limit_error",
		message: "You have reached the usage limit of your subscription (simulated)"}},
	"400-spend": {problem: &problem{status: 400, kind: "invalid_request_error",
		message: "You have reached your specified API usage limits (simulated)"}},
	"reset":              {act: actReset},
	"silence":            {act: actSilence},
	"half-body":          {act: actHalf},
	"reset-mid-stream":   {act: actResetMid},
	"silence-mid-stream": {act: actSilenceMid},
	"stream-error":       {act: actStreamError},
	"garbage":            {act: actStreamGarbage},
	"slow-drip":          {act: actDrip},
	"hang":               {act: actHang},
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
	return &fault{problem: &p, bare: bare}, true
}

// unifiedReset is when a subscription's limit is over.
const unifiedReset = time.Minute

// happen is a fault that needs no answer.
func (f *fault) happen(w http.ResponseWriter, r *http.Request, c *call) {
	switch f.act {
	case actSilence:
		<-r.Context().Done()
		abort()
	case actReset:
		reset(w)
	default:
		if f.unified {
			w.Header().Set("anthropic-ratelimit-unified-status", "rejected")
			w.Header().Set("anthropic-ratelimit-unified-reset", strconv.FormatInt(c.settings.now().Add(unifiedReset).Unix(), 10))
		}
		c.fail(w, f.problem)
	}
}

// reset hangs up before any header: with a reset where the connection can.
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

// abort ends a request without an end of its answer, as net/http lets a handler
// do.
func abort() { panic(http.ErrAbortHandler) }
