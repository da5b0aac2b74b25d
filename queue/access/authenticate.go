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

// credentials are the tokens and keys in a request's header.
type credentials struct {
	tokens []string // values of X-Paceline-Token, including empty ones
	keys   []string // API keys, if a token may be sent as one
}

// takeCredentials returns the credentials of a request, and deletes from its header
// what is a gateway token or looks like one: a token that was revoked, or is in the
// wrong header, must not reach the API either.
func (g *Guard) takeCredentials(r *http.Request, path string) credentials {
	s := credentials{tokens: r.Header[tokenHeader]}
	delete(r.Header, tokenHeader)
	for _, name := range []string{keyHeader, authHeader} {
		ours := false
		for _, value := range r.Header[name] {
			key, ok := value, true
			if name == authHeader {
				key, ok = bearer(value)
			}
			if ok && g.tokenMayBeKey(path) {
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

// tokenMayBeKey reports whether a token may be sent in place of an API key. It may
// not where the caller's own key goes through to the API.
func (g *Guard) tokenMayBeKey(path string) bool { return g.options.GatewayKey || !callsAPI(path) }

// bearer returns the credential of a Bearer Authorization header.
func bearer(value string) (string, bool) {
	scheme, key, _ := strings.Cut(value, " ")
	return strings.TrimLeft(key, " "), strings.EqualFold(scheme, "Bearer")
}

// authenticate returns the caller by its token. X-Paceline-Token decides if it is
// present, even if it is wrong. Otherwise, as some clients send two keys, one of
// them must be a token and none another token.
func (g *Guard) authenticate(path string, tokens *tokenList, s credentials) (Caller, *refusal) {
	secrets := s.tokens
	if len(secrets) == 0 {
		secrets = s.keys
	}
	var found *Token
	for _, secret := range secrets {
		token := tokens.find(secret)
		if len(s.tokens) > 1 || token != nil && found != nil && token != found {
			return Caller{}, g.unauthorized(path, "more than one gateway token was sent: send one")
		}
		if token != nil {
			found = token
		}
	}
	switch {
	case found != nil:
		return Caller{Name: found.Name, Priority: found.Priority, Admin: found.Admin, Role: tokens.role(found), Weight: found.Weight}, nil
	case len(tokens.tokens) == 0:
		return Caller{}, g.unauthorized(path, "this gateway asks for a token and has none: make one with paceline token new NAME")
	case len(s.tokens) > 0:
		return Caller{}, g.unauthorized(path, "the gateway token in x-paceline-token is wrong, or was revoked: ask the gateway's operator for one")
	case !g.tokenMayBeKey(path):
		return Caller{}, g.unauthorized(path, "this gateway asks for a token of its own, in x-paceline-token: x-api-key and Authorization hold the API key")
	case len(s.keys) > 0:
		return Caller{}, g.unauthorized(path, "the key sent is not a gateway token, or one that was revoked: ask the gateway's operator for one")
	default:
		return Caller{}, g.unauthorized(path, "this gateway asks for a token, in x-paceline-token, x-api-key or Authorization: Bearer")
	}
}

// unauthorized returns a refusal for lack of a token.
func (g *Guard) unauthorized(path, details string) *refusal {
	return &refusal{
		status: http.StatusUnauthorized, reason: "token", kind: "authentication_error",
		details: details, bearer: g.tokenMayBeKey(path),
	}
}
