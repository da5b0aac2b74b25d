package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue/sim"
)

const opus5 = "claude-opus-5"

// The load of two models: some users ask one model steadily, and others ask the
// other model all at once, burstAt after the first message.
const (
	steadyUsers = 20
	burstUsers  = 20
	burstAt     = time.Minute
)

// burstBeside has users who ask Opus 5.5 steadily, which has room for more, and in
// the second minute a burst for Opus 5, which has ten requests a minute: names that
// are nearly the same, with limits that are not.
func burstBeside() Load {
	account := AccountWith(start)
	account.Limits["opus-5"] = sim.Limits{RequestsPerMinute: 10, InputTokensPerMinute: start.InputTokensPerMinute, OutputTokensPerMinute: start.OutputTokensPerMinute}
	return Load{
		Name: "600 a minute for Opus 5.5, and 20 at once for Opus 5", Account: account, Users: steadyUsers + burstUsers, Bottleneck: BottleneckRequests,
		Messages: func() []*Message { return append(opusSteadily(), opus5AtOnce()...) },
	}
}

// opusSteadily has users who ask Opus 5.5 ten times a second in all for four
// minutes.
func opusSteadily() []*Message {
	return arrivals(steadyUsers, 0, 4*time.Minute, shortTo(opus), func(time.Duration) float64 { return 600 })
}

// opus5AtOnce has other users who ask Opus 5 once each, at the same time.
func opus5AtOnce() (all []*Message) {
	for u := range burstUsers {
		m := message(steadyUsers+u, 0, shortTo(opus5))
		m.At = WarmUp + burstAt
		all = append(all, m)
	}
	return all
}

// shortTo makes short calls to a model.
func shortTo(model string) messageKind {
	return func(rng *rand.Rand) sim.Call {
		c := short(rng)
		c.Model = model
		return c
	}
}
