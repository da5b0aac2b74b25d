package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"

	"github.com/spf13/cobra"
)

// Command returns the command that serves a queue over HTTP.
func Command(a *command.App) *cobra.Command {
	own, f := command.NewQueueFlags(queue.PaceAdaptive), newFlags()
	own.WithTier()
	c := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Serve the gateway: the Claude API behind a queue",
		Long: `Serve the Claude API behind a paced, fair queue.

Point a client's base URL at it (ANTHROPIC_BASE_URL=http://127.0.0.1:3000), and every request to /v1/messages waits its turn, which comes as early as the account's limits allow: as the API's answers tell them, and until then in rounds of 4, 8, 16 … at once. The rest of the API below /v1 passes through at once. Beside it answer /api/between/chat, /api/queue/metrics and its kin, /metrics for Prometheus, /healthz and /readyz. The log goes to stderr.

Without --upstream the API and some users are simulated, and nothing leaves this machine.`,
		Example: `# over a simulated API, on http://127.0.0.1:3000
paceline serve
# in front of the real one; clients bring their keys
paceline serve --upstream https://api.anthropic.com
# by the published spacing, whatever the account allows
paceline serve --upstream https://api.anthropic.com --pace spaced
# for others, too: with tokens, TLS and a key of its own
paceline token new search-team
paceline serve --addr :3000 --upstream https://api.anthropic.com --key-file key --tls-cert cert.pem --tls-key key.pem
# another port, no users, the log for a machine
paceline serve --addr 127.0.0.1:8080 --users 0 --log json`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	own.AddTo(c)
	f.addTo(c)
	command.GroupHelp(c, "max-queue", []command.FlagGroup{
		{Title: "Who is served", Set: f.access},
		{Title: "What is behind", Set: f.upstream},
		{Title: "The queue", Set: own.Pace},
		{Title: "The simulation, where there is no --upstream", Set: own.Simulation},
		{Title: "The chat route", Set: f.chat},
		{Title: "The process", Set: f.process},
		{Title: "The log", Set: own.Logs},
	})
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return command.Usagef("serve takes no %q: the address to listen on goes with --addr, such as --addr 127.0.0.1:3000", args[0])
		}
		if err := a.FromEnvironment(c.Flags()); err != nil {
			return err
		}
		p := process{App: a, flags: f, queueFlags: own}
		return p.run(ctx)
	}, a.Fail)
}

// process is one run of serve.
type process struct {
	*command.App
	flags      *flags
	queueFlags *command.QueueFlags
	queue      *queue.Queue // nil until the listener is open, and before it accepts
}

// run serves until ctx ends, and then drains the queue.
func (p *process) run(ctx context.Context) error {
	f, own := p.flags, p.queueFlags
	if err := errors.Join(own.Check(), f.check(own)); err != nil {
		return err
	}
	p.StartLog(own.Log)
	options, err := p.gatewayOptions()
	if err != nil {
		return err
	}
	slog.SetDefault(options.Log) // net/http writes to it, and quotes what came over the wire
	ln, guard, err := p.listen(ctx, options.Key != "")
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // Serve has closed it; it is for what fails before
	if options.Key != "" {
		owners := p.openOwners(ln.Addr())
		defer owners.Close()
		options.Owners = owners
	}
	files, restore := p.openState(ln.Addr())
	q, err := own.NewQueue(append(restore, queue.Observe(logging.Observer(own.Log, p.Err)))...)
	if err != nil {
		return err
	}
	p.queue = q
	defer files.keep(q)()
	defer command.StopQueue(q)
	capture, closeCapture, err := p.openCapture(q)
	if err != nil {
		return err
	}
	defer closeCapture()
	options.Capture = capture
	account, err := own.Account()
	if err != nil {
		return err
	}
	var demo *sim.Demo
	if options.Upstream == nil {
		if demo, err = own.StartDemo(q, 0); err != nil {
			return err
		}
	}
	h, err := newServer(ctx, q, demo, account, options)
	if err != nil {
		return command.Failf("%v", err)
	}
	defer h.close()
	p.announce(ln.Addr())
	if demo == nil {
		h.followLimits(ctx, p.announceAccount)
	} else {
		h.followLimits(ctx, nil) // announce has said what the simulation's are
	}
	serving, drain := context.WithCancel(context.WithoutCancel(ctx))
	defer drain()
	said := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(said)
		if demo != nil {
			demo.Close() // simulated users leave; whoever else waits may finish
		}
		words := drainWords(q, f.drain) // before the drain, which may end them at once
		drain()
		p.Say("%s; once more to stop at once", words)
	})()
	if err := api.Serve(serving, ln, guard.Wrap(h), q, f.drain); err != nil {
		return command.Failf("%v", err)
	}
	<-said // Serve returns without an error only when ctx has ended
	return nil
}

// drainWords says what becomes of those who wait while the queue drains for a time.
func drainWords(q *queue.Queue, lasts time.Duration) string {
	served, waiting, known := q.ServedIn(lasts)
	drain := client.Drain{EndsIn: client.Some(lasts)}
	if known {
		drain.Served = client.Some(served)
	}
	return drain.Words(waiting)
}

// announce prints the addresses of the server, and whether its API is simulated.
func (p *process) announce(addr net.Addr) {
	f, own := p.flags, p.queueFlags
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil { // not a TCP address: nothing we listen on
		return
	}
	scheme := "http://"
	if f.tlsCert != "" {
		scheme = "https://"
	}
	base := scheme + command.ReachableAddr(at).String()
	if f.upstreamURL == "" {
		p.Say("simulating: the API and %d users are made up, nothing leaves this machine (--seed %d repeats this run)", own.Users, own.Seed)
		if t, err := sim.Tier(own.Tier); err == nil {
			p.SayLimits(t.Name, t.Limits, nil)
		}
	} else {
		p.Say("in front of %s", f.upstreamURL)
	}
	p.Say("pace: %s", own.PaceWords())
	p.Say("point clients at it with: ANTHROPIC_BASE_URL=%s", base)
	p.Say("metrics at %s/api/queue/metrics", base)
	p.Say("watch it with: %s %s", command.ProgramName(), base)
	switch {
	case at.Addr().Unmap().IsLoopback():
	case f.insecure:
		p.Say("--insecure: whoever reaches %s can use it, read and reset the metrics, and change the settings", command.DescribeAddr(at))
	case f.tlsCert == "":
		p.Say("without TLS: whoever is on the way to %s can read tokens, keys and messages; add --tls-cert and --tls-key, or a proxy that has them", command.DescribeAddr(at))
	}
}
