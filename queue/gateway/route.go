package gateway

import (
	"net/http"
	"slices"
	"strings"
)

const chatPath = "/api/between/chat"

// The folders of what the API keeps for its caller.
const (
	batches = "/v1/messages/batches"
	uploads = "/v1/files"
)

// The largest bodies that the API takes ("Errors", "Batch processing" and "Files",
// platform.claude.com, November 2026). What is larger is refused here, in its
// words.
const (
	maxMessage = 32 << 20
	maxBatch   = 256 << 20
	maxFile    = 500 << 20
	maxChat    = 1 << 20 // ours
)

type kind uint8

const (
	unpacedRoute kind = iota
	messagesRoute
	chatRoute
)

// route is what the gateway does with a path.
type route struct {
	kind    kind
	methods []string
	maxBody int64
	owned   string // the folder of what belongs to the token that made it; empty: nothing does
}

func (r route) takes(method string) bool { return slices.Contains(r.methods, method) }

// routeOf finds the route of a path; false if the gateway has none.
func routeOf(path string) (route, bool) {
	post := []string{http.MethodPost}
	all := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	switch {
	case path == "/v1/messages":
		return route{kind: messagesRoute, methods: post, maxBody: maxMessage}, true
	case path == chatPath:
		return route{kind: chatRoute, methods: post, maxBody: maxChat}, true
	case path == "/v1/messages/count_tokens":
		return route{methods: post, maxBody: maxMessage}, true
	case under(path, batches):
		return route{methods: all, maxBody: maxBatch, owned: batches}, true
	case under(path, "/v1/models"):
		return route{methods: []string{http.MethodGet, http.MethodHead}}, true
	case under(path, uploads):
		return route{methods: all, maxBody: maxFile, owned: uploads}, true
	default:
		return route{}, false
	}
}

// under reports whether a path is a folder, or something in it. A path with dots
// that lead elsewhere is not.
func under(path, folder string) bool {
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
