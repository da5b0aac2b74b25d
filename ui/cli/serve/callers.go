package serve

import (
	"net"
	"net/http"

	"paceline/queue"
	"paceline/queue/access"
)

// auditName names the caller of a request for the events: by the name of its token,
// else by its address.
func auditName(r *http.Request) string {
	if c, ok := access.CallerFrom(r.Context()); ok {
		return c.Name
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// billedCaller returns the name of the token that a request came with, and the
// highest priority that it may ask for.
func billedCaller(r *http.Request) (string, queue.Priority) {
	if c, ok := access.CallerFrom(r.Context()); ok {
		return c.Name, c.Priority
	}
	return "", queue.High
}

// isAdmin reports whether a request came with an admin's token.
func isAdmin(r *http.Request) bool {
	c, _ := access.CallerFrom(r.Context())
	return c.Admin
}
