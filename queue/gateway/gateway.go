package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"paceline/queue"
	"paceline/queue/internal/urlpath"
	"paceline/queue/price"
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
	// ModelGroups are the models that share limits, of organizations of which the Rate
	// Limits API does not tell. Nil: the published ones.
	ModelGroups queue.ModelGroups
	// Caller returns who sends a request, by its token. Nil: there are no tokens, and
	// every priority is allowed.
	Caller func(*http.Request) Caller
	// Owners remembers which token made which file or batch. If the gateway calls
	// with Key, a token reaches only its own. Nil remembers none: then only admins
	// reach them.
	Owners Owners
	// KeepAlive is how long the client of a streamed request hears nothing before it
	// gets a ping, for load balancers that close silent connections. Before the API's
	// answer it gets a 200 first; the headers of that answer are lost then. Zero: never.
	KeepAlive time.Duration
	// Prices are what calls cost. Nil means [price.Default].
	Prices *price.Table
	// Chat sets up the chat route.
	Chat Chat
	// TempDir is the directory for large bodies. Empty means the system's.
	TempDir string
	// BodyDisk is how many bytes of large bodies may lie there at the same time; a request
	// beyond it is refused. Zero means [DefaultBodyDisk].
	BodyDisk int64
	// Capture gets a record of each answer to a message. Nil means none.
	Capture *Capture
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
	// Operator says that the sender's role is that of an admin, as it is of everybody
	// where there are no tokens: where the gateway calls with Key, the parts of the API
	// that it knows nothing of are for operators.
	Operator bool
}

// Gateway is an http.Handler in front of the API. Make one with [New]. It is safe
// for concurrent use and has no goroutines of its own.
type Gateway struct {
	queue     *queue.Queue
	options   Options
	transport http.RoundTripper
	room      *bodyRoom // for large bodies
	lanes     laneTable
	estimator estimator
	simulated simulatedState
	ahead     atomic.Int64 // blocks of answers that are read ahead
	figures   *figures
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
	case o.BodyDisk < 0:
		return nil, fmt.Errorf("gateway: the room for bodies is %d bytes: must not be negative", o.BodyDisk)
	case o.KeepAlive < 0:
		return nil, fmt.Errorf("gateway: keep-alive is %v: must not be negative", o.KeepAlive)
	}
	g := &Gateway{queue: q, options: o, lanes: laneTable{groups: o.ModelGroups}, transport: o.Transport, log: o.Log, figures: newFigures()}
	g.options.Upstream = baseURL(u)
	g.options.Chat = o.Chat.withDefaults()
	g.room = newBodyRoom(o.TempDir, cmp.Or(o.BodyDisk, DefaultBodyDisk))
	if o.Prices == nil {
		g.options.Prices = price.Default()
	}
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
	defer x.recoverPanic()
	route, ok := findRoute(x.path, r.Method)
	if ok {
		x.route = route.name
	}
	switch {
	case route.kind == chatRoute:
		x.chat(route)
	case !ok:
		x.writeError(notFound(r, x.path))
	case !route.passes(r.Method):
		w.Header().Set("Allow", strings.Join(route.methods, ", "))
		x.writeError(methodNotAllowed(r, route.methods))
	case x.badHeader != nil:
		x.writeError(x.badHeader)
	case route.rest && x.gatewayKey != "" && !x.operator:
		x.writeError(forOperators(x.path))
	case route.kind == messagesRoute:
		x.messages(route)
	default:
		x.passThrough(route)
	}
}

// Handles reports whether the path of a URL is the gateway's: the API's, the chat route's, or
// one by which a client of another API has come to the wrong place.
func Handles(u *url.URL) bool {
	path := urlpath.Clean(u)
	return urlpath.Under(path, apiPath) || path == chatPath || strayHint(path) != ""
}

// Routes are the gateway's routes as "METHOD path", as a test of all of them needs them. A
// path that ends in /… is all below it; * is every method. The last ones are the parts of the
// API that the gateway knows nothing of.
func Routes() []string {
	var list []string
	for _, r := range routes {
		path := r.path
		if r.below {
			path += "/…"
		}
		for _, method := range r.methods {
			list = append(list, method+" "+path)
		}
	}
	return append(list, "* "+apiPath+"/…")
}

// baseURL is the upstream's base URL without the version, which every path has: some clients
// write it into their base URLs.
func baseURL(u *url.URL) *url.URL {
	base := *u
	base.Path, base.RawPath = trimVersion(base.Path), trimVersion(base.RawPath)
	return &base
}

func trimVersion(path string) string { return trimSlash(strings.TrimSuffix(trimSlash(path), apiPath)) }
