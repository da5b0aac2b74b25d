package replay

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"paceline/queue/sim"
)

// Tier 1 as it was until June 2026, and the Start tier since then.
var (
	tier1 = sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8_000}
	start = sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000}
)

// On returns the settings of an account with such limits for each model group.
func On(l sim.Limits) sim.AccountSettings {
	s := sim.DefaultAccountSettings()
	s.Limits = sim.GroupLimits{"": l}
	return s
}

// Loads are the traffic of the comparison: the usual loads, those that come to an
// account of which little is known, those whose headers tell less than they should,
// and those with faults. The order is fixed.
func Loads() []Load {
	return slices.Concat(usualLoads(), coldLoads(), headerLoads(), faultLoads())
}

// usualLoads are the published loads, all at once, bound by tokens, a day, and days
// on which something goes wrong.
func usualLoads() []Load {
	crowded := On(tier1)
	crowded.Others = []sim.Others{{Model: sonnet, PerMinute: 20, InputTokens: 200, OutputTokens: 40}}
	stormy := On(tier1)
	stormy.Storms = []sim.Storm{{At: Opening + 3*time.Minute, Length: time.Minute, Share: 0.7}}
	risen := On(sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 300_000, OutputTokensPerMinute: 80_000})
	risen.Changes = []sim.LimitChange{{At: noon, Limits: sim.GroupLimits{"": start}}}
	return []Load{
		{Name: "light: 2 users, 2 messages each", Account: On(tier1), Users: 2, Binds: BoundByNothing, Messages: inTurn(2, 2, short)},
		{Name: "moderate: 5 users, 3 messages each", Account: On(tier1), Users: 5, Binds: BoundByNothing, Messages: inTurn(5, 3, short)},
		{Name: "heavy: 10 users, 2 messages each", Account: On(tier1), Users: 10, Binds: BoundByNothing, Messages: inTurn(10, 2, short)},
		{Name: "heavy, all at once", Account: On(tier1), Users: 10, Binds: BoundByNothing, Messages: together(10, 2, short)},
		{Name: "40 users, 2 messages each, all at once", Account: On(tier1), Users: 40, Binds: BoundByRequests, Messages: together(40, 2, short)},
		{Name: "20 users, 10 long prompts each", Account: On(tier1), Users: 20, Binds: BoundByTokens, Messages: together(20, 10, wordy(500, 3500, 50, 350))},
		{Name: "20 users, 10 long answers each", Account: On(tier1), Users: 20, Binds: BoundByTokens, Messages: together(20, 10, wordy(200, 600, 200, 1000))},
		{Name: "300 users, 5 very long prompts each, Start tier", Account: On(start), Users: 300, Binds: BoundByTokens, Messages: together(300, 5, wordy(2000, 30_000, 100, 800))},
		{Name: "60 users, 4 messages each, three models", Account: On(tier1), Users: 60, Binds: BoundByRequests, Messages: together(60, 4, mixed)},
		{Name: "one user with 100 messages, nine with 10", Account: On(tier1), Users: 10, Binds: BoundByRequests, Messages: flood},
		{Name: "a day of 50 users, long and short", Account: On(tier1), Users: 50, Binds: BoundByTokens, Messages: day(50, 8*time.Hour)},
		{Name: "40 users, 5 messages each, and others unseen", Account: crowded, Users: 40, Binds: BoundByOthers, Messages: together(40, 5, short)},
		{Name: "20 users and a 529 storm of a minute", Account: stormy, Users: 20, Binds: BoundByFaults, Messages: steady(20, 0, 10*time.Minute, 25)},
		{Name: "60 a minute, and at noon another tier", Account: risen, Users: 30, Binds: BoundByRequests, Messages: steady(30, noon-Opening-15*time.Minute, 30*time.Minute, 60)},
		burstBeside(),
	}
}

const noon = 4 * time.Hour // since Dawn

const (
	sonnet = "claude-sonnet-5-5"
	opus   = "claude-opus-5-5"
	haiku  = "claude-haiku-5-5"
)

// kind makes a message of a user; it may draw.
type kind func(rng *rand.Rand) sim.Call

// short is a message whose answer takes 1.5 s.
func short(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 200, OutputTokens: 40, MaxTokens: 1024, FirstToken: 500 * time.Millisecond, Took: 1500 * time.Millisecond}
}

// mixed is a short message to one of three models.
func mixed(rng *rand.Rand) sim.Call {
	c := short(rng)
	c.Model = []string{opus, sonnet, haiku}[rng.IntN(3)]
	return c
}

// wordy has so many tokens, from and to, and takes its time.
func wordy(input, inputTo, output, outputTo int) kind {
	return func(rng *rand.Rand) sim.Call {
		c := sim.Call{Model: sonnet, MaxTokens: 4096, InputTokens: input + rng.IntN(inputTo-input), OutputTokens: output + rng.IntN(outputTo-output)}
		c.FirstToken = 600*time.Millisecond + time.Duration(c.InputTokens)*40*time.Microsecond
		c.Took = c.FirstToken + time.Duration(c.OutputTokens)*13*time.Millisecond
		return c
	}
}

// message is one message, asked at [Opening]. How many bytes a token has depends on
// the user, whose language it is, and somewhat on the message.
func message(user, number int, k kind) *Message {
	rng := rand.New(rand.NewPCG(uint64(user), uint64(number)))
	m := &Message{User: user, Number: number, Call: k(rng), At: Opening}
	own := rand.New(rand.NewPCG(uint64(user), math.MaxUint64)).Float64()
	perToken := (3.3 * (0.85 + 0.3*own)) * (0.95 + 0.1*rng.Float64())
	m.Bytes = int(float64(m.Call.InputTokens) * perToken)
	return m
}

// together has users who ask all their messages at once.
func together(users, messages int, k kind) func() []*Message {
	return func() (all []*Message) {
		for n := range messages {
			for u := range users {
				all = append(all, message(u, n, k))
			}
		}
		return all
	}
}

// inTurn has users who begin together, and each asks again when answered.
func inTurn(users, messages int, k kind) func() []*Message {
	return func() (all []*Message) {
		for u := range users {
			var chain *Message // from the last one on
			for n := messages - 1; n >= 0; n-- {
				m := message(u, n, k)
				m.Next, chain = chain, m
			}
			all = append(all, chain)
		}
		return all
	}
}

// flood has one user who asks ten times as much as the others, and first.
func flood() (all []*Message) {
	for n := range 100 {
		all = append(all, message(0, n, short))
	}
	for u := range 9 {
		for n := range 10 {
			all = append(all, message(u+1, n, short))
		}
	}
	return all
}

// steady has users who ask so often a minute in all, whatever the answers do, from
// a time after the opening on.
func steady(users int, from, length time.Duration, perMinute float64) func() []*Message {
	return func() []*Message {
		return arrivals(users, from, length, short, func(time.Duration) float64 { return perMinute })
	}
}

// day has users who ask eleven times an hour, more in the middle of the morning and
// of the afternoon than at noon and at its ends. One message in five brings a document.
func day(users int, length time.Duration) func() []*Message {
	chat, document := wordy(300, 1500, 50, 400), wordy(4000, 12_000, 300, 900)
	either := func(rng *rand.Rand) sim.Call {
		if rng.IntN(5) == 0 {
			return document(rng)
		}
		return chat(rng)
	}
	return func() []*Message {
		return arrivals(users, 0, length, either, func(at time.Duration) float64 {
			part := float64(at) / float64(length)
			return float64(users) * 11 / 60 * (1 - 0.5*math.Cos(4*math.Pi*part))
		})
	}
}

// arrivals come at random moments, from a time after the opening on, at a rate a
// minute that moves slowly.
func arrivals(users int, from, length time.Duration, k kind, rate func(time.Duration) float64) (all []*Message) {
	rng := rand.New(rand.NewPCG(1, 1))
	sent := make([]int, users)
	for at := time.Duration(0); ; {
		at += time.Duration(rng.ExpFloat64() / rate(at) * float64(time.Minute))
		if at >= length {
			return all
		}
		u := rng.IntN(users)
		m := message(u, sent[u], k)
		m.At, sent[u] = Opening+from+at, sent[u]+1
		all = append(all, m)
	}
}
