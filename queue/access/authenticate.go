package access

import (
	"net/http"
	"strings"
)

// The headers that a gateway token travels in, in their canonical form.
const (
	tokenHeader = "X-Paceline-Token"
	keyHeader   = "X-Api-Key"
	authHeader  = "Authorization"
)

// sent is what a request brings to say who sends it.
type sent struct {
	own  []string // of the header for tokens alone, empty ones too
	keys []string // of the key's place, if a token may come there
}

// take returns what the request brings, and deletes from its header what holds
// a gateway token or looks like one: a token that was revoked, or that came in
// the wrong place, must not reach the API either.
func (g *Guard) take(r *http.Request) sent {
	s := sent{own: r.Header[tokenHeader]}
	delete(r.Header, tokenHeader)
	for _, name := range []string{keyHeader, authHeader} {
		ours := false
		for _, value := range r.Header[name] {
			key, ok := value, true
			if name == authHeader {
				key, ok = bearer(value)
			}
			if ok && g.keyPlace(r) {
				s.keys = append(s.keys, key)
			}
			ours = ours || holdsSecret(value)
		}
		if ours {
			delete(r.Header, name)
		}
	}
	return s
}

// keyPlace reports whether a token may come in an API key's place. Where the
// caller's own key goes through to the API that place is taken.
func (g *Guard) keyPlace(r *http.Request) bool {
	return g.options.OwnKey || !under(r, "/v1") && !under(r, "/api/between/chat")
}

// bearer returns the credential of an Authorization header that has one.
func bearer(value string) (string, bool) {
	scheme, key, _ := strings.Cut(value, " ")
	return strings.TrimLeft(key, " "), strings.EqualFold(scheme, "Bearer")
}

// authenticate says whose token came. The header for tokens alone decides where
// it is there, also when it is wrong; of the keys, which some clients send two
// of, one must be a token and none another's.
func (g *Guard) authenticate(r *http.Request, tokens *tokenList, s sent) (Caller, *refusal) {
	secrets := s.own
	if len(secrets) == 0 {
		secrets = s.keys
	}
	var found *Token
	for _, secret := range secrets {
		token := tokens.find(secret)
		if len(s.own) > 1 || token != nil && found != nil && token != found {
			return Caller{}, g.unauthorized(r, "more than one gateway token was sent: send one")
		}
		if token != nil {
			found = token
		}
	}
	switch {
	case found != nil:
		return Caller{Name: found.Name, Priority: found.Priority, Admin: found.Admin}, nil
	case len(tokens.tokens) == 0:
		return Caller{}, g.unauthorized(r, "this gateway asks for a token and has none: make one with paceline token new NAME")
	case len(s.own) > 0:
		return Caller{}, g.unauthorized(r, "the gateway token in x-paceline-token is wrong, or was revoked: ask the gateway's operator for one")
	case !g.keyPlace(r):
		return Caller{}, g.unauthorized(r, "this gateway asks for a token of its own, in x-paceline-token: x-api-key and Authorization hold the API key")
	case len(s.keys) > 0:
		return Caller{}, g.unauthorized(r, "the key sent is not a gateway token, or one that was revoked: ask the gateway's operator for one")
	default:
		return Caller{}, g.unauthorized(r, "this gateway asks for a token, in x-paceline-token, x-api-key or Authorization: Bearer")
	}
}

// unauthorized returns a refusal for want of a token.
func (g *Guard) unauthorized(r *http.Request, details string) *refusal {
	return &refusal{
		status: http.StatusUnauthorized, why: "token", kind: "authentication_error",
		details: details, bearer: g.keyPlace(r),
	}
}
