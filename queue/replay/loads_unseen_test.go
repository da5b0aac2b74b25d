package replay

import (
	"time"

	"paceline/queue/sim"
)

// unseenLoads are like those of the comparison, with other accounts, users and chances: what
// is told of waits was not made for them.
func unseenLoads() []Load {
	mute := AccountWith(sim.Limits{RequestsPerMinute: 90})
	mute.HeadersMissing = 1
	shared := AccountWith(sim.Limits{RequestsPerMinute: 80})
	shared.Others = []sim.OtherTraffic{{Model: sonnet, PerMinute: 30, InputTokens: 300, OutputTokens: 60}}
	lowered := AccountWith(sim.Limits{RequestsPerMinute: 120})
	lowered.Changes = []sim.LimitChange{{At: WarmUp + 30*time.Second, Limits: sim.GroupLimits{"": {RequestsPerMinute: 60}}}}
	stormy := AccountWith(sim.Limits{RequestsPerMinute: 60})
	stormy.Storms = []sim.Storm{{At: WarmUp + 40*time.Second, Length: 20 * time.Second, Share: 0.5}}
	hidden := AccountWith(sim.Limits{RequestsPerMinute: 70})
	inWorkspace(sim.WorkspaceHidden)(&hidden)
	second := sim.Limits{RequestsPerMinute: 100, InputTokensPerMinute: 60_000, OutputTokensPerMinute: 20_000}
	return []Load{
		{Name: "25 users, 6 messages each, all at once, of 40 a minute", Users: 25, Account: AccountWith(sim.Limits{RequestsPerMinute: 40}), Messages: allAtOnce(25, 6, short)},
		{Name: "35 users, 4 prompts of 300 to 6000 tokens each", Users: 35, Account: AccountWith(second), Messages: allAtOnce(35, 4, withTokens(300, 6000, 30, 200))},
		{Name: "12 users, 9 answers of 100 to 1500 tokens each", Users: 12, Account: AccountWith(second), Messages: allAtOnce(12, 9, withTokens(200, 400, 100, 1500))},
		{Name: "7 users, 20 messages in turn, of 15 a minute", Users: 7, Account: AccountWith(sim.Limits{RequestsPerMinute: 15}), Messages: inTurn(7, 20, short)},
		{Name: "75 a minute for 12 min, of 60", Users: 45, Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Messages: steady(45, 0, 12*time.Minute, 75)},
		{Name: "5 polite users beside one with 600 messages, of 200 a minute", Users: 6, Account: AccountWith(sim.Limits{RequestsPerMinute: 200}), Messages: besideFlood(5)},
		{Name: "300 messages of 30 users, and no headers", Users: 30, Account: mute, Messages: allAtOnce(30, 10, short)},
		{Name: "30 users, 6 messages each, and others unseen", Users: 30, Account: shared, Messages: allAtOnce(30, 6, short)},
		{Name: "50 users, 4 messages each, and half the limit after 30 s", Users: 50, Account: lowered, Messages: allAtOnce(50, 4, short)},
		{Name: "50 users, 4 messages each, and 529 for 20 s", Users: 50, Account: stormy, Messages: allAtOnce(50, 4, short)},
		{Name: "30 users, 10 messages each, a workspace untold", Users: 30, Account: hidden, Messages: inLab(allAtOnce(30, 10, short))},
		{Name: "60 a minute of all priorities for 20 min, of 50", Users: 30, Account: AccountWith(tier1), Messages: ofAllPriorities(steady(30, 0, 20*time.Minute, 60))},
		{Name: "75 a minute of all priorities, of 60", Users: 20, Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Messages: ofAllPriorities(steady(20, 0, 10*time.Minute, 75))},
		{Name: "60 low at once, and 50 a minute of all priorities, of 60", Users: 60, Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Messages: besideLow(60, ofAllPriorities(steady(20, 0, 8*time.Minute, 50)))},
		{Name: "2 hours of 40 users, long and short", Users: 40, Account: AccountWith(sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 25_000, OutputTokensPerMinute: 8_000}), Messages: day(40, 2*time.Hour)},
	}
}
