package loadtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"paceline/client"
	"paceline/client/loadtest"
	"paceline/ui/cli/command"
	"paceline/ui/cli/serve"
)

const (
	simulatedKey = "sk-loadtest" // for an API that is simulated: a real one stays here
	tokenHeader  = "X-Paceline-Token"
)

// process is one run of the command.
type process struct {
	*command.App
	flags     flags
	plans     []loadtest.Plan
	target    loadtest.Target
	source    client.Source // of the queue's figures
	ownServer bool          // the server is our own
	stop      func()        // ends the whole test, not only the load that runs
}

// onOwnServer runs the loads against a server of this process.
func (p *process) onOwnServer(ctx context.Context, own *command.QueueFlags) (err error) {
	if err := own.Check(); err != nil {
		return err
	}
	address, stop, err := serve.StartSimulated(ctx, own.Settings, own.Seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	source, err := client.NewHTTP(address, client.HTTPOptions{})
	if err != nil {
		return command.Failf("%v", err)
	}
	p.ownServer, p.source, p.target.Base = true, source, source.Name()
	return p.run(ctx)
}

// onServer runs the loads against the queue at an address.
func (p *process) onServer(ctx context.Context, remote *command.RemoteFlags, address string) error {
	base, route := splitRoute(address)
	if route != "" && p.flags.route == autoRoute {
		p.flags.route = string(route)
	}
	source, err := remote.Source(p.App, base)
	if err != nil {
		return err
	}
	header, err := command.ParseHeaders(remote.Headers)
	if err != nil {
		_ = source.Close()
		return err
	}
	if token := remote.Token; token != "" {
		header.Set(tokenHeader, token)
	} else if token := p.Getenv(command.TokenVariable); token != "" {
		header.Set(tokenHeader, token)
	}
	authorize(header, base)
	p.source, p.target.Base, p.target.Header = source, source.Name(), header
	return p.run(ctx)
}

// splitRoute cuts the path of a route from the end of an address, as it stands in
// the settings of a client.
func splitRoute(address string) (base string, route loadtest.Route) {
	for _, r := range []loadtest.Route{loadtest.Messages, loadtest.Chat} {
		if before, found := strings.CutSuffix(strings.TrimSuffix(address, "/"), r.Path()); found {
			return before, r
		}
	}
	return address, ""
}

// authorize sets basic authentication from a user and password in the address, as
// the monitor does.
func authorize(header http.Header, address string) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return // what is wrong with it was said before
	}
	password, _ := u.User.Password()
	r := http.Request{Header: header}
	r.SetBasicAuth(u.User.Username(), password)
}

// resolveRoute sets the route, by probing the target if no flag names it, and the
// header that the route needs.
func (p *process) resolveRoute(ctx context.Context, simulated bool) error {
	if p.target.Header == nil {
		p.target.Header = http.Header{}
	}
	p.target.Route = loadtest.Route(p.flags.route)
	if p.flags.route == autoRoute {
		route, err := loadtest.Probe(ctx, p.target)
		if err != nil {
			return probeFailure(p.target.Base, err)
		}
		p.target.Route = route
	}
	token := p.target.Header.Get(tokenHeader)
	if p.target.Route == loadtest.Chat && token != "" && p.target.Header.Get("Authorization") == "" {
		p.target.Header.Set("Authorization", "Bearer "+token) // the older deployment knows no header of ours
	}
	if p.target.Route != loadtest.Messages || p.target.Header.Get("X-Api-Key") != "" || p.target.Header.Get("Authorization") != "" {
		return nil
	}
	if key := p.Getenv(command.KeyVariable); key != "" && !simulated {
		p.target.Header.Set("X-Api-Key", key)
	} else if simulated {
		p.target.Header.Set("X-Api-Key", simulatedKey)
	}
	return nil
}

// probeFailure returns the failure of a target that has no route.
func probeFailure(base string, err error) error {
	if f, ok := errors.AsType[*client.Failure](err); ok {
		return command.Failf("%s: %s", base, command.JoinNonEmpty("; ", f.Words, f.Hint))
	}
	return command.Failf("%s: %v", base, err)
}

// confirmCost returns an error if the API may cost money and --yes is not given.
func (p *process) confirmCost(simulated bool, start *client.Sample) error {
	if simulated || p.flags.yes {
		return nil
	}
	total := 0
	for _, plan := range p.plans {
		total += plan.Total()
	}
	messages, them := fmt.Sprintf("%d messages", total), "them"
	if total == 1 {
		messages, them = "1 message", "it"
	}
	says := "does not say that its API is simulated"
	if start != nil && start.Detail != nil && !start.Detail.Simulated.Known {
		says = "has not heard from its API yet, and cannot say that it is simulated"
	}
	return command.Usagef("%s %s: %s to it may cost money; add --yes to send %s", p.target.Base, says, messages, them)
}
