package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue/sim"
)

// wrongLoads are on accounts that tell their limits late, wrong or at the end of an answer,
// whose refusals say nothing or speak of a part of the traffic alone, or whose answers are
// nothing like the last ones.
func wrongLoads() []Load {
	twice, half, silent := AccountWith(tier1), AccountWith(tier1), AccountWith(tier1)
	twice.LimitsTold, half.LimitsTold = 2, 0.5
	silent.Others = []sim.OtherTraffic{{Model: sonnet, PerMinute: 20, InputTokens: 200, OutputTokens: 40}}
	silent.NoHeadersOn429, silent.NoRetryAfter = true, true
	late, double, spent := AccountWith(promptsBind), AccountWith(promptsBind), AccountWith(promptsBind)
	late.HeadersFrom, double.LimitsTold = WarmUp+toldFrom, 2
	spent.Uses = []sim.Use{{At: WarmUp, Group: spent.Groups.Of(sonnet), Input: promptsBind.InputTokensPerMinute * 19 / 20}}
	nested := AccountWith(busy)
	nested.Workspaces, nested.WorkspaceHeaders = map[string]sim.GroupLimits{lab: {"": {RequestsPerMinute: 10}}}, sim.WorkspaceHidden
	atEnd, scarceAtEnd := AccountWith(roomy), AccountWith(tokensBind)
	for _, s := range []*sim.AccountSettings{&atEnd, &scarceAtEnd} {
		s.HeadersAtEnd, s.RemainingDown = true, true
	}
	five := allAtOnce(40, 5, short)
	return []Load{
		{Name: "200 messages, told twice the limits", Account: twice, Users: 40, Bottleneck: BottleneckRequests, Messages: five},
		{Name: "200 messages, told half the limits", Account: half, Users: 40, Bottleneck: BottleneckRequests, Messages: five},
		{Name: "200 messages, others unseen, and refusals that say nothing", Account: silent, Users: 40, Bottleneck: BottleneckOthers, Messages: five},
		{Name: "10 small users beside prompts of 100,000, told the limits after 20 s", Account: late, Users: 11, Bottleneck: BottleneckTokens, Messages: besideMany(180, 3, 5, prompt)},
		{Name: "10 small users beside prompts of 100,000, told twice the limits", Account: double, Users: 11, Bottleneck: BottleneckTokens, Messages: besideMany(180, 3, 5, prompt)},
		{Name: "10 small users beside prompts of 100,000 that are refused", Account: spent, Users: 11, Bottleneck: BottleneckTokens, Messages: besideMany(180, 3, 5, prompt)},
		{Name: "10 small users beside answers of 100 or 16,000 tokens", Account: AccountWith(answersBind), Users: 11, Bottleneck: BottleneckTokens, Messages: besideMany(420, 8, 6, longOrShort)},
		{Name: "10 small users beside prompts of 100,000, told at the end", Account: atEnd, Users: 11, Bottleneck: BottleneckTokens, Messages: modified(besideMany(420, 8, 13, prompt), whole)},
		{Name: "10 users of 500 tokens beside one of 100,000, told at the end", Account: scarceAtEnd, Users: 11, Bottleneck: BottleneckTokens, Messages: modified(besideLongPrompts(10, false), whole)},
		{Name: "10 users of 500 tokens beside 20 prompts of 100,000 at once, told at the end", Account: scarceAtEnd, Users: 11, Bottleneck: BottleneckTokens, Messages: modified(besideLongPrompts(10, true), whole)},
		{Name: "20 users beside one in a workspace that has less, untold", Account: nested, Users: 21, Bottleneck: BottleneckNone, Messages: besideWorkspace},
	}
}

// The limits of loads with large messages: of the first, 40 prompts are a minute's input,
// of the second eight, and of the third twelve long answers its output.
var (
	roomy       = sim.Limits{RequestsPerMinute: 4000, InputTokensPerMinute: 4_000_000, OutputTokensPerMinute: 800_000}
	promptsBind = sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 800_000, OutputTokensPerMinute: 160_000}
	answersBind = sim.Limits{RequestsPerMinute: 4000, InputTokensPerMinute: 4_000_000, OutputTokensPerMinute: 200_000}
)

// toldFrom is when limits that are told late are told, since the first message.
const toldFrom = 20 * time.Second

// besideMany has ten users with small questions at random times, so many a minute in all
// for a minute, and beside them one with so many talks, each of so many large messages in
// turn.
func besideMany(perMinute float64, talks, each int, large messageKind) func() []*Message {
	return func() []*Message {
		all := arrivals(10, 0, time.Minute, little, func(time.Duration) float64 { return perMinute })
		for _, m := range all {
			m.Tag = small
		}
		for talk := range talks {
			var chain *Message
			for n := each - 1; n >= 0; n-- {
				m := message(10, talk*100+n, large)
				m.Next, chain = chain, m
			}
			all = append(all, chain)
		}
		return all
	}
}

// whole makes the answer to a message one that is not streamed.
func whole(m *Message) { m.NoStream = true }

// little makes a call of 500 tokens whose answer takes 0.3 s, and prompt one of 100,000.
func little(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 500, OutputTokens: 60, MaxTokens: 1024, FirstToken: 100 * time.Millisecond, Took: 300 * time.Millisecond}
}

func prompt(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 100_000, OutputTokens: 300, MaxTokens: 1024, FirstToken: 500 * time.Millisecond, Took: 1500 * time.Millisecond}
}

// longOrShort makes a call whose answer has 16,000 tokens or 100: nobody can know which.
func longOrShort(rng *rand.Rand) sim.Call {
	c := sim.Call{Model: sonnet, InputTokens: 500, OutputTokens: 100, MaxTokens: 16_000, FirstToken: 500 * time.Millisecond, Took: 3 * time.Second}
	if rng.IntN(2) == 0 {
		c.OutputTokens = 16_000
	}
	return c
}

// besideWorkspace has 20 users who ask 120 messages a minute in all for two minutes, and
// one in a workspace of the same organization, with 40 at once.
func besideWorkspace() []*Message {
	all := steady(20, 0, 2*time.Minute, 120)()
	for n := range 40 {
		m := message(20, n, short)
		m.At, m.Tag, m.Call.Workspace = m.At+10*time.Second, lab, lab
		all = append(all, m)
	}
	return all
}
