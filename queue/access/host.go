package access

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// checkHost refuses a request that reaches a loopback address under a foreign name:
// a web page may have pointed its own name here, so that the browser takes our
// answers for the page's (DNS rebinding). Over any other address every name is
// served, because any may be ours.
func (g *Guard) checkHost(r *http.Request) *refusal {
	if !viaLoopback(r) || g.allowed(r.Host) {
		return nil
	}
	return &refusal{
		status: http.StatusForbidden, reason: "host", kind: "permission_error", summary: "Host not allowed",
		details: fmt.Sprintf("this address is served as localhost, not as %q: if that name is yours, start the server with --allow-host %s",
			r.Host, hostHint(r.Host)),
	}
}

// allowed reports whether a host, with or without port, is a loopback one or one of
// the options.
func (g *Guard) allowed(hostport string) bool {
	host := hostOnly(hostport)
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(g.options.AllowHosts, func(name string) bool {
		return strings.EqualFold(host, hostOnly(name))
	})
}

// hostOnly removes the port, the brackets of an IPv6 address and the final dot from
// a host.
func hostOnly(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.TrimSuffix(host, ".")
}

// viaLoopback reports whether the request came over a loopback address, or not over
// a network at all. A server that listens on every address is not exempt: the
// loopback one is among them.
func viaLoopback(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	tcp, ok := local.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// hostHint is what to type after --allow-host: the name if it looks like one, else
// the word NAME, because the text may be pasted into a shell.
func hostHint(hostport string) string {
	host := hostOnly(hostport)
	if host == "" || strings.HasPrefix(host, "-") || strings.TrimLeftFunc(host, isPlainHost) != "" {
		return "NAME"
	}
	return host
}

func isPlainHost(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == ':'
}
