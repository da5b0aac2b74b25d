package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are how many connections may be open at once. A connection costs memory
// before its first byte is read. For one beyond the limits the connection is closed that has
// been behind with a request for longest: that sends nothing, or slowly. Where all have sent
// theirs, and wait for answers, the new one is for the server's own routes alone, see
// [Guard.Wrap]; and where no more of these may be open, it is closed at once.
type Limits struct {
	// Plain says that the connections speak HTTP without TLS below the listener, so that one
	// beyond the limits can be told so: with a 503 in the shape of the Claude API, which its
	// clients understand. At most 32 are told at the same time.
	Plain bool
	// All is the maximum in all. Default 10000: each is a file descriptor and some
	// 10 kB, twice that with its call to the API.
	All int
	// Address is the maximum of one address; of IPv6 a /64, which is what one
	// customer gets. Default 256. Raise it where many users share an address.
	Address int
	// Loopback is the maximum of a loopback address, from which whole teams come if
	// a reverse proxy runs on this machine. Default 1200.
	Loopback int
	// Own is how many more may be open for the server's own routes. Default 32.
	Own int
	// Proxies are the addresses that are held to All alone.
	Proxies []netip.Prefix
}

// DefaultLimits returns the limits to start from.
func DefaultLimits() Limits { return Limits{All: 10_000, Address: 256, Loopback: 1200, Own: 32} }

// LimitListener returns a listener that accepts from ln within the limits. Use it
// below TLS, because handshakes cost, too. It calls report when the limits
// bind, at most once a minute, on the accepting goroutine; report may be
// nil.
func LimitListener(ln net.Listener, l Limits, report func(error)) net.Listener {
	if report == nil {
		report = func(error) {}
	}
	return &limitedListener{
		Listener: ln, limits: l, report: report, began: time.Now(),
		open: map[netip.Prefix]map[*countedConn]bool{}, own: map[*countedConn]bool{},
	}
}

const (
	// reportInterval is the least time between two reports.
	reportInterval = time.Minute
	// leastBehind is how long a connection is left in peace before it may have to make room.
	leastBehind = time.Second
)

// limitedListener is a listener with limits.
type limitedListener struct {
	net.Listener
	limits     Limits
	report     func(error)
	lastReport time.Time // when report was last called; only Accept uses it
	began      time.Time

	turnedAway turnedAway

	mu   sync.Mutex
	all  int                                    // open, without own; guarded by mu
	open map[netip.Prefix]map[*countedConn]bool // by address, none of them empty; guarded by mu
	own  map[*countedConn]bool                  // for the server's own routes; guarded by mu
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &countedConn{Conn: conn, listener: l, from: sourceOf(conn.RemoteAddr())}
		c.since.Store(int64(time.Since(l.began)))
		let, gone, problem := l.acquire(c)
		if gone != nil {
			_ = gone.Close()
		}
		if now := time.Now(); problem != nil && (l.lastReport.IsZero() || now.Sub(l.lastReport) >= reportInterval) {
			l.lastReport = now
			l.report(problem)
		}
		switch {
		case let:
			return c, nil
		case l.limits.Plain:
			l.turnedAway.add(conn)
		default:
			_ = conn.Close()
		}
	}
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	defer l.turnedAway.close()
	return l.Listener.Close()
}

// acquire lets a connection in, or not. Another one may have to go for it: close it. The
// problem says which limit binds.
func (l *limitedListener) acquire(c *countedConn) (let bool, gone *countedConn, problem error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	address, problem := l.full(c.from)
	if problem == nil {
		l.add(c)
		return true, nil, nil
	}
	if gone = l.mostBehind(address); gone != nil {
		l.remove(gone)
		l.add(c)
		return true, gone, problem
	}
	if l.limits.Own == 0 {
		return false, nil, problem
	}
	if len(l.own) >= l.limits.Own {
		if gone, _ = mostBehindOf(l.own, l.now(), math.MinInt64); gone == nil {
			return false, nil, problem
		}
		l.remove(gone)
	}
	c.isOwn = true
	l.own[c] = true
	return true, gone, problem
}

// full returns the limit that a connection from an address would break; nil for none. The
// address is valid if the limit is its own. It requires that mu is held.
func (l *limitedListener) full(from netip.Prefix) (address netip.Prefix, problem error) {
	most := l.limits.Address
	switch {
	case !from.IsValid(), contains(l.limits.Proxies, from.Addr()):
		most = l.limits.All
	case from.Addr().IsLoopback():
		most = l.limits.Loopback
	}
	const what = "slow and idle ones are closed for new ones, or new ones are refused"
	switch {
	case l.all >= l.limits.All:
		return netip.Prefix{}, fmt.Errorf("access: %d connections are open, the most in all: %s", l.all, what)
	case len(l.open[from]) >= most:
		return from, fmt.Errorf("access: %d connections from %s are open, the most for one address: %s", len(l.open[from]), from, what)
	default:
		return netip.Prefix{}, nil
	}
}

// mostBehind returns the connection of an address, or if it is not valid of all, that makes
// room for another one; nil for none. It requires that mu is held.
func (l *limitedListener) mostBehind(address netip.Prefix) (most *countedConn) {
	now := l.now()
	if address.IsValid() {
		most, _ = mostBehindOf(l.open[address], now, leastBehind)
		return most
	}
	behind := leastBehind
	for _, conns := range l.open {
		if c, by := mostBehindOf(conns, now, behind); c != nil {
			most, behind = c, by
		}
	}
	return most
}

// mostBehindOf returns the connection that is behind with a request by most, and by how
// much; nil if none is by at least so much.
func mostBehindOf(conns map[*countedConn]bool, now, least time.Duration) (most *countedConn, by time.Duration) {
	by = least
	for c := range conns {
		if behind := c.behind(now); c.answering.Load() == 0 && behind >= by {
			most, by = c, behind
		}
	}
	return most, by
}

func (l *limitedListener) now() time.Duration { return time.Since(l.began) }

// add counts a connection. It requires that mu is held.
func (l *limitedListener) add(c *countedConn) {
	l.all++
	if l.open[c.from] == nil {
		l.open[c.from] = map[*countedConn]bool{}
	}
	l.open[c.from][c] = true
}

// remove gives the place of a connection back, once. It requires that mu is held.
func (l *limitedListener) remove(c *countedConn) {
	if c.isOwn {
		delete(l.own, c)
		return
	}
	of := l.open[c.from]
	if !of[c] {
		return
	}
	l.all--
	if delete(of, c); len(of) == 0 {
		delete(l.open, c.from)
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
	listener *limitedListener
	from     netip.Prefix
	isOwn    bool // it is for the server's own routes alone; set before it is accepted

	answering atomic.Int32 // requests that have come whole, and are not answered yet
	since     atomic.Int64 // when the last one was answered, since the listener began
	got       atomic.Int64 // bytes since then
}

// goodRate is at which rate a connection is not behind, in bytes a second.
const goodRate = 100_000

// behind is how long the connection is behind with its next request.
func (c *countedConn) behind(now time.Duration) time.Duration {
	return now - time.Duration(c.since.Load()) - time.Duration(c.got.Load())*(time.Second/goodRate)
}

// Read implements net.Conn.
func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.got.Add(int64(n))
	return n, err
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer func() {
		c.listener.mu.Lock()
		defer c.listener.mu.Unlock()
		c.listener.remove(c)
	}()
	return c.Conn.Close()
}

// connKey is the key of the countedConn in the context of its requests.
type connKey struct{}

// Context returns the context of the connection's requests. [api.NewHTTPServer] asks for it.
func (c *countedConn) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// answer notes that a request has come as soon as it has come whole, until done is called.
func (c *countedConn) answer(r *http.Request) (_ *http.Request, done func()) {
	if r.Body == nil || r.Body == http.NoBody {
		c.answering.Add(1)
		return r, c.answered
	}
	whole := &wholeBody{ReadCloser: r.Body, conn: c}
	inner := r.WithContext(r.Context())
	inner.Body = whole
	return inner, func() {
		if whole.ended.Load() {
			c.answered()
		}
	}
}

func (c *countedConn) answered() {
	c.got.Store(0)
	c.since.Store(int64(c.listener.now()))
	c.answering.Add(-1)
}

// wholeBody is a body that tells its connection when it has come whole.
type wholeBody struct {
	io.ReadCloser
	conn  *countedConn
	ended atomic.Bool
}

// Read implements io.Reader.
func (b *wholeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.ended.CompareAndSwap(false, true) {
		b.conn.answering.Add(1)
	}
	return n, err
}

// CloseWrite closes the writing side. net/http does so before it closes a
// connection whose client is still sending, so that its answer is not lost.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
