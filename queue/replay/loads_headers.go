package replay

import (
	"time"

	"paceline/queue/sim"
)

// headerLoads are of accounts whose headers tell less than the documentation says,
// or say it otherwise, and of one whose output binds.
func headerLoads() []Load {
	mute := On(sim.Limits{RequestsPerMinute: 120, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000})
	rare, late, bare := mute, mute, mute
	mute.HeadersMissing, rare.HeadersMissing, late.HeadersOnlyOn429 = 1, 0.7, true
	bare.HeadersMissing, bare.NoRetryAfter = 1, true
	many := together(60, 10, short)
	loads := []Load{
		{Name: "600 messages, and no headers", Account: mute, Users: 60, Binds: BoundByRequests, Messages: many},
		{Name: "600 messages, headers on 3 answers in 10", Account: rare, Users: 60, Binds: BoundByRequests, Messages: many},
		{Name: "600 messages, headers only on refusals", Account: late, Users: 60, Binds: BoundByRequests, Messages: many},
		{Name: "600 messages, and nothing told at all", Account: bare, Users: 60, Binds: BoundByRequests, Messages: many},
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
		{"a workspace untold", inWorkspace(sim.TellNothing)},
		{"a workspace told in tokens", inWorkspace(sim.TellInTokens)},
	} {
		s, times := On(tier1), 1
		h.change(&s)
		if len(s.Workspaces) > 0 { // the first minutes are for finding out
			times = 3
		}
		loads = append(loads,
			Load{Name: h.name + ", by requests", Account: s, Users: 40, Binds: BoundByRequests, Messages: inLab(together(40, 5*times, short))},
			Load{Name: h.name + ", by tokens", Account: s, Users: 20, Binds: BoundByTokens, Messages: inLab(together(20, 10*times, wordy(500, 3500, 50, 350)))},
		)
	}
	return append(loads, Load{
		Name: "20 users, 8 answers each, output binds", Users: 20, Binds: BoundByTokens, Messages: together(20, 8, wordy(200, 600, 200, 1000)),
		Account: On(sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 24_000}),
	})
}

// lab is the workspace of some loads. An account that says nothing of it gives it no
// limits of its own.
const lab = "lab"

// inWorkspace gives an account's limits to a workspace, and the organization far
// higher ones.
func inWorkspace(told sim.WorkspaceTold) func(*sim.AccountSettings) {
	return func(s *sim.AccountSettings) {
		s.Workspaces = map[string]sim.GroupLimits{lab: s.Limits}
		s.Limits, s.WorkspaceTold = sim.GroupLimits{"": start}, told
	}
}

// inLab has messages of the workspace.
func inLab(messages func() []*Message) func() []*Message {
	return changed(messages, func(m *Message) { m.Call.Workspace = lab })
}
