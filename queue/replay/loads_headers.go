package replay

import (
	"time"

	"paceline/queue/sim"
)

// headerLoads are on accounts whose headers are incomplete or differ from the
// documentation, and on one where output is the limit.
func headerLoads() []Load {
	mute := AccountWith(sim.Limits{RequestsPerMinute: 120, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000})
	rare, late, bare := mute, mute, mute
	mute.HeadersMissing, rare.HeadersMissing, late.HeadersOnlyOn429 = 1, 0.7, true
	bare.HeadersMissing, bare.NoRetryAfter = 1, true
	many := allAtOnce(60, 10, short)
	loads := []Load{
		{Name: "600 messages, and no headers", Account: mute, Users: 60, Bottleneck: BottleneckRequests, Messages: many},
		{Name: "600 messages, headers on 3 answers in 10", Account: rare, Users: 60, Bottleneck: BottleneckRequests, Messages: many},
		{Name: "600 messages, headers only on refusals", Account: late, Users: 60, Bottleneck: BottleneckRequests, Messages: many},
		{Name: "600 messages, and nothing told at all", Account: bare, Users: 60, Bottleneck: BottleneckRequests, Messages: many},
	}
	for _, h := range []struct {
		name   string
		change func(*sim.AccountSettings)
	}{
		{"resets to the nearest second", func(s *sim.AccountSettings) { s.ResetRounding = sim.RoundNearest }},
		{"resets rounded down", func(s *sim.AccountSettings) { s.ResetRounding = sim.RoundDown }},
		{"no resets", func(s *sim.AccountSettings) { s.ResetRounding = sim.NoReset }},
		{"a clock 30 s ahead", func(s *sim.AccountSettings) { s.ResetSkew = 30 * time.Second }},
		{"a clock 30 s behind", func(s *sim.AccountSettings) { s.ResetSkew = -30 * time.Second }},
		{"a workspace untold", inWorkspace(sim.WorkspaceHidden)},
		{"a workspace told in tokens", inWorkspace(sim.WorkspaceInTokens)},
	} {
		s, times := AccountWith(tier1), 1
		h.change(&s)
		if len(s.Workspaces) > 0 { // the first minutes are spent on exploring
			times = 3
		}
		loads = append(loads,
			Load{Name: h.name + ", by requests", Account: s, Users: 40, Bottleneck: BottleneckRequests, Messages: inLab(allAtOnce(40, 5*times, short))},
			Load{Name: h.name + ", by tokens", Account: s, Users: 20, Bottleneck: BottleneckTokens, Messages: inLab(allAtOnce(20, 10*times, withTokens(500, 3500, 50, 350)))},
		)
	}
	return append(loads, Load{
		Name: "20 users, 8 answers each, output binds", Users: 20, Bottleneck: BottleneckTokens, Messages: allAtOnce(20, 8, withTokens(200, 600, 200, 1000)),
		Account: AccountWith(sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 24_000}),
	})
}

// lab is the workspace of some loads. On an account that does not name it, it has
// no limits of its own.
const lab = "lab"

// inWorkspace moves an account's limits to a workspace, and gives the organization
// far higher ones.
func inWorkspace(headers sim.WorkspaceHeaders) func(*sim.AccountSettings) {
	return func(s *sim.AccountSettings) {
		s.Workspaces = map[string]sim.GroupLimits{lab: s.Limits}
		s.Limits, s.WorkspaceHeaders = sim.GroupLimits{"": start}, headers
	}
}

// inLab puts messages into the workspace.
func inLab(messages func() []*Message) func() []*Message {
	return modified(messages, func(m *Message) { m.Call.Workspace = lab })
}
