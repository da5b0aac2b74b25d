package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
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
}

// Guard refuses requests that may not pass. It is safe for concurrent use.
type Guard struct {
	options GuardOptions
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
	return &Guard{options: o}, nil
}

// Wrap returns a handler that passes allowed requests to next, and answers the
// others. Gateway tokens are removed from the header: next never sees one.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := g.takeCredentials(r)
		caller, known, refused := g.check(r, sent)
		if refused != nil {
			refused.write(w, r)
			return
		}
		ctx := r.Context()
		if known {
			ctx = context.WithValue(ctx, callerKey{}, caller)
		}
		if ofQueue(r) {
			w.Header().Set(RoleHeader, string(caller.Role))
			ctx = context.WithValue(ctx, unchangedKey{}, func() bool {
				now, _, refused := g.identify(r, sent)
				return refused == nil && now.Role == caller.Role
			})
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// check returns the caller, if it is known, or why the request is refused.
func (g *Guard) check(r *http.Request, sent credentials) (caller Caller, known bool, _ *refusal) {
	if refused := g.checkHost(r); refused != nil {
		return caller, false, refused
	}
	if refused := g.checkOrigin(r); refused != nil {
		return caller, false, refused
	}
	if isHealthCheck(r) {
		return caller, false, nil
	}
	caller, known, refused := g.identify(r, sent)
	if refused == nil {
		refused = checkAdmin(r, caller)
	}
	return caller, known, refused
}

// identify returns who sends a request, which is not known where no token is needed.
func (g *Guard) identify(r *http.Request, sent credentials) (caller Caller, known bool, _ *refusal) {
	tokens := g.options.Tokens.current()
	if !tokens.exists && !g.options.RequireToken {
		return Caller{Role: RoleAdmin}, false, nil
	}
	caller, refused := g.authenticate(r, tokens, sent)
	return caller, refused == nil, refused
}

// isHealthCheck reports whether a path is a health check, which needs no token.
func isHealthCheck(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// checkAdmin refuses a change of the queue by a token that is no admin's. Until an
// admin token was made, every token may change it.
func checkAdmin(r *http.Request, caller Caller) *refusal {
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead && ofQueue(r)
	if !changes || caller.Role == RoleAdmin {
		return nil
	}
	return &refusal{
		status: http.StatusForbidden, reason: "admin", kind: "permission_error", summary: "Admin token needed",
		details: fmt.Sprintf("the token %q may look but change nothing here: use an admin's, which paceline token new NAME --admin makes", caller.Name),
	}
}

// ofQueue reports whether a request is for the queue's own endpoints. An ID in a path may
// be made of dots and slashes, which lead out of the folder and do not count.
func ofQueue(r *http.Request) bool {
	const folder = "/api/queue"
	return under(r, folder) || strings.HasPrefix(r.URL.Path, folder+"/")
}

// under reports whether a request's path is a folder or in it, with any slashes and
// dots: how a handler reads those is not known here.
func under(r *http.Request, folder string) bool {
	p := path.Clean("/" + r.URL.Path)
	return p == folder || strings.HasPrefix(p, folder+"/")
}
