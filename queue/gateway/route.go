package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"paceline/queue/internal/urlpath"
)

const (
	apiPath      = "/v1"
	messagesPath = "/v1/messages"
	chatPath     = "/api/between/chat"
)

// The paths of objects that the API keeps for its caller.
const (
	batchesPath = "/v1/messages/batches"
	filesPath   = "/v1/files"
)

// The largest bodies that the API takes ("Errors", "Batch processing" and "Files",
// platform.claude.com, November 2026). A larger body is refused here, in the API's
// words.
const (
	maxMessage = 32 << 20
	maxBatch   = 256 << 20
	maxFile    = 500 << 20
	maxChat    = 1 << 20 // ours
)

type routeKind uint8

const (
	unpacedRoute routeKind = iota
	messagesRoute
	chatRoute
)

// route is how the gateway handles a path.
type route struct {
	name    string // in the figures and the log
	path    string
	below   bool // and all below it
	methods []string
	kind    routeKind
	maxBody int64
	owned   bool // what is below the path belongs to the token that made it
	rest    bool // of the API, but nothing that the gateway knows
}

func (r route) allows(method string) bool { return slices.Contains(r.methods, method) }

var (
	postOnly   = []string{http.MethodPost}
	allMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
)

// routes are what the gateway knows of the API, and the chat route.
var routes = []route{
	{name: "messages", path: messagesPath, methods: postOnly, kind: messagesRoute, maxBody: maxMessage},
	{name: "count_tokens", path: "/v1/messages/count_tokens", methods: postOnly, maxBody: maxMessage},
	{name: "batches", path: batchesPath, below: true, methods: allMethods, maxBody: maxBatch, owned: true},
	{name: "models", path: "/v1/models", below: true, methods: []string{http.MethodGet, http.MethodHead}},
	{name: "files", path: filesPath, below: true, methods: allMethods, maxBody: maxFile, owned: true},
	{name: "chat", path: chatPath, methods: postOnly, kind: chatRoute, maxBody: maxChat},
}

// The names of what is no route of its own, in the figures and the log.
const (
	otherRoute   = "other"   // of the API
	unknownRoute = "unknown" // not of the API
)

// restNames are parts of the API that have a name of their own in the figures, although
// the gateway knows nothing else of them (the official Go SDK, v2.15.0).
var restNames = []string{
	"agents", "complete", "deployments", "environments", "memory_stores", "organizations", "sessions", "skills", "user_profiles", "vaults",
}

// findRoute returns the route of a clean path and a method; false if the gateway has none.
func findRoute(path, method string) (route, bool) {
	for _, r := range routes {
		if path != r.path && (!r.below || !urlpath.Under(path, r.path)) {
			continue
		}
		switch {
		case r.allows(method) || r.kind == chatRoute:
		case method == http.MethodHead: // to see whether it is there
			return route{name: r.name, methods: []string{http.MethodHead}}, !urlpath.HasDots(path)
		default:
			return restOf(r.name, path)
		}
		return r, !urlpath.HasDots(path)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(path, apiPath+"/"), "/")
	if !slices.Contains(restNames, name) {
		name = otherRoute
	}
	return restOf(name, path)
}

// restOf is the route of a path of the API that the gateway knows nothing of; false if it
// could be another one to whoever reads it less strictly, such as /v1/Messages: then it
// would not be paced.
func restOf(name, path string) (route, bool) {
	first, ok := strings.CutPrefix(path, apiPath+"/")
	first, _, _ = strings.Cut(first, "/")
	plain, err := url.PathUnescape(path)
	ambiguous := !ok || err != nil || urlpath.HasDots(path) || strings.Contains(path, "%2F") || strings.ContainsAny(plain, `;\`) ||
		strings.ContainsFunc(plain, isControl) || first == "projects" || // Vertex AI's
		strings.Trim(first, "abcdefghijklmnopqrstuvwxyz0123456789_-") != ""
	return route{name: name, methods: allMethods, maxBody: maxFile, rest: true}, !ambiguous
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// passes reports whether requests of a method go through. TRACE would show the key to
// whoever made a client send it, and what is not in capitals could be another method to
// whoever reads it less strictly.
func (r route) passes(method string) bool {
	capital := !strings.ContainsFunc(method, func(c rune) bool { return c < 'A' || c > 'Z' })
	return r.allows(method) || r.rest && capital && method != http.MethodTrace && method != http.MethodConnect
}
