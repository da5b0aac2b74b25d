package access

import (
	"net/http"

	"paceline/queue"
)

// RoleHeader is the header of an answer of the queue's own endpoints that says what its
// reader may do there: its [Role].
const RoleHeader = "X-Paceline-Role"

// Role is what a caller may see and do beside sending requests.
type Role string

// The roles.
const (
	// RoleAdmin sees everybody's names, and may change the queue: reset, settings, pauses,
	// who waits. Whoever needs no token has it, and every token until an admin's was made.
	RoleAdmin Role = "admin"
	// RoleViewer sees everybody's names, and changes nothing: a team's monitor.
	RoleViewer Role = "viewer"
	// RoleMember sees the names and requests of its own users, and changes nothing.
	RoleMember Role = "member"
)

// role returns the role of a token.
func (l *tokenList) role(t *Token) Role {
	switch {
	case t.Admin || !l.hadAdmin:
		return RoleAdmin
	case t.SeeAll:
		return RoleViewer
	default:
		return RoleMember
	}
}

// ViewerOf returns whose names the sender of a request may see: everybody's if it needed
// no token.
func ViewerOf(r *http.Request) queue.Viewer {
	if c, ok := CallerFrom(r.Context()); ok && c.Role == RoleMember {
		return queue.Viewer{OwnOnly: true, Group: c.Name}
	}
	return queue.Viewer{}
}

type unchangedKey struct{} // the context key of what [Unchanged] calls

// Unchanged reports whether the sender of a request would still be let in, with the role that
// it had: an answer that has no end is to end once it would not.
func Unchanged(r *http.Request) bool {
	unchanged, ok := r.Context().Value(unchangedKey{}).(func() bool)
	return !ok || unchanged()
}
