package sim

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"paceline/queue"
)

// Handler serves an [API] over HTTP. It follows the Claude API closely enough for
// the official SDKs. Make one with [NewHandler]. It is safe for concurrent use; its
// only goroutines are those of the requests.
type Handler struct {
	api       *API
	requests  atomic.Uint64 // so far
	limits    *requestLimits
	overrides *overrides
	batches   batches
	files     files
	groups    ModelGroups
	models    []model

	settings HTTPSettings
	accounts *accounts // nil: api decides
}

// NewHandler returns a Handler over api. Every organization and model group has a
// bucket of requests of its own, sized by the conditions; [API.Call] uses another
// one.
func NewHandler(api *API) *Handler {
	groups := DefaultModelGroups()
	return &Handler{api: api, limits: newRequestLimits(), overrides: newOverrides(), groups: groups, models: modelsWith(groups)}
}

// FailNext forces the outcomes of the next requests for a message, for clients that
// cannot send x-sim-error. Each outcome is written as in that header, "529*2" for
// two in a row; they override the requests' own headers.
func (h *Handler) FailNext(outcomes ...string) error {
	return h.overrides.failNext(outcomes)
}

// call is one request to a Handler.
type call struct {
	number   uint64 // of the request, within the handler
	request  string // "req_…"
	key      string
	org      string   // the organization of its key
	version  string   // of the API
	override override // from its x-sim- headers

	settings *HTTPSettings // the handler's
}

// route is a method and its handler.
type route struct {
	method string
	serve  func(*Handler, http.ResponseWriter, *http.Request, *call)
}

// findRoutes returns the routes of a path; none if there is nothing.
func findRoutes(path string) []route {
	switch path {
	case "/v1/messages":
		return []route{{http.MethodPost, (*Handler).messages}}
	case "/v1/messages/count_tokens":
		return []route{{http.MethodPost, (*Handler).countTokens}}
	case "/v1/models":
		return []route{{http.MethodGet, (*Handler).listModels}}
	case batchesPath:
		return []route{{http.MethodGet, (*Handler).listBatches}, {http.MethodPost, (*Handler).createBatch}}
	case filesPath:
		return []route{{http.MethodGet, (*Handler).listFiles}, {http.MethodPost, (*Handler).uploadFile}}
	}
	for folder, actions := range objectRoutes {
		if !strings.HasPrefix(path, folder+"/") {
			continue
		}
		if id, action := objectID(path, folder); id != "" {
			return actions[action]
		}
	}
	return nil
}

// objectRoutes are the routes of the objects in a folder, by what follows their ID.
var objectRoutes = map[string]map[string][]route{
	"/v1/models": {"": {{http.MethodGet, (*Handler).getModel}}},
	batchesPath: {
		"":        {{http.MethodGet, (*Handler).getBatch}, {http.MethodDelete, (*Handler).deleteBatch}},
		"cancel":  {{http.MethodPost, (*Handler).cancelBatch}},
		"results": {{http.MethodGet, (*Handler).batchResults}},
	},
	filesPath: {
		"":        {{http.MethodGet, (*Handler).getFile}, {http.MethodDelete, (*Handler).deleteFile}},
		"content": {{http.MethodGet, (*Handler).downloadFile}},
	},
}

// routes returns the routes of a path, with those that need an account only where
// there is one.
func (h *Handler) routes(path string) []route {
	if h.accounts != nil && path == "/v1/organizations/rate_limits" {
		return []route{{http.MethodGet, (*Handler).rateLimits}}
	}
	return findRoutes(path)
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{number: h.requests.Add(1), settings: &h.settings}
	if h.settings.DateSkew != 0 {
		w = &dateWriter{ResponseWriter: w, settings: &h.settings}
	}
	if h.settings.Compress && r.Method != http.MethodHead && acceptsGzip(r.Header) {
		z := &gzipWriter{ResponseWriter: w}
		h.serve(z, r, c)
		z.close() // not after an abort: such an answer misses its end
		return
	}
	h.serve(w, r, c)
}

// serve answers one request.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, c *call) {
	id := newRand(h.api.seed, "request", c.number)
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
		for _, to := range routes {
			w.Header().Add("Allow", to.method)
		}
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
	c.version = r.Header.Get("anthropic-version")
	if p := checkVersion(c.version); p != nil {
		c.fail(w, p)
		return
	}
	var p *problem
	if c.override, p = h.overrides.parse(r.Header); p != nil {
		c.fail(w, p)
		return
	}
	routes[at].serve(h, w, r, c)
}

// keyOf returns the API key of a request, from either of its headers. Any key is
// valid.
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

// organization returns the id of a key's organization: the one that the key names,
// or one derived from the key.
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

// The versions of the API that a Handler speaks ("Versions", platform.claude.com).
// The newer one refuses more, see messageRequest.removed; its answers are the same.
const (
	version2023 = "2023-06-01"
	version2026 = "2026-10-21"
)

// checkVersion refuses a request of a version that the Handler does not speak.
func checkVersion(version string) *problem {
	switch version {
	case version2023, version2026:
		return nil
	case "":
		return invalid("anthropic-version: header is required")
	}
	return invalid(fmt.Sprintf("anthropic-version: %q is not a valid version for this API: %s and %s are", queue.Truncate(version, 40), version2023, version2026))
}
