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
func (t *process) onOwnServer(ctx context.Context, own *command.QueueFlags) (err error) {
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
	t.ownServer, t.source, t.target.Base = true, source, source.Name()
	return t.run(ctx)
}

// onServer runs the loads against the queue at an address.
func (t *process) onServer(ctx context.Context, remote *command.RemoteFlags, address string) error {
	base, route := splitRoute(address)
	if route != "" && t.flags.route == autoRoute {
		t.flags.route = string(route)
	}
	source, err := remote.Source(t.App, base)
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
	} else if token := t.Getenv(command.TokenVariable); token != "" {
		header.Set(tokenHeader, token)
	}
	authorize(header, base)
	t.source, t.target.Base, t.target.Header = source, source.Name(), header
	return t.run(ctx)
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
func (t *process) resolveRoute(ctx context.Context, simulated bool) error {
	if t.target.Header == nil {
		t.target.Header = http.Header{}
	}
	t.target.Route = loadtest.Route(t.flags.route)
	if t.flags.route == autoRoute {
		route, err := loadtest.Probe(ctx, t.target)
		if err != nil {
			return probeFailure(t.target.Base, err)
		}
		t.target.Route = route
	}
	token := t.target.Header.Get(tokenHeader)
	if t.target.Route == loadtest.Chat && token != "" && t.target.Header.Get("Authorization") == "" {
		t.target.Header.Set("Authorization", "Bearer "+token) // the older deployment knows no header of ours
	}
	if t.target.Route != loadtest.Messages || t.target.Header.Get("X-Api-Key") != "" || t.target.Header.Get("Authorization") != "" {
		return nil
	}
	if key := t.Getenv(command.KeyVariable); key != "" && !simulated {
		t.target.Header.Set("X-Api-Key", key)
	} else if simulated {
		t.target.Header.Set("X-Api-Key", simulatedKey)
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
func (t *process) confirmCost(simulated bool, start *client.Sample) error {
	if simulated || t.flags.yes {
		return nil
	}
	total := 0
	for _, p := range t.plans {
		total += p.Total()
	}
	messages, them := fmt.Sprintf("%d messages", total), "them"
	if total == 1 {
		messages, them = "1 message", "it"
	}
	says := "does not say that its API is simulated"
	if start != nil && start.Detail != nil && !start.Detail.Simulated.Known {
		says = "has not heard from its API yet, and cannot say that it is simulated"
	}
	return command.Usagef("%s %s: %s to it may cost money; add --yes to send %s", t.target.Base, says, messages, them)
}
