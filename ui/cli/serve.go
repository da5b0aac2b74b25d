package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"paceline/queue"
	"paceline/queue/api"

	"github.com/spf13/cobra"
)

const (
	drainTime = 10 * time.Second // for what waits when the server is told to stop
	portsOn   = 100              // how many are tried when one is taken
)

// serveFlags are those that only serve has.
type serveFlags struct {
	addr       string
	allowHosts []string
}

// serve returns the command that serves a queue over HTTP.
func (a *app) serve() *cobra.Command {
	var f serveFlags
	own := newQueueFlags()
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a queue over a simulated API, to be watched over HTTP",
		Long: `Serve a queue over a simulated API, to be watched over HTTP.

The queue is real; the API behind it and its users are simulated, and nothing leaves this machine. It answers on /api/queue/metrics, /api/queue/waiting, /healthz and /readyz. The log goes to stderr.`,
		Example: `# on http://127.0.0.1:3000
paceline serve
# another port, no users, the log for a machine
paceline serve --addr 127.0.0.1:8080 --users 0 --log json
# behind a reverse proxy that passes its own name on
paceline serve --allow-host queue.example.com`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVar(&f.addr, "addr", "127.0.0.1:3000", "address to listen on, host:port")
	c.Flags().StringArrayVar(&f.allowHosts, "allow-host", nil, "a name, beside localhost, that a loopback address is served under; may be repeated")
	own.addTo(c)
	return a.command(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return usagef("serve takes no %q: the address to listen on goes with --addr, such as --addr 127.0.0.1:3000", args[0])
		}
		return a.serveQueue(ctx, f, own)
	}, a.fail)
}

// serveQueue serves until ctx ends, and then stops in order.
func (a *app) serveQueue(ctx context.Context, f serveFlags, own *queueFlags) error {
	if err := own.check(); err != nil {
		return err
	}
	for _, name := range f.allowHosts {
		if name == "" || strings.ContainsAny(name, "/@* ") {
			return usagef("--allow-host is %q: must be a name alone, such as queue.example.com", name)
		}
	}
	ln, err := listen(ctx, f.addr)
	if err != nil {
		return err
	}
	q, world, err := own.start(queue.Observe(observer(own.log, a.Err)), nil)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer world.Close()
	a.announce(ln.Addr(), own)
	server := api.New(q, api.Options{Version: version(), Simulated: true, AllowHosts: f.allowHosts, Drain: drainTime})
	defer context.AfterFunc(ctx, func() {
		a.say("stopping; once more to stop at once")
		world.Close() // simulated users leave; whoever else waits may finish
	})()
	if err := server.Serve(ctx, ln); err != nil {
		stopQueue(q)
		return failf("%v", err)
	}
	return nil
}

// announce says where the queue answers, and that it is not a real one.
func (a *app) announce(addr net.Addr, own *queueFlags) {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil { // not a TCP address: nothing we listen on
		return
	}
	base := "http://" + reachable(at).String()
	a.say("simulating: the API and %d users are made up, nothing leaves this machine (--seed %d repeats this run)", own.users, own.seed)
	a.say("metrics at %s/api/queue/metrics", base)
	a.say("watch it with: %s %s", self(), base)
	switch {
	case at.Addr().IsUnspecified():
		a.say("listening on every address: whoever reaches this machine can read and reset the metrics")
	case !at.Addr().IsLoopback():
		a.say("listening on %s: whoever reaches it can read and reset the metrics", at)
	}
}

// reachable returns an address to connect to for one that was listened on.
func reachable(at netip.AddrPort) netip.AddrPort {
	if !at.Addr().IsUnspecified() {
		return at
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
}

// self is how the user calls this program.
func self() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(filepath.ToSlash(exe), "/go-build") {
		return "go run ."
	}
	return "paceline"
}

// listen opens the address to serve on.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	n, numberErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numberErr != nil {
		return nil, usagef("--addr is %q: must be host:port, such as 127.0.0.1:3000", addr)
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, failf("%s is in use: stop what listens there, or try --addr %s", addr, freeAddr(ctx, host, int(n)))
	default:
		return nil, failf("cannot listen on %s: %v: choose another --addr", addr, reason(err))
	}
}

// freeAddr returns an address of the host that nobody listens on now, with a
// port after the given one.
func freeAddr(ctx context.Context, host string, port int) string {
	var config net.ListenConfig
	for next := port + 1; next <= min(port+portsOn, 65535); next++ {
		addr := net.JoinHostPort(host, strconv.Itoa(next))
		if ln, err := config.Listen(ctx, "tcp", addr); err == nil {
			_ = ln.Close()
			return addr
		}
	}
	return net.JoinHostPort(host, "0") // any that is free
}

// reason takes from a network error what the user has typed anyway.
func reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
