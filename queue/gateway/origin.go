package gateway

import (
	"net"
	"net/http"
	"net/netip"
)

// originOf is where a request comes from: an IPv4 address, or the /64 of an IPv6
// address, which is what one customer gets. It is the address of the connection, or
// what a trusted proxy tells of it (access.GuardOptions): no other header changes it,
// because anybody can write one. So all that comes through another proxy has one origin.
func originOf(r *http.Request) string {
	address := clientAddress(r)
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address // not a network address
	}
	if ip = ip.Unmap(); ip.Is4() || ip.IsLoopback() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}

// clientAddress is the client's address, without the port.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
