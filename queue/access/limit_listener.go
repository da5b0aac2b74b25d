package access

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits are how many connections may be open at once. A connection costs memory
// before its first byte is read; one beyond the limits is closed at once.
type Limits struct {
	// Plain says that the connections speak HTTP without TLS below the listener, so that one
	// beyond the limits can be told so: with a 503 in the shape of the Claude API, which its
	// clients understand. At most 32 are told at the same time.
	Plain bool
	// All is the maximum in all. Default 10000: each is a file descriptor and some
	// 10 kB, twice that with its call to the API.
	All int
	// Address is the maximum of one address; of IPv6 a /64, which is what one
	// customer gets. Default 256. Raise it where a reverse proxy or many users
	// share an address.
	Address int
	// Loopback is the maximum of a loopback address, from which whole teams come if
	// a reverse proxy runs on this machine. Default 1200.
	Loopback int
}

// DefaultLimits returns the limits to start from.
func DefaultLimits() Limits { return Limits{All: 10_000, Address: 256, Loopback: 1200} }

// LimitListener returns a listener that accepts from ln within the limits. Use it
// below TLS, because handshakes cost, too. It calls report when it refuses
// connections, at most once a minute, on the accepting goroutine; report may be
// nil.
func LimitListener(ln net.Listener, l Limits, report func(error)) net.Listener {
	if report == nil {
		report = func(error) {}
	}
	return &limitedListener{Listener: ln, limits: l, report: report, open: map[netip.Prefix]int{}}
}

// reportInterval is the least time between two reports of refused connections.
const reportInterval = time.Minute

// limitedListener is a listener with limits.
type limitedListener struct {
	net.Listener
	limits     Limits
	report     func(error)
	lastReport time.Time // when report was last called; only Accept uses it

	turnedAway turnedAway

	mu   sync.Mutex
	all  int                  // open; guarded by mu
	open map[netip.Prefix]int // by address, none of them zero; guarded by mu
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := sourceOf(conn.RemoteAddr())
		problem := l.acquire(from)
		if problem == nil {
			return &countedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		if l.limits.Plain {
			l.turnedAway.add(conn)
		} else {
			_ = conn.Close()
		}
		if now := time.Now(); l.lastReport.IsZero() || now.Sub(l.lastReport) >= reportInterval {
			l.lastReport = now
			l.report(problem)
		}
	}
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	defer l.turnedAway.close()
	return l.Listener.Close()
}

// acquire counts a connection, or says why there is no room for it.
func (l *limitedListener) acquire(from netip.Prefix) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := l.limits.Address
	switch {
	case !from.IsValid():
		most = l.limits.All // not a network address
	case from.Addr().IsLoopback():
		most = l.limits.Loopback
	}
	switch {
	case l.all >= l.limits.All:
		return fmt.Errorf("access: connections are refused: %d are open, the most in all", l.all)
	case l.open[from] >= most:
		return fmt.Errorf("access: connections from %s are refused: %d are open, the most for one address", from, l.open[from])
	}
	l.all++
	l.open[from]++
	return nil
}

// release gives the place of a connection back.
func (l *limitedListener) release(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// sourceOf returns what connections are counted by: an IPv4 address, or the /64 of
// an IPv6 address. It is not valid for other addresses.
func sourceOf(addr net.Addr) netip.Prefix {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 64
	if ip.Is4() || ip.IsLoopback() {
		bits = ip.BitLen()
	}
	from, _ := ip.Prefix(bits) // invalid stays invalid
	return from
}

// countedConn is a connection that gives its place back when it is closed.
type countedConn struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite closes the writing side. net/http does so before it closes a
// connection whose client is still sending, so that its answer is not lost.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
