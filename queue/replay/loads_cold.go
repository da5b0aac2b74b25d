package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue/sim"
)

// busy are limits of ten requests a second, with more tokens than those need.
var busy = sim.Limits{RequestsPerMinute: 600, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000}

// coldLoads are bursts on an account whose limits are hardly known: not at all,
// from another model, or from before a restart.
func coldLoads() []Load {
	rising := AccountWith(busy)
	rising.Acceleration = sim.Acceleration{Factor: 2, Floor: 20, Window: 10 * time.Second, Period: 10 * time.Second}
	return []Load{
		{Name: "100 users, 3 messages each, 600 a minute", Account: AccountWith(busy), Users: 100, Bottleneck: BottleneckNone, Messages: allAtOnce(100, 3, short)},
		{Name: "80 answers of 35 s, not streamed", Account: AccountWith(busy), Users: 40, Bottleneck: BottleneckNone,
			Messages: modified(allAtOnce(40, 2, slow), func(m *Message) { m.NoStream = true })},
		{Name: "61 users turn to a second model", Account: AccountWith(busy), Users: 61, Bottleneck: BottleneckNone,
			Messages: modified(allAtOnce(61, 1, short), func(m *Message) { m.Call.Model = haiku }),
			WarmUp:   allAtOnce(61, 1, short)},
		{Name: "40 users, 2 messages of 360 tokens each", Account: AccountWith(tier1), Users: 40, Bottleneck: BottleneckRequests, Messages: allAtOnce(40, 2, withExactTokens(300, 60))},
		{Name: "100 users whose traffic may only double", Account: rising, Users: 100, Bottleneck: BottleneckRequests, Messages: allAtOnce(100, 2, short)},
	}
}

// slow makes a call whose answer takes 35 s.
func slow(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 400, OutputTokens: 900, MaxTokens: 4096, FirstToken: time.Second, Took: 35 * time.Second}
}

// withExactTokens makes calls with exactly these numbers of tokens.
func withExactTokens(input, output int) messageKind {
	return withTokens(input, input+1, output, output+1)
}

// modified returns the messages with change applied to each.
func modified(messages func() []*Message, change func(*Message)) func() []*Message {
	return func() []*Message {
		all := messages()
		for m := range each(all) {
			change(m)
		}
		return all
	}
}
