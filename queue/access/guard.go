package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
)

// Options set up a [Guard]. The zero Options ask for no token: right for a
// loopback address that nobody else reaches.
type Options struct {
	// Tokens are the gateway tokens. Once their file is there, every request
	// needs one. Nil means that there are none.
	Tokens *Tokens
	// Require asks for a token even where none was made yet, so that nothing is
	// served until one is. For every address that others reach.
	Require bool
	// OwnKey says that the gateway has an API key of its own, so that a token may
	// come in the key's place on every path.
	OwnKey bool
	// AllowHosts are names, besides the loopback ones, under which a loopback
	// address is served: a reverse proxy's, say. Without port; case is ignored.
	AllowHosts []string
}

// Guard lets through only what may pass. It is safe for concurrent use.
type Guard struct {
	options Options
}

// New returns a guard. It refuses options that would let nobody in.
func New(o Options) (*Guard, error) {
	if o.Require && o.Tokens == nil {
		return nil, errors.New("access: a token is required, but there is no file of tokens")
	}
	for _, name := range o.AllowHosts {
		if hostOnly(name) == "" || strings.ContainsAny(name, "/@* ") {
			return nil, fmt.Errorf("access: allowed host %q: must be a name alone, such as queue.example.com", name)
		}
	}
	return &Guard{options: o}, nil
}

// Wrap returns a handler that passes to next what may pass, and answers the rest.
// A gateway token is taken from the request's header: next never sees one.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, known, refused := g.check(r)
		if refused != nil {
			refused.write(w, r)
			return
		}
		if known {
			r = r.WithContext(context.WithValue(r.Context(), callerKey{}, caller))
		}
		next.ServeHTTP(w, r)
	})
}

// check says who asks, if that is known, or why the request is refused. It takes
// the tokens from the header.
func (g *Guard) check(r *http.Request) (caller Caller, known bool, _ *refusal) {
	if refused := g.checkHost(r); refused != nil {
		return caller, false, refused
	}
	if refused := g.checkOrigin(r); refused != nil {
		return caller, false, refused
	}
	sent, tokens := g.take(r), g.options.Tokens.current()
	if open(r) || !tokens.made && !g.options.Require {
		return caller, false, nil
	}
	caller, refused := g.authenticate(r, tokens, sent)
	if refused == nil {
		refused = checkAdmin(r, tokens, caller)
	}
	return caller, refused == nil, refused
}

// open reports whether a path is for everybody: a load balancer that asks for
// the server's health has no token.
func open(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// checkAdmin refuses to change the queue for somebody who is no admin. Until
// there was an admin everybody is.
func checkAdmin(r *http.Request, tokens *tokenList, caller Caller) *refusal {
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead && under(r, "/api/queue")
	if !changes || !tokens.admins || caller.Admin {
		return nil
	}
	return &refusal{
		status: http.StatusForbidden, why: "admin", kind: "permission_error", summary: "Admin token needed",
		details: fmt.Sprintf("the token %q may look but change nothing here: use an admin's, which paceline token new NAME --admin makes", caller.Name),
	}
}

// under reports whether a request's path is a folder or in it, however many
// slashes and dots it is written with: what a handler makes of those is not
// known here.
func under(r *http.Request, folder string) bool {
	p := path.Clean("/" + r.URL.Path)
	return p == folder || strings.HasPrefix(p, folder+"/")
}
