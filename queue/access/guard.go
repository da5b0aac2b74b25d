package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"paceline/queue/internal/urlpath"
)

// GuardOptions set up a [Guard]. The zero GuardOptions require no token, which is
// right for a loopback address that nobody else reaches.
type GuardOptions struct {
	// Tokens are the gateway tokens. Once their file exists, every request needs
	// one. Nil: there are none.
	Tokens *Tokens
	// RequireToken requires a token even before the first one was made, so that
	// nothing is served until then. Set it for every address that others reach.
	RequireToken bool
	// GatewayKey says that the gateway has an API key of its own, so that a token
	// may be sent in place of an API key on every path.
	GatewayKey bool
	// AllowHosts are further host names under which a loopback address is served,
	// such as that of a reverse proxy. Without port; case is ignored.
	AllowHosts []string
	// AllowOrigins are the web pages that may use the server from a browser, and read its
	// answers, as [ParseOrigin] reads them. A page may do there what its token may, or
	// everything where no token is needed. Default: none but the server's own.
	AllowOrigins []Origin
	// TrustedProxies are the addresses of proxies whose X-Forwarded-For says who a request
	// is from. Everybody else's is ignored.
	TrustedProxies []netip.Prefix
}

// Guard refuses requests that may not pass. It is safe for concurrent use.
type Guard struct {
	options GuardOptions
	origins map[Origin]bool // the allowed ones
}

// NewGuard returns a guard. It returns an error for options that would let nobody
// in.
func NewGuard(o GuardOptions) (*Guard, error) {
	if o.RequireToken && o.Tokens == nil {
		return nil, errors.New("access: a token is required, but there is no file of tokens")
	}
	for _, name := range o.AllowHosts {
		if hostOnly(name) == "" || strings.ContainsAny(name, "/@* ") {
			return nil, fmt.Errorf("access: allowed host %q: must be a name alone, such as queue.example.com", name)
		}
	}
	g := &Guard{options: o, origins: map[Origin]bool{}}
	for _, text := range o.AllowOrigins {
		origin, err := ParseOrigin(string(text))
		if err != nil {
			return nil, err
		}
		g.origins[origin] = true
	}
	return g, nil
}

// Wrap returns a handler that passes allowed requests to next, and answers the
// others. Gateway tokens are removed from the header: next never sees one. The remote
// address that next sees is the client's, where a trusted proxy tells it.
//
// A connection of a [LimitListener] that is one too many gets answers of the server's own
// routes alone: its health, its figures, its queue.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := urlpath.Clean(r.URL)
		if conn, ok := r.Context().Value(connKey{}).(*countedConn); ok {
			if conn.isOwn && !isOwn(path) {
				w.Header().Set("Connection", "close")
				w.Header().Set("Retry-After", "5")
				tooMany().write(w, r, path)
				return
			}
			var done func()
			r, done = conn.answer(r)
			defer done()
		}
		r.RemoteAddr = clientAddress(r, g.options.TrustedProxies)
		sent := g.takeCredentials(r, path)
		if len(g.origins) > 0 {
			w.Header().Add("Vary", "Origin")
		}
		page, refused := g.checkPage(r, path)
		if page != "" {
			letRead(w.Header(), page)
		}
		if page != "" && refused == nil && isPreflight(r) { // it has no token
			answerPreflight(w, r)
			return
		}
		var caller Caller
		known := false
		if refused == nil && !isOpen(path) {
			caller, known, refused = g.check(r, path, sent)
		}
		if refused != nil {
			refused.write(w, r, path)
			return
		}
		ctx := r.Context()
		if known {
			ctx = context.WithValue(ctx, callerKey{}, caller)
		}
		if ofQueue(path) {
			w.Header().Set(RoleHeader, string(caller.Role))
			ctx = context.WithValue(ctx, unchangedKey{}, func() bool {
				now, _, refused := g.identify(path, sent)
				return refused == nil && now.Role == caller.Role
			})
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// checkPage returns the web page that sends a request, if it is one that may read the answer,
// or why the request is refused.
func (g *Guard) checkPage(r *http.Request, path string) (Origin, *refusal) {
	if refused := g.checkHost(r); refused != nil {
		return "", refused
	}
	return g.checkOrigin(r, path)
}

// check returns the caller, if it is known, or why the request is refused.
func (g *Guard) check(r *http.Request, path string, sent credentials) (caller Caller, known bool, _ *refusal) {
	caller, known, refused := g.identify(path, sent)
	if refused == nil {
		refused = checkAdmin(r, path, caller)
	}
	return caller, known, refused
}

// identify returns who sends a request, which is not known where no token is needed.
func (g *Guard) identify(path string, sent credentials) (caller Caller, known bool, _ *refusal) {
	tokens := g.options.Tokens.current()
	if !tokens.exists && !g.options.RequireToken {
		return Caller{Role: RoleAdmin}, false, nil
	}
	caller, refused := g.authenticate(path, tokens, sent)
	return caller, refused == nil, refused
}

// isOpen reports whether a clean path needs no token: a health check's, or what clients ask
// first to see whether anybody is there.
func isOpen(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/" || path == "/api/hello"
}

// isOwn reports whether a clean path is one of the server's own, and not of the API.
func isOwn(path string) bool { return isOpen(path) || ofQueue(path) || path == "/metrics" }

// checkAdmin refuses a change of the queue by a token that is no admin's. Until an
// admin token was made, every token may change it.
func checkAdmin(r *http.Request, path string, caller Caller) *refusal {
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead && ofQueue(path)
	if !changes || caller.Role == RoleAdmin {
		return nil
	}
	return &refusal{
		status: http.StatusForbidden, reason: "admin", kind: "permission_error", summary: "Admin token needed",
		details: fmt.Sprintf("the token %q may look but change nothing here: use an admin's, which paceline token new NAME --admin makes", caller.Name),
	}
}

// ofQueue reports whether a clean path is one of the queue's own endpoints.
func ofQueue(path string) bool { return urlpath.Under(path, "/api/queue") }
