package gateway

import (
	"net/http"
	"slices"
	"strings"
)

const chatPath = "/api/between/chat"

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
	kind      routeKind
	methods   []string
	maxBody   int64
	ownedPath string // the common path of objects that belong to the token that made them; empty: none
}

func (r route) allows(method string) bool { return slices.Contains(r.methods, method) }

// findRoute returns the route of a path; false if the gateway has none.
func findRoute(path string) (route, bool) {
	post := []string{http.MethodPost}
	all := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	switch {
	case path == "/v1/messages":
		return route{kind: messagesRoute, methods: post, maxBody: maxMessage}, true
	case path == chatPath:
		return route{kind: chatRoute, methods: post, maxBody: maxChat}, true
	case path == "/v1/messages/count_tokens":
		return route{methods: post, maxBody: maxMessage}, true
	case isUnder(path, batchesPath):
		return route{methods: all, maxBody: maxBatch, ownedPath: batchesPath}, true
	case isUnder(path, "/v1/models"):
		return route{methods: []string{http.MethodGet, http.MethodHead}}, true
	case isUnder(path, filesPath):
		return route{methods: all, maxBody: maxFile, ownedPath: filesPath}, true
	default:
		return route{}, false
	}
}

// isUnder reports whether a path is a folder, or something in it. A path with dots
// that lead elsewhere is not.
func isUnder(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	if !ok || rest != "" && rest[0] != '/' {
		return false
	}
	for part := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == "." || part == ".." {
			return false
		}
	}
	return true
}
