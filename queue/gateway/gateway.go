package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"paceline/queue"
)

// Options set up a [Gateway]. Upstream is required; the rest may be left zero.
type Options struct {
	// Upstream is the API's base URL, such as https://api.anthropic.com. A path
	// in it is put before those of the requests.
	Upstream *url.URL
	// Transport carries the calls. Nil means [NewTransport]'s.
	Transport http.RoundTripper
	// Simulated says that the upstream is a simulated API, whatever its answers
	// report; every answer to a client then says so. False: the upstream's answers
	// decide, see [Gateway.Simulated].
	Simulated bool
	// Key is the API key that the gateway sends instead of its clients' keys.
	// Empty: each client's own key is passed on.
	Key string
	// AdminKey is a key of the Rate Limits API, for [Gateway.FollowLimits] only.
	// Empty: none.
	AdminKey string
	// Caller returns who sends a request, by its token. Nil: there are no tokens, and
	// every priority is allowed.
	Caller func(*http.Request) Caller
	// Owners remembers which token made which file or batch. If the gateway calls
	// with Key, a token reaches only its own. Nil remembers none: then only admins
	// reach them.
	Owners Owners
	// KeepAlive is how long a streamed request waits before its client gets a 200
	// and pings, for load balancers that close silent connections. The headers of
	// the API's answer are lost then. Zero: never.
	KeepAlive time.Duration
	// Chat sets up the chat route.
	Chat Chat
	// TempDir is the directory for large bodies. Empty means the system's.
	TempDir string
	// Log gets one record for each request, without keys, tokens or text. Nil means
	// none.
	Log *slog.Logger
}

// Caller is who sends a request, by its gateway token.
type Caller struct {
	// Token is the token's name. Empty: the request came without one.
	Token string
	// Priority is the highest that the request may ask for.
	Priority queue.Priority
	// Weight is how many turns the token gets for each turn of another one. Zero
	// means 1.
	Weight float64
	// Trusted says that the names that it sends are its users' own, although it has no
	// token: those that were never served do not share a turn.
	Trusted bool
	// Admin says that the token is an admin's, which reaches the files and batches
	// of all tokens.
	Admin bool
}

// Gateway is an http.Handler in front of the API. Make one with [New]. It is safe
// for concurrent use and has no goroutines of its own.
type Gateway struct {
	queue     *queue.Queue
	options   Options
	transport http.RoundTripper
	tempFile  func() (*os.File, error) // creates a file for a large body
	lanes     laneTable
	estimator estimator
	simulated simulatedState
	log       *slog.Logger
}

// New returns a gateway whose requests wait in q.
func New(q *queue.Queue, o Options) (*Gateway, error) {
	u := o.Upstream
	switch {
	case u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("gateway: the upstream must be http://HOST or https://HOST")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("gateway: the upstream must have no user, query or fragment: keys go into a file of their own")
	case !isHeaderValue(o.Key), !isHeaderValue(o.Chat.Key), !isHeaderValue(o.AdminKey):
		return nil, errors.New("gateway: the key has more than one line, or other control characters")
	case o.KeepAlive < 0:
		return nil, fmt.Errorf("gateway: keep-alive is %v: must not be negative", o.KeepAlive)
	}
	g := &Gateway{queue: q, options: o, transport: o.Transport, log: o.Log}
	g.options.Chat = o.Chat.withDefaults()
	g.tempFile = func() (*os.File, error) { return privateFile(o.TempDir) }
	if g.transport == nil {
		g.transport = NewTransport()
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.newExchange(w, r)
	defer x.close()
	route, ok := findRoute(r.URL.Path)
	switch {
	case route.kind == chatRoute:
		x.chat(route)
	case !ok:
		x.writeError(notFound(r.URL.Path))
	case !route.allows(r.Method):
		w.Header().Set("Allow", strings.Join(route.methods, ", "))
		x.writeError(methodNotAllowed(r, route.methods))
	case x.badHeader != nil:
		x.writeError(x.badHeader)
	case route.kind == messagesRoute:
		x.messages(route)
	default:
		x.passThrough(route)
	}
}

// Handles reports whether a path is the gateway's.
func Handles(path string) bool {
	return path == "/v1" || strings.HasPrefix(path, "/v1/") || path == chatPath
}
