package simulate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"
	"paceline/ui/cli/simulate/compare"

	"github.com/spf13/cobra"
)

// drainTimeout is how long answers in progress may take after the signal to stop.
const drainTimeout = 30 * time.Second

// Command returns the command that serves a simulated Claude API.
func Command(a *command.App) *cobra.Command {
	f := newFlags()
	c := &cobra.Command{
		Use:   "simulate [flags]",
		Short: "Serve a simulated Claude API, with an account's limits",
		Long: `Serve a simulated Claude API, with an account's limits.

It speaks /v1/messages (plain and streamed), count_tokens, models and rate limits as the Claude API does, so that a queue, an SDK or a program of your own can be tried without a key and without a cost. The limits of the tier are counted as the real ones are: requests, input and output tokens a minute for each group of models; every answer tells them in its headers, and what goes beyond them gets 429 with retry-after.

Any key will do. Each is an organization with limits of its own, except that sk-sim-ORG-… belongs to the organization ORG. GET /v1/organizations/rate_limits takes sk-sim-ORG-admin-…. An answer can be asked to fail: x-sim-error: 529*2 in a request, with x-sim-id: NAME, fails it twice; x-sim-error: 429 with x-sim-retry-after: 86400 asks for a pause of a day. Nothing leaves this machine.

Times of what is planned (--spent-at, --storm, --tier-change) count from the start.`,
		Example: `# the limits of today's lowest tier, on http://127.0.0.1:4000
paceline simulate
# 50 requests a minute, and a queue in front of it
paceline simulate --tier tier1
paceline serve --upstream http://127.0.0.1:4000
# a bad day: others on the account, a storm of 529 after 5 minutes, the spend cap after an hour
paceline simulate --others 300 --failures 0.01 --storm 5m,1m,0.5 --spent-at 1h
# limits of your own, answers ten times as fast, the same each time
paceline simulate --rpm 120 --itpm 100000 --otpm 20000 --speed 10 --seed 7
# Opus 5 with less than Opus 5.5, and a model that nobody has heard of
paceline simulate --limit claude-opus-5=10 --limit claude-saga-1=20
# a workspace with less, and another tier in 10 minutes
paceline simulate --tier tier1 --workspace lab=10 --tier-change 10m=start
# headers of which nobody can be sure, and no connection for a minute
paceline simulate --headers-missing 0.3 --reset-rounding down --reset-skew -30s --storm 5m,1m,1,connection
# what other paces would make of the same traffic
paceline simulate compare`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.addTo(c)
	c.AddCommand(compare.Command(a))
	command.GroupHelp(c, "tier-change", []command.FlagGroup{
		{Title: "Where it answers", Set: f.access},
		{Title: "The account's limits", Set: f.limits},
		{Title: "What its answers tell", Set: f.answers},
		{Title: "What goes wrong", Set: f.troubles},
		{Title: "The process", Set: f.process},
	})
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			c.SuggestionsMinimumDistance = 2
			if near := c.SuggestionsFor(args[0]); args[0] != "" && len(near) > 0 {
				return command.Usagef("simulate takes no %q: did you mean %s %s?", args[0], c.CommandPath(), near[0])
			}
			return command.Usagef("simulate takes no %q: the address to listen on goes with --addr, such as --addr 127.0.0.1:4000", args[0])
		}
		if err := a.FromEnvironment(c.Flags()); err != nil {
			return err
		}
		s := process{App: a, flags: f}
		return s.run(ctx)
	}, a.Fail)
}

// process is one run of simulate.
type process struct {
	*command.App
	flags *flags
}

// run serves a simulated API until ctx ends.
func (p *process) run(ctx context.Context) error {
	f := p.flags
	account, err := f.account()
	if err != nil {
		return err
	}
	p.StartLog(f.log)
	wire, err := f.http()
	if err != nil {
		return err
	}
	ln, err := p.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // for what fails before it is served
	h, err := accountHandler(account, wire)
	if err != nil {
		return command.Failf("%v", err)
	}
	server := api.NewHTTPServer(logRequests(h, newLog(f.log, p.Err)))
	server.ErrorLog = slog.NewLogLogger(logging.New(f.log, p.Err).Handler(), slog.LevelWarn)
	p.announce(ln.Addr(), account)
	return serveUntil(ctx, server, ln, func() {
		p.Say("stopping: answers under way get %v; once more to stop at once", drainTimeout)
	})
}

// accountHandler returns a simulated API in which every organization has an account
// with these settings.
func accountHandler(s sim.AccountSettings, wire sim.HTTPSettings) (*sim.Handler, error) {
	calm, err := sim.NewAPI(s.Seed, sim.DefaultConditions())
	if err != nil {
		return nil, err
	}
	h, err := sim.NewAccountHandler(calm, s)
	if err != nil {
		return nil, err
	}
	return h, h.Configure(wire)
}

// listen opens the address to serve on.
func (p *process) listen(ctx context.Context) (net.Listener, error) {
	f := p.flags
	ln, err := command.Listen(ctx, f.addr)
	if err != nil {
		return nil, err
	}
	if !f.insecure && !command.IsLoopback(ln.Addr()) {
		_ = ln.Close()
		return nil, command.Failf("others reach %s: there is nothing secret, but they can use it, too; choose a loopback address, such as --addr 127.0.0.1:4000, or add --insecure", f.addr)
	}
	return access.LimitListener(ln, access.DefaultLimits(), func(err error) { p.Say("%v", err) }), nil
}

// serveUntil serves until ctx ends. Then it calls stopping and waits for answers in
// progress, up to drainTimeout.
func serveUntil(ctx context.Context, server *http.Server, ln net.Listener, stopping func()) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return command.Failf("cannot serve any more: %v", err)
	case <-ctx.Done():
	}
	stopping()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if server.Shutdown(last) != nil {
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return command.Failf("cannot serve any more: %v", err)
	}
	return nil
}
