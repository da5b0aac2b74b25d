package access_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/access"
)

// arrival is a connection from an address that was made up.
type arrival struct {
	net.Conn
	from   net.Addr
	closes int
}

func (a *arrival) RemoteAddr() net.Addr { return a.from }
func (a *arrival) Close() error         { a.closes++; return nil }

// door is a listener at which the arrivals come in.
type door struct{ arrivals []*arrival }

func (d *door) Accept() (net.Conn, error) {
	if len(d.arrivals) == 0 {
		return nil, net.ErrClosed
	}
	a := d.arrivals[0]
	d.arrivals = d.arrivals[1:]
	return a, nil
}

func (d *door) Close() error   { return nil }
func (d *door) Addr() net.Addr { return nil }

// arrive has n connections come from an address and returns those let in, and
// how many were closed.
func (d *door) arrive(t *testing.T, ln net.Listener, from string, n int) (in []net.Conn, closed int) {
	t.Helper()
	var addr net.Addr = &net.UnixAddr{Name: from}
	if ip, zone, _ := strings.Cut(from, "%"); net.ParseIP(ip) != nil {
		addr = &net.TCPAddr{IP: net.ParseIP(ip), Port: 40000, Zone: zone}
	}
	all := make([]*arrival, n)
	for i := range all {
		all[i] = &arrival{from: addr}
	}
	d.arrivals = all
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, conn)
	}
	for _, a := range all {
		closed += a.closes
	}
	return in, closed
}

func TestConnectionsOfAnAddressAreLimited(t *testing.T) {
	d := &door{}
	var said []error
	ln := access.LimitListener(d, access.Limits{All: 100, Address: 2, Loopback: 3}, func(err error) { said = append(said, err) })
	var open []net.Conn
	for _, c := range []struct {
		from    string
		arrive  int
		let, no int
	}{
		{"192.0.2.1", 3, 2, 1},
		{"192.0.2.2", 2, 2, 0},
		{"192.0.2.1", 1, 0, 1},
		{"::ffff:192.0.2.2", 1, 0, 1},     // the same in another form
		{"2001:db8:0:1::1", 1, 1, 0},      // one network
		{"2001:db8:0:1:f::2", 2, 1, 1},    // the same
		{"2001:db8:0:2::1", 2, 2, 0},      // another
		{"fe80::1%eth0", 1, 1, 0},         // one network, whatever the zone
		{"fe80::2%eth1", 2, 1, 1},         // the same
		{"127.0.0.1", 4, 3, 1},            // loopback has more
		{"127.0.0.2", 3, 3, 0},            // and each of its own
		{"::1", 4, 3, 1},                  //
		{"/run/paceline.sock", 20, 20, 0}, // no address of a network
	} {
		in, closed := d.arrive(t, ln, c.from, c.arrive)
		if len(in) != c.let || closed != c.no {
			t.Errorf("%d from %s: got %d let in, %d closed, want %d and %d", c.arrive, c.from, len(in), closed, c.let, c.no)
		}
		open = append(open, in...)
	}
	if len(said) != 1 || !strings.Contains(said[0].Error(), "192.0.2.1") {
		t.Errorf("reported %q, want once, with the address", said)
	}
	for _, conn := range open {
		_ = conn.Close()
		_ = conn.Close() // gives nothing back twice
	}
	if n := access.Counted(ln); n != 0 {
		t.Errorf("after all left: got %d addresses counted, want none", n)
	}
	for from, most := range map[string]int{"192.0.2.1": 2, "2001:db8:0:1::1": 2, "127.0.0.1": 3} {
		if in, closed := d.arrive(t, ln, from, 5); len(in) != most || closed != 5-most {
			t.Errorf("after all left, 5 from %s: got %d let in, %d closed, want %d and %d", from, len(in), closed, most, 5-most)
		}
	}
}

func TestConnectionsInAllAreLimited(t *testing.T) {
	d := &door{}
	ln := access.LimitListener(d, access.Limits{All: 3, Address: 2, Loopback: 2}, nil)
	first, _ := d.arrive(t, ln, "192.0.2.1", 2)
	if in, closed := d.arrive(t, ln, "192.0.2.2", 2); len(in) != 1 || closed != 1 {
		t.Errorf("full: got %d let in, %d closed, want 1 and 1", len(in), closed)
	}
	_ = first[0].Close()
	if in, closed := d.arrive(t, ln, "192.0.2.3", 2); len(in) != 1 || closed != 1 {
		t.Errorf("one left: got %d let in, %d closed, want 1 and 1", len(in), closed)
	}
	if in, _ := d.arrive(t, ln, "/run/paceline.sock", 1); len(in) != 0 {
		t.Errorf("full: got %d let in from no network, want 0", len(in))
	}
}

func TestRefusedConnectionsAreReportedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{}
		said := 0
		ln := access.LimitListener(d, access.Limits{All: 1, Address: 1, Loopback: 1}, func(error) { said++ })
		for minute := range 3 {
			d.arrive(t, ln, "192.0.2.1", 50)
			if said != minute+1 {
				t.Errorf("minute %d: told %d times, want %d", minute, said, minute+1)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestDefaultLimitsHoldAThousandStreamsFromHere(t *testing.T) {
	if l := access.DefaultLimits(); l.Loopback < 1100 || l.All < l.Loopback || l.Address > l.Loopback || l.Address < 100 {
		t.Errorf("got %+v", l)
	}
}

// Over the network: what is refused is closed, what is closed makes room, and the
// half of a connection can be closed alone.
func TestLimitsOnTheWire(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := access.LimitListener(plain, access.Limits{All: 10, Address: 10, Loopback: 5}, nil)
	accepted := make(chan net.Conn, 100)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	})
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	for range 5 {
		dial()
	}
	var first net.Conn
	for range 5 {
		first = <-accepted
	}
	refused := dial()
	if n, err := refused.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("one too many: got %d bytes and %v, want it closed", n, err)
	}
	for range 20 {
		all.Go(func() { _ = first.Close() })
	}
	_ = first.Close()
	client := dial()
	server := <-accepted
	if err := server.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Errorf("CloseWrite: %v", err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after CloseWrite: got %v, want the end", err)
	}
	if _, err := client.Write([]byte("x")); err != nil {
		t.Errorf("the other way: %v", err)
	}
	if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the other way: got %d bytes, %v", n, err)
	}
	if n, err := dial().Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("closed many times: got %d bytes and %v, want room for one only", n, err)
	}
	_ = ln.Close()
	all.Wait()
	close(accepted)
	for conn := range accepted {
		_ = conn.Close()
	}
	_ = server.Close()
}
