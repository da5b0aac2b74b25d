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
	// Simulated says that the upstream is a simulated API, whatever its answers tell:
	// every answer says so. False: each answer of the upstream tells, see
	// [Gateway.Simulated].
	Simulated bool
	// Key is the API key that the gateway calls with, in place of what its
	// clients send. Empty: each client's own key is passed on.
	Key string
	// AdminKey is a key of the Rate Limits API, which [Gateway.FollowLimits] asks.
	// Nothing else is called with it. Empty: none.
	AdminKey string
	// Caller says whose token a request came with: its name, empty where there
	// are no tokens, and the highest priority that it allows. Nil means that
	// nobody has a token and everybody may have any priority.
	Caller func(*http.Request) (token string, most queue.Priority)
	// Admin reports whether the token of a request is an admin's, who reaches the
	// files and batches of all tokens. Nil means that none is.
	Admin func(*http.Request) bool
	// Owners remembers which token made which file or batch. Where the gateway calls
	// with Key, a token reaches its own alone. Nil remembers none: then they are for
	// admins.
	Owners Owners
	// KeepAlive is how long a streamed request waits before its client gets an
	// early 200 and pings, for load balancers that close what is silent. The
	// headers of the API's answer are lost then. Zero: never.
	KeepAlive time.Duration
	// Chat sets up the chat route.
	Chat Chat
	// TempDir is where large bodies wait. Empty means the system's.
	TempDir string
	// Log gets one record for each request, without keys, tokens or text. Nil
	// means none.
	Log *slog.Logger
}

// Gateway is an http.Handler in front of the API. Make one with [New]. It is safe
// for concurrent use and has no goroutines of its own.
type Gateway struct {
	queue     *queue.Queue
	options   Options
	transport http.RoundTripper
	tempFile  func() (*os.File, error) // a new file for a body that is too large for memory
	lanes     lanes
	estimator estimator
	simulated simulated
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
	case !headerValue(o.Key), !headerValue(o.Chat.Key), !headerValue(o.AdminKey):
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
	x := g.begin(w, r)
	defer x.end()
	route, ok := routeOf(r.URL.Path)
	switch {
	case route.kind == chatRoute:
		x.chat(route)
	case !ok:
		x.fail(notFound(r.URL.Path))
	case !route.takes(r.Method):
		w.Header().Set("Allow", strings.Join(route.methods, ", "))
		x.fail(methodNotAllowed(r, route.methods))
	case x.bad != nil: // a header of ours is not in order
		x.fail(x.bad)
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
