package replay

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"paceline/queue/sim"
)

// The limits of tier 1 until June 2026, and of the Start tier since then.
var (
	tier1 = sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8_000}
	start = sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000}
)

// AccountWith returns the settings of an account with these limits for each model
// group.
func AccountWith(l sim.Limits) sim.AccountSettings {
	s := sim.DefaultAccountSettings()
	s.Limits = sim.GroupLimits{"": l}
	return s
}

// Loads are the loads of the comparison, in a fixed order: the usual ones, those on
// an account whose limits are hardly known, those with incomplete headers,
// those with faults, those where some ask for far more than others, those with
// priorities, and those on an account that tells late, wrong or nothing.
func Loads() []Load {
	return slices.Concat(usualLoads(), coldLoads(), headerLoads(), faultLoads(), fairLoads(), priorityLoads(), wrongLoads())
}

// usualLoads are the published loads, bursts, loads bound by tokens, a whole day,
// and loads during which the API or the account changes.
func usualLoads() []Load {
	crowded := AccountWith(tier1)
	crowded.Others = []sim.OtherTraffic{{Model: sonnet, PerMinute: 20, InputTokens: 200, OutputTokens: 40}}
	stormy := AccountWith(tier1)
	stormy.Storms = []sim.Storm{{At: WarmUp + 3*time.Minute, Length: time.Minute, Share: 0.7}}
	risen := AccountWith(sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 300_000, OutputTokensPerMinute: 80_000})
	risen.Changes = []sim.LimitChange{{At: noon, Limits: sim.GroupLimits{"": start}}}
	return []Load{
		{Name: "light: 2 users, 2 messages each", Account: AccountWith(tier1), Users: 2, Bottleneck: BottleneckNone, Messages: inTurn(2, 2, short)},
		{Name: "moderate: 5 users, 3 messages each", Account: AccountWith(tier1), Users: 5, Bottleneck: BottleneckNone, Messages: inTurn(5, 3, short)},
		{Name: "heavy: 10 users, 2 messages each", Account: AccountWith(tier1), Users: 10, Bottleneck: BottleneckNone, Messages: inTurn(10, 2, short)},
		{Name: "heavy, all at once", Account: AccountWith(tier1), Users: 10, Bottleneck: BottleneckNone, Messages: allAtOnce(10, 2, short)},
		{Name: "40 users, 2 messages each, all at once", Account: AccountWith(tier1), Users: 40, Bottleneck: BottleneckRequests, Messages: allAtOnce(40, 2, short)},
		{Name: "20 users, 10 long prompts each", Account: AccountWith(tier1), Users: 20, Bottleneck: BottleneckTokens, Messages: allAtOnce(20, 10, withTokens(500, 3500, 50, 350))},
		{Name: "20 users, 10 long answers each", Account: AccountWith(tier1), Users: 20, Bottleneck: BottleneckTokens, Messages: allAtOnce(20, 10, withTokens(200, 600, 200, 1000))},
		{Name: "300 users, 5 very long prompts each, Start tier", Account: AccountWith(start), Users: 300, Bottleneck: BottleneckTokens, Messages: allAtOnce(300, 5, withTokens(2000, 30_000, 100, 800))},
		{Name: "60 users, 4 messages each, three models", Account: AccountWith(tier1), Users: 60, Bottleneck: BottleneckRequests, Messages: allAtOnce(60, 4, mixed)},
		{Name: "one user with 100 messages, nine with 10", Account: AccountWith(tier1), Users: 10, Bottleneck: BottleneckRequests, Messages: flood},
		{Name: "a day of 50 users, long and short", Account: AccountWith(tier1), Users: 50, Bottleneck: BottleneckTokens, Messages: day(50, 8*time.Hour)},
		{Name: "40 users, 5 messages each, and others unseen", Account: crowded, Users: 40, Bottleneck: BottleneckOthers, Messages: allAtOnce(40, 5, short)},
		{Name: "20 users and a 529 storm of a minute", Account: stormy, Users: 20, Bottleneck: BottleneckFaults, Messages: steady(20, 0, 10*time.Minute, 25)},
		{Name: "60 a minute, and at noon another tier", Account: risen, Users: 30, Bottleneck: BottleneckRequests, Messages: steady(30, noon-WarmUp-15*time.Minute, 30*time.Minute, 60)},
		burstBeside(),
	}
}

const noon = 4 * time.Hour // since Dawn

const (
	sonnet = "claude-sonnet-5-5"
	opus   = "claude-opus-5-5"
	haiku  = "claude-haiku-5-5"
)

// messageKind makes the call of a message; it may draw random numbers.
type messageKind func(rng *rand.Rand) sim.Call

// short makes a call whose answer takes 1.5 s.
func short(*rand.Rand) sim.Call {
	return sim.Call{Model: sonnet, InputTokens: 200, OutputTokens: 40, MaxTokens: 1024, FirstToken: 500 * time.Millisecond, Took: 1500 * time.Millisecond}
}

// mixed makes a short call to one of three models.
func mixed(rng *rand.Rand) sim.Call {
	c := short(rng)
	c.Model = []string{opus, sonnet, haiku}[rng.IntN(3)]
	return c
}

// withTokens makes calls with random numbers of tokens in these ranges, and times
// to match.
func withTokens(input, inputTo, output, outputTo int) messageKind {
	return func(rng *rand.Rand) sim.Call {
		c := sim.Call{Model: sonnet, MaxTokens: 4096, InputTokens: input + rng.IntN(inputTo-input), OutputTokens: output + rng.IntN(outputTo-output)}
		c.FirstToken = 600*time.Millisecond + time.Duration(c.InputTokens)*40*time.Microsecond
		c.Took = c.FirstToken + time.Duration(c.OutputTokens)*13*time.Millisecond
		return c
	}
}

// message returns a message that is asked at the end of the warm-up. Bytes a token
// differ by user, as languages do, and a little by message.
func message(user, number int, k messageKind) *Message {
	rng := rand.New(rand.NewPCG(uint64(user), uint64(number)))
	m := &Message{User: user, Number: number, Call: k(rng), At: WarmUp}
	own := rand.New(rand.NewPCG(uint64(user), math.MaxUint64)).Float64()
	perToken := (3.3 * (0.85 + 0.3*own)) * (0.95 + 0.1*rng.Float64())
	m.Bytes = int(float64(m.Call.InputTokens) * perToken)
	return m
}

// allAtOnce has users who ask all their messages at the same time.
func allAtOnce(users, messages int, k messageKind) func() []*Message {
	return func() (all []*Message) {
		for n := range messages {
			for u := range users {
				all = append(all, message(u, n, k))
			}
		}
		return all
	}
}

// inTurn has users who start together, each asking the next message when the last
// is answered.
func inTurn(users, messages int, k messageKind) func() []*Message {
	return func() (all []*Message) {
		for u := range users {
			var chain *Message // built from the last message
			for n := messages - 1; n >= 0; n-- {
				m := message(u, n, k)
				m.Next, chain = chain, m
			}
			all = append(all, chain)
		}
		return all
	}
}

// flood has one user who asks ten times as many messages as the others, and first.
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

// steady has users who ask perMinute messages a minute in all, from a time after
// the warm-up on.
func steady(users int, from, length time.Duration, perMinute float64) func() []*Message {
	return func() []*Message {
		return arrivals(users, from, length, short, func(time.Duration) float64 { return perMinute })
	}
}

// day has users who ask eleven times an hour, more in mid-morning and mid-afternoon
// than at noon and at the ends of the day. One message in five brings a document.
func day(users int, length time.Duration) func() []*Message {
	chat, document := withTokens(300, 1500, 50, 400), withTokens(4000, 12_000, 300, 900)
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

// arrivals come at random times, from a time after the warm-up on, at a rate a
// minute that changes slowly.
func arrivals(users int, from, length time.Duration, k messageKind, rate func(time.Duration) float64) (all []*Message) {
	rng := rand.New(rand.NewPCG(1, 1))
	sent := make([]int, users)
	for at := time.Duration(0); ; {
		at += time.Duration(rng.ExpFloat64() / rate(at) * float64(time.Minute))
		if at >= length {
			return all
		}
		u := rng.IntN(users)
		m := message(u, sent[u], k)
		m.At, sent[u] = WarmUp+from+at, sent[u]+1
		all = append(all, m)
	}
}
