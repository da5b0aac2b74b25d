package client

import "net/http"

// Role is what an endpoint lets a reader see and do. It is empty where the endpoint does
// not tell, as an older one does not.
type Role string

// The roles that this program's server tells. There may be others.
const (
	RoleAdmin  Role = "admin"  // sees and changes all
	RoleViewer Role = "viewer" // sees all, and changes nothing
	RoleMember Role = "member" // sees the names and requests of its own users, and changes nothing
)

// MayChange reports whether a change is worth trying: the counters, a setting, a pause, who
// waits. Where the role is not known, the endpoint will tell.
func (r Role) MayChange() bool { return r == RoleAdmin || r == "" }

// SeesAll reports whether no name is hidden, as far as is known.
func (r Role) SeesAll() bool { return r != RoleMember }

// roleHeader is the header of an answer that tells the role of its reader.
const roleHeader = "X-Paceline-Role"

// noteRole takes the role from a good answer; others may be those of a proxy.
func (s *HTTP) noteRole(answer *http.Response) {
	if answer.StatusCode != http.StatusOK {
		return
	}
	role := Clean(answer.Header.Get(roleHeader))
	s.role.Store(Role(role[:min(len(role), maxRole)]))
}

const maxRole = 32 // bytes
