package access

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits say how many connections are open at once. A stranger's connection
// costs memory before its first byte is read; beyond the limits it is closed at
// once.
type Limits struct {
	// All is how many there may be in all. Default 10000: each is a file
	// descriptor and some 10 kB, twice that with its call to the API.
	All int
	// Address is how many one address may have; of IPv6 a /64, which is what one
	// customer gets. Default 256. Where a reverse proxy or many users behind one
	// address come in, raise it.
	Address int
	// Loopback is the same for a loopback address, where whole teams come from
	// when a reverse proxy runs on this machine. Default 1200.
	Loopback int
}

// DefaultLimits returns the limits to start from.
func DefaultLimits() Limits { return Limits{All: 10_000, Address: 256, Loopback: 1200} }

// Limit returns a listener that accepts from ln and keeps to the limits. It goes
// below TLS, whose handshake is a cost, too. report is told when connections are
// refused, once a minute at most, on the goroutine that accepts; nil is nobody.
func Limit(ln net.Listener, l Limits, report func(error)) net.Listener {
	if report == nil {
		report = func(error) {}
	}
	return &limited{Listener: ln, limits: l, report: report, open: map[netip.Prefix]int{}}
}

// sayEvery is how often refused connections are told of, at most.
const sayEvery = time.Minute

// limited is a listener with limits.
type limited struct {
	net.Listener
	limits Limits
	report func(error)
	said   time.Time // when report was last told; only Accept uses it

	mu   sync.Mutex
	all  int                  // open; guarded by mu
	open map[netip.Prefix]int // by address, none of them zero; guarded by mu
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := origin(conn.RemoteAddr())
		problem := l.enter(from)
		if problem == nil {
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		_ = conn.Close()
		if now := time.Now(); l.said.IsZero() || now.Sub(l.said) >= sayEvery {
			l.said = now
			l.report(problem)
		}
	}
}

// enter counts a connection, or says why there is no room for it.
func (l *limited) enter(from netip.Prefix) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := l.limits.Address
	switch {
	case !from.IsValid():
		most = l.limits.All // not of a network
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

// leave gives the place of a connection back.
func (l *limited) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// origin returns what connections are counted by: an IPv4 address, or the
// network of an IPv6 one. It is not valid for what is no address of a network.
func origin(addr net.Addr) netip.Prefix {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 64
	if ip.Is4() || ip.IsLoopback() {
		bits = ip.BitLen()
	}
	from, _ := ip.Prefix(bits) // what is not valid is not of a network
	return from
}

// counted is a connection that gives its place back when it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// CloseWrite says that nothing more will be written. net/http does so before it
// closes a connection whose client is still sending, so that its answer is not
// lost.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
