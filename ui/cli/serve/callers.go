package serve

import (
	"net"
	"net/http"

	"paceline/queue"
	"paceline/queue/access"
)

// callerName says for the events who asks: the token's name, or the address.
func callerName(r *http.Request) string {
	if c, ok := access.CallerFrom(r.Context()); ok {
		return c.Name
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// callerOf says for the gateway whose token a request came with.
func callerOf(r *http.Request) (string, queue.Priority) {
	if c, ok := access.CallerFrom(r.Context()); ok {
		return c.Name, c.Priority
	}
	return "", queue.High
}

// isAdmin says for the gateway whether a request came with an admin's token.
func isAdmin(r *http.Request) bool {
	c, _ := access.CallerFrom(r.Context())
	return c.Admin
}
