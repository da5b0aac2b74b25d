package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const maxPortTries = 100 // how many are tried when one is taken

// Listen opens the address of --addr. An error names what to type instead.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	n, numberErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numberErr != nil {
		return nil, Usagef("--addr is %q: must be host:port, such as 127.0.0.1:3000", addr)
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, Failf("%s is in use: stop what listens there, or try --addr %s", addr, freeAddr(ctx, host, int(n)))
	default:
		return nil, Failf("cannot listen on %s: %v: choose another --addr", addr, Reason(err))
	}
}

// freeAddr returns an address of the host that is free now, with a port after the
// given one.
func freeAddr(ctx context.Context, host string, port int) string {
	var config net.ListenConfig
	for next := port + 1; next <= min(port+maxPortTries, 65535); next++ {
		addr := net.JoinHostPort(host, strconv.Itoa(next))
		if ln, err := config.Listen(ctx, "tcp", addr); err == nil {
			_ = ln.Close()
			return addr
		}
	}
	return net.JoinHostPort(host, "0") // any that is free
}

// DescribeAddr writes the address of a listener for people.
func DescribeAddr(at netip.AddrPort) string {
	if at.Addr().IsUnspecified() {
		return fmt.Sprintf("any address of this machine, port %d,", at.Port())
	}
	return at.String()
}

// ReachableAddr returns an address under which a listener can be reached from this
// machine.
func ReachableAddr(at netip.AddrPort) netip.AddrPort {
	if !at.Addr().IsUnspecified() {
		return at
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
}

// ProgramName returns what the user types to run this program.
func ProgramName() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(filepath.ToSlash(exe), "/go-build") {
		return "go run ."
	}
	return "paceline"
}

// IsLoopback reports whether only this machine reaches an address.
func IsLoopback(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}
