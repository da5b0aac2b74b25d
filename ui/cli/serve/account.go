package serve

import (
	"context"
	"maps"
	"slices"
	"strings"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// adminKeyVariable holds the key of the Rate Limits API.
const adminKeyVariable = "ANTHROPIC_ADMIN_KEY"

// simulatedAdminKey is the admin key of the organization of simulatedChatKey.
const simulatedAdminKey = "sk-sim-paceline-admin"

// followLimits polls the Rate Limits API until ctx or the server ends. report may be
// nil.
func (s *server) followLimits(ctx context.Context, report func(gateway.AccountLimits, error)) {
	if report == nil {
		report = func(gateway.AccountLimits, error) {}
	}
	ctx, s.stopFollowing = context.WithCancel(ctx)
	s.running.Go(func() { s.gateway.FollowLimits(ctx, report) })
}

// announceAccount prints the limits that the Rate Limits API returned, or its error.
func (p *process) announceAccount(account gateway.AccountLimits, err error) {
	if err != nil {
		p.Say("%s; until it tells them, answers alone do", queue.Escape(err.Error()))
		return
	}
	groups := map[queue.Limits][]string{} // by what they may use
	var order []queue.Limits
	for _, group := range slices.Sorted(maps.Keys(account.Groups)) {
		l := account.Groups[group]
		if groups[l] == nil {
			order = append(order, l)
		}
		groups[l] = append(groups[l], group)
	}
	if len(order) == 0 {
		p.Say("the Rate Limits API tells no limits of organization %s: answers alone do", account.Organization)
	}
	for _, l := range order {
		words := command.DescribeLimits(sim.Limits{RequestsPerMinute: l.Requests.PerMinute, InputTokensPerMinute: l.Input.PerMinute, OutputTokensPerMinute: l.Output.PerMinute})
		of := strings.Join(groups[l], ", ")
		if len(groups[l]) > 1 {
			of = "each of " + of
		}
		p.Say("limits of organization %s, for %s: %s", account.Organization, of, words)
	}
}
