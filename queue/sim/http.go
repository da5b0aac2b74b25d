package sim

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Handler is the HTTP face of an [API]: it speaks the Claude API closely enough
// that the official SDKs notice no difference. Make one with [NewHandler]. It is
// safe for concurrent use; its goroutines are those of the requests.
type Handler struct {
	api    *API
	seen   atomic.Uint64 // requests until now
	limits *limits
	forced *forced
	groups ModelGroups
	models []model

	settings HTTPSettings
	accounts *accounts // nil: the conditions of api decide
}

// NewHandler returns a Handler that answers as api does at the moment. Every
// organization and model group has a bucket of requests of its own, of the size
// that the conditions say; those of [API.Call] are another organization's.
func NewHandler(api *API) *Handler {
	groups := DefaultModelGroups()
	return &Handler{api: api, limits: newLimits(), forced: newForced(), groups: groups, models: modelsWith(groups)}
}

// FailNext makes the next requests for a message fail, where a client cannot
// send x-sim-error itself. Each outcome is written as in that header, "529*2" for
// two in a row; they come before what the requests ask for themselves.
func (h *Handler) FailNext(outcomes ...string) error {
	return h.forced.failNext(outcomes)
}

// call is one request on its way through a Handler.
type call struct {
	number  uint64 // which request of the handler it is
	request string // "req_…"
	key     string
	org     string // the organization of its key
	force   force  // what its headers ask for

	settings *HTTPSettings // the handler's
}

// route is what stands at an address.
type route struct {
	method string
	serve  func(*Handler, http.ResponseWriter, *http.Request, *call)
}

// findRoutes returns the routes of a path; none if nothing is there.
func findRoutes(path string) []route {
	switch path {
	case "/v1/messages":
		return []route{{http.MethodPost, (*Handler).messages}}
	case "/v1/messages/count_tokens":
		return []route{{http.MethodPost, (*Handler).countTokens}}
	case "/v1/models":
		return []route{{http.MethodGet, (*Handler).listModels}}
	case "/v1/messages/batches", "/v1/files":
		return []route{{http.MethodGet, (*Handler).listNothing}}
	}
	if id, ok := strings.CutPrefix(path, "/v1/models/"); ok && id != "" && !strings.Contains(id, "/") {
		return []route{{http.MethodGet, (*Handler).getModel}}
	}
	return nil
}

// routes returns the routes of a path; those of an account are only where there
// is one.
func (h *Handler) routes(path string) []route {
	if h.accounts != nil && path == "/v1/organizations/rate_limits" {
		return []route{{http.MethodGet, (*Handler).rateLimits}}
	}
	return findRoutes(path)
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{number: h.seen.Add(1), settings: &h.settings}
	if h.settings.DateSkew != 0 {
		w = &dated{ResponseWriter: w, settings: &h.settings}
	}
	id := stream(h.api.seed, "request", c.number)
	c.request = fmt.Sprintf("req_%016x%08x", id.Uint64(), id.Uint32())
	w.Header().Set("x-paceline-simulated", "true")
	w.Header().Set("request-id", c.request)

	routes := h.routes(r.URL.Path)
	if len(routes) == 0 {
		c.fail(w, notFound("Not found"))
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	at := slices.IndexFunc(routes, func(to route) bool { return to.method == method })
	if at < 0 {
		w.Header().Set("Allow", routes[0].method)
		c.fail(w, &problem{status: http.StatusMethodNotAllowed, kind: "invalid_request_error", message: "Method not allowed"})
		return
	}
	key := keyOf(r.Header)
	if key == "" {
		c.fail(w, &problem{status: http.StatusUnauthorized, kind: "authentication_error", message: "x-api-key header is required"})
		return
	}
	c.key, c.org = key, organization(key)
	w.Header().Set("anthropic-organization-id", c.org)
	if p := checkVersion(r.Header.Get("anthropic-version")); p != nil {
		c.fail(w, p)
		return
	}
	var p *problem
	if c.force, p = h.forced.read(r.Header); p != nil {
		c.fail(w, p)
		return
	}
	routes[at].serve(h, w, r, c)
}

// keyOf returns the key of a request, from either of its places. Any will do.
func keyOf(h http.Header) string {
	if key := h.Get("x-api-key"); key != "" {
		return key
	}
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// organization returns the id of the organization that a key belongs to: the one
// that it names, or one that the key alone has.
func organization(key string) string {
	if rest, ok := strings.CutPrefix(key, "sk-sim-"); ok {
		name, _, found := strings.Cut(rest, "-")
		if found && name != "" && len(name) <= 64 && strings.Trim(name, orgLetters) == "" {
			return name
		}
	}
	sum := sha256.Sum256([]byte("organization of " + key))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

const orgLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

// checkVersion refuses a request without a version ("Versions",
// platform.claude.com). Which ones there are changes, and SDKs are ahead of us:
// any date will do.
func checkVersion(version string) *problem {
	if version == "" {
		return invalid("anthropic-version: header is required")
	}
	if _, err := time.Parse(time.DateOnly, version); err != nil {
		return invalid("anthropic-version: this is not a valid version, 2023-06-01 is")
	}
	return nil
}
