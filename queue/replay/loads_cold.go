package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue/sim"
)

// busy is an account that allows ten requests a second, and more tokens than they
// take.
var busy = sim.Limits{RequestsPerMinute: 600, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000}

// coldLoads ask much of an account of which little is known: nothing yet, only what
// was saved before a restart, or only another model's limits.
func coldLoads() []Load {
	rising := On(busy)
	rising.Acceleration = sim.Acceleration{Factor: 2, Floor: 20, Window: 10 * time.Second, Period: 10 * time.Second}
	return []Load{
		{Name: "100 users, 3 messages each, 600 a minute", Account: On(busy), Users: 100, Binds: BoundByNothing, Messages: together(100, 3, short)},
		{Name: "80 answers of 35 s, not streamed", Account: On(busy), Users: 40, Binds: BoundByNothing,
			Messages: changed(together(40, 2, slow), func(m *Message) { m.Plain = true })},
		{Name: "61 users turn to a second model", Account: On(busy), Users: 61, Binds: BoundByNothing,
			Messages: changed(together(61, 1, short), func(m *Message) { m.Call.Model = haiku }),
			Before:   together(61, 1, short)},
		{Name: "40 users, 2 messages of 360 tokens each", Account: On(tier1), Users: 40, Binds: BoundByRequests, Messages: together(40, 2, exactly(300, 60))},
		{Name: "100 users whose traffic may only double", Account: rising, Users: 100, Binds: BoundByRequests, Messages: together(100, 2, short)},
	}
}

// slow is a message whose answer takes 35 s.
func slow(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 400, OutputTokens: 900, MaxTokens: 4096, FirstToken: time.Second, Took: 35 * time.Second}
}

// exactly is a message with so many tokens.
func exactly(input, output int) kind { return wordy(input, input+1, output, output+1) }

// changed has messages that are changed one by one.
func changed(messages func() []*Message, change func(*Message)) func() []*Message {
	return func() []*Message {
		all := messages()
		for m := range each(all) {
			change(m)
		}
		return all
	}
}
