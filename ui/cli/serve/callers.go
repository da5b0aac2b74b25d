package serve

import (
	"net"
	"net/http"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/gateway"
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

// gatewayCaller returns who sends a request, by its token. Without tokens every
// priority is allowed.
func gatewayCaller(r *http.Request) gateway.Caller {
	if c, ok := access.CallerFrom(r.Context()); ok {
		return gateway.Caller{Token: c.Name, Priority: c.Priority, Weight: c.Weight, Admin: c.Admin, Operator: c.Role == access.RoleAdmin}
	}
	return gateway.Caller{Priority: queue.High, Operator: true}
}
