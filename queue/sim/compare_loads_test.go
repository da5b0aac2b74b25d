package sim_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"paceline/queue/sim"
)

// load is what so many users ask of an account. A pace gets its messages once.
type load struct {
	name    string
	account sim.AccountSettings
	users   int
	binds   what // which limit is the narrowest, where messages wait
	asks    func() []*ask
}

// longAnswers names the load in which the output binds.
const longAnswers = "20 users, 10 long answers each"

// what holds a load up.
type what int

const (
	nothing what = iota
	requests
	tokens
	others // whom nobody sees
	faults
)

// Tier 1 as it was until June 2026, and the Start tier since then.
var (
	tier1 = sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8_000}
	start = sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000}
)

func accountOf(l sim.Limits) sim.AccountSettings {
	s := sim.DefaultAccountSettings()
	s.Limits = sim.GroupLimits{"": l}
	return s
}

func loads() []load {
	crowded := accountOf(tier1)
	crowded.Others = []sim.Others{{Model: sonnet, PerMinute: 20, InputTokens: 200, OutputTokens: 40}}
	stormy := accountOf(tier1)
	stormy.Storms = []sim.Storm{{At: opening + 3*time.Minute, Length: time.Minute, Share: 0.7}}
	risen := accountOf(sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 300_000, OutputTokensPerMinute: 80_000})
	risen.Changes = []sim.LimitChange{{At: noon, Limits: sim.GroupLimits{"": start}}}
	return []load{
		{"light: 2 users, 2 messages each", accountOf(tier1), 2, nothing, inTurn(2, 2, short)},
		{"moderate: 5 users, 3 messages each", accountOf(tier1), 5, nothing, inTurn(5, 3, short)},
		{"heavy: 10 users, 2 messages each", accountOf(tier1), 10, nothing, inTurn(10, 2, short)},
		{"heavy, all at once", accountOf(tier1), 10, nothing, together(10, 2, short)},
		{"40 users, 2 messages each, all at once", accountOf(tier1), 40, requests, together(40, 2, short)},
		{"20 users, 10 long prompts each", accountOf(tier1), 20, tokens, together(20, 10, wordy(500, 3500, 50, 350))},
		{longAnswers, accountOf(tier1), 20, tokens, together(20, 10, wordy(200, 600, 200, 1000))},
		{"300 users, 5 very long prompts each, Start tier", accountOf(start), 300, tokens, together(300, 5, wordy(2000, 30_000, 100, 800))},
		{"60 users, 4 messages each, three models", accountOf(tier1), 60, requests, together(60, 4, mixed)},
		{"one user with 100 messages, nine with 10", accountOf(tier1), 10, requests, flood},
		{"a day of 50 users, long and short", accountOf(tier1), 50, tokens, day(50, 8*time.Hour)},
		{"40 users, 5 messages each, and others unseen", crowded, 40, others, together(40, 5, short)},
		{"20 users and a 529 storm of a minute", stormy, 20, faults, steady(20, 0, 10*time.Minute, 25)},
		{"60 a minute, and at noon another tier", risen, 30, requests, steady(30, noon-opening-15*time.Minute, 30*time.Minute, 60)},
	}
}

const noon = 4 * time.Hour // since dawn

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

// message is one message. How many bytes a token has depends on the user, whose
// language it is, and somewhat on the message.
func message(user, number int, k kind) *ask {
	rng := rand.New(rand.NewPCG(uint64(user), uint64(number)))
	a := &ask{user: user, number: number, call: k(rng), at: opening}
	own := rand.New(rand.NewPCG(uint64(user), math.MaxUint64)).Float64()
	perToken := (3.3 * (0.85 + 0.3*own)) * (0.95 + 0.1*rng.Float64())
	a.bytes = int(float64(a.call.InputTokens) * perToken)
	return a
}

// together has users who ask all their messages at once.
func together(users, messages int, k kind) func() []*ask {
	return func() (all []*ask) {
		for n := range messages {
			for u := range users {
				all = append(all, message(u, n, k))
			}
		}
		return all
	}
}

// inTurn has users who begin together, and each asks again when answered.
func inTurn(users, messages int, k kind) func() []*ask {
	return func() (all []*ask) {
		for u := range users {
			var chain *ask
			for n := messages - 1; n >= 0; n-- {
				a := message(u, n, k)
				chain, a.next = a, chain
			}
			all = append(all, chain)
		}
		return all
	}
}

// flood has one user who asks ten times as much as the others, and first.
func flood() (all []*ask) {
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

// steady has users who ask so often a minute in all, whatever the answers do.
func steady(users int, from, length time.Duration, perMinute float64) func() []*ask {
	return func() []*ask {
		return arrivals(users, from, length, short, func(time.Duration) float64 { return perMinute })
	}
}

// day has users who ask eleven times an hour, more before noon and in the
// afternoon than at its ends. One message in five brings a document.
func day(users int, length time.Duration) func() []*ask {
	chat, document := wordy(300, 1500, 50, 400), wordy(4000, 12_000, 300, 900)
	either := func(rng *rand.Rand) sim.Call {
		if rng.IntN(5) == 0 {
			return document(rng)
		}
		return chat(rng)
	}
	return func() []*ask {
		return arrivals(users, 0, length, either, func(at time.Duration) float64 {
			part := float64(at) / float64(length)
			return float64(users) * 11 / 60 * (1 - 0.5*math.Cos(4*math.Pi*part))
		})
	}
}

// arrivals come at random moments at a rate a minute that moves slowly.
func arrivals(users int, from, length time.Duration, k kind, rate func(time.Duration) float64) (all []*ask) {
	rng := rand.New(rand.NewPCG(1, 1))
	sent := make([]int, users)
	for at := time.Duration(0); ; {
		at += time.Duration(rng.ExpFloat64() / rate(at) * float64(time.Minute))
		if at >= length {
			return all
		}
		u := rng.IntN(users)
		a := message(u, sent[u], k)
		a.at, sent[u] = opening+from+at, sent[u]+1
		all = append(all, a)
	}
}

// rehearsal is one message of each user to each model, in the hour before.
func (l *load) rehearsal() (all []*ask) {
	type place struct {
		user  int
		model string
	}
	seen := map[place]bool{}
	for _, a := range l.asks() {
		for ; a != nil; a = a.next {
			if p := (place{a.user, a.call.Model}); !seen[p] {
				seen[p] = true
				all = append(all, a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *ask) int { return a.user - b.user })
	for i, a := range all {
		a.at, a.number, a.next = opening*9/10*time.Duration(i)/time.Duration(len(all)), a.number+1<<16, nil
	}
	return all
}
