package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// senders are users who ask alike: so many messages each at once, from a time on, and then
// so many a minute each at random times.
type senders struct {
	users, burst int
	perMinute    float64
	from, length time.Duration
	priority     queue.Priority
	call         messageKind
	stream       bool
}

// messagesOf returns the messages of some senders, whose users are numbered one after the
// other.
func messagesOf(all ...senders) func() []*Message {
	return func() (messages []*Message) {
		user := 0
		for _, s := range all {
			for range s.users {
				messages = append(messages, s.messages(user)...)
				user++
			}
		}
		return messages
	}
}

// messages returns those of one user.
func (s *senders) messages(user int) (all []*Message) {
	rng := rand.New(rand.NewPCG(uint64(user), 3))
	add := func(at time.Duration) {
		m := &Message{User: user, Number: len(all), Priority: s.priority, Call: s.call(rng), At: WarmUp + at, NoStream: !s.stream}
		m.Bytes = 4 * m.Call.InputTokens
		all = append(all, m)
	}
	for n := range s.burst {
		add(s.from + time.Duration(n)*time.Millisecond)
	}
	if s.perMinute == 0 {
		return all
	}
	for at := s.from; ; {
		at += time.Duration(rng.ExpFloat64() / s.perMinute * float64(time.Minute))
		if at >= s.from+s.length {
			return all
		}
		add(at)
	}
}

// usersIn is how many users some senders are.
func usersIn(all ...senders) (n int) {
	for _, s := range all {
		n += s.users
	}
	return n
}

// either makes calls of one of two sizes: the second in a share of the cases. An answer
// takes a latency and 10 ms for each token of output, 30% more or less.
func either(latency time.Duration, input, input2 int, share float64, output, output2 int, outputShare float64) messageKind {
	return func(rng *rand.Rand) sim.Call {
		c := sim.Call{Model: sonnet, InputTokens: input, OutputTokens: output, MaxTokens: 4096}
		if rng.Float64() < share {
			c.InputTokens = input2
		}
		if rng.Float64() < outputShare {
			c.OutputTokens = output2
		}
		c.Took = time.Duration(float64(latency+time.Duration(c.OutputTokens)*10*time.Millisecond) * (0.7 + 0.6*rng.Float64()))
		c.FirstToken = time.Millisecond
		return c
	}
}

// The calls of the loads of this file: all alike, small and large prompts, answers of one or
// two sizes.
var (
	alike              = either(3*time.Second, 100, 0, 0, 50, 0, 0)
	smallPrompt        = either(3*time.Second, 300, 0, 0, 50, 0, 0)
	largePrompt        = either(3*time.Second, 4000, 9000, 0.3, 50, 0, 0)
	answersOf300Or1200 = either(time.Second, 100, 0, 0, 300, 1200, 0.3)
	answersOf500       = either(time.Second, 100, 0, 0, 500, 0, 0)
	high, low          = queue.High, queue.Low
	plenty             = 1_000_000 // tokens or requests than anybody needs
)

// burstAccount returns the settings of an account whose answers that are not streamed tell at
// their end what is left.
func burstAccount(requests, input, output int) sim.AccountSettings {
	a := AccountWith(sim.Limits{RequestsPerMinute: requests, InputTokensPerMinute: input, OutputTokensPerMinute: output})
	a.HeadersAtEnd, a.RemainingDown, a.EstimateError = true, true, 0
	return a
}

// burstLoad returns a load of some senders.
func burstLoad(name string, a sim.AccountSettings, s ...senders) Load {
	return Load{Name: name, Account: a, Users: usersIn(s...), Messages: messagesOf(s...)}
}

// burstLoads have bursts that meet the account's limit, and users who come beside and later
// while the line empties: about as many as the account takes.
func burstLoads() []Load {
	const seconds = time.Second
	hidden, mute, crowded, changed := burstAccount(plenty, plenty, plenty), burstAccount(50, plenty, plenty), burstAccount(60, plenty, plenty), burstAccount(60, plenty, plenty)
	hidden.Workspaces, hidden.WorkspaceHeaders = map[string]sim.GroupLimits{lab: {"": {RequestsPerMinute: 50}}}, sim.WorkspaceHidden
	mute.HeadersMissing, mute.BurstWindow = 1, 12*seconds
	crowded.Others = []sim.OtherTraffic{{Model: sonnet, PerMinute: 25, InputTokens: 100, OutputTokens: 50}}
	changesTo := func(at time.Duration, n int) sim.LimitChange {
		return sim.LimitChange{At: WarmUp + at, Limits: sim.GroupLimits{"": {RequestsPerMinute: n, InputTokensPerMinute: plenty, OutputTokensPerMinute: plenty}}}
	}
	changed.Changes = []sim.LimitChange{changesTo(70*seconds, 30), changesTo(130*seconds, 90)}
	return []Load{
		burstLoad("36 at once, and 66 a minute of 50", burstAccount(50, plenty, plenty),
			senders{users: 12, burst: 3, perMinute: 5.5, length: 150 * seconds, call: alike}),
		burstLoad("96 at once, and 47 a minute of 50", burstAccount(50, plenty, plenty),
			senders{users: 12, burst: 8, perMinute: 3.9, length: 230 * seconds, call: alike}),
		burstLoad("120 at once, of 50 a minute", burstAccount(50, plenty, plenty),
			senders{users: 1, burst: 2, call: alike},
			senders{users: 12, burst: 10, from: 5 * seconds, call: alike}),
		burstLoad("80 at once, and 51 a minute of all priorities, of 50", burstAccount(50, plenty, plenty),
			senders{users: 10, burst: 8, call: alike},
			senders{users: 6, perMinute: 5, from: 5 * seconds, length: 170 * seconds, call: alike},
			senders{users: 3, perMinute: 3, from: 5 * seconds, length: 150 * seconds, priority: high, call: alike},
			senders{users: 4, perMinute: 3, from: 5 * seconds, length: 150 * seconds, priority: low, call: alike}),
		burstLoad("80 at once, and 47 a minute of all priorities, of 60", burstAccount(60, plenty, plenty),
			senders{users: 10, burst: 8, call: alike},
			senders{users: 6, perMinute: 3.5, length: 250 * seconds, call: alike},
			senders{users: 3, perMinute: 4, length: 250 * seconds, priority: high, call: alike},
			senders{users: 4, perMinute: 3.5, length: 250 * seconds, priority: low, call: alike}),
		burstLoad("72 small and large prompts at once", burstAccount(1000, 60_000, plenty),
			senders{users: 1, burst: 2, call: alike},
			senders{users: 8, burst: 6, from: 4 * seconds, call: smallPrompt},
			senders{users: 4, burst: 6, from: 4 * seconds, call: largePrompt}),
		burstLoad("small and large prompts, half as much again as the limit", burstAccount(1000, 60_000, plenty),
			senders{users: 8, burst: 2, perMinute: 4, length: 150 * seconds, call: smallPrompt},
			senders{users: 4, burst: 4, perMinute: 4, length: 150 * seconds, call: largePrompt}),
		burstLoad("small and large prompts, nine tenths of the limit", burstAccount(1000, 80_000, plenty),
			senders{users: 8, burst: 2, perMinute: 4, length: 190 * seconds, call: smallPrompt},
			senders{users: 4, burst: 4, perMinute: 2.5, length: 190 * seconds, call: largePrompt}),
		burstLoad("answers of 300 or 1200 tokens, as many as the limit", burstAccount(1000, plenty, 16_000),
			senders{users: 10, burst: 3, perMinute: 2.8, length: 190 * seconds, call: answersOf300Or1200, stream: true}),
		burstLoad("50 answers of 300 or 1200 tokens at once", burstAccount(1000, plenty, 16_000),
			senders{users: 1, burst: 2, call: alike},
			senders{users: 10, burst: 5, from: 8 * seconds, call: answersOf300Or1200, stream: true}),
		burstLoad("60 whole answers at once, and 30 a minute, six tenths of the output", burstAccount(1000, plenty, 24_000),
			senders{users: 10, burst: 6, call: answersOf500},
			senders{users: 10, perMinute: 3, length: 190 * seconds, call: answersOf500, stream: true}),
		{Name: "60 at once, and 60 a minute beside a limit of 50 that nobody tells", Account: hidden, Users: 10,
			Messages: inLab(messagesOf(senders{users: 10, burst: 6, perMinute: 6, length: 180 * seconds, call: alike}))},
		burstLoad("30 at once, and 60 a minute of 50 without headers", mute,
			senders{users: 10, burst: 3, perMinute: 6, length: 180 * seconds, call: alike}),
		burstLoad("50 at once, and 42 a minute beside 25 others, of 60", crowded,
			senders{users: 10, burst: 5, perMinute: 4.2, length: 190 * seconds, call: alike}),
		burstLoad("60 at once, and 50 a minute of 60, then 30, then 90", changed,
			senders{users: 10, burst: 6, perMinute: 5, length: 180 * seconds, call: alike}),
	}
}

// spacedLoads have about as many users as the published rule serves.
func spacedLoads() []Load {
	const seconds = time.Second
	return []Load{
		burstLoad("22 a minute", burstAccount(1000, plenty, plenty),
			senders{users: 10, burst: 1, perMinute: 2.2, length: 190 * seconds, call: alike}),
		burstLoad("24 a minute of all priorities", burstAccount(1000, plenty, plenty),
			senders{users: 6, burst: 1, perMinute: 2.2, length: 190 * seconds, call: alike},
			senders{users: 3, perMinute: 2, length: 190 * seconds, priority: high, call: alike},
			senders{users: 3, perMinute: 1.5, length: 190 * seconds, priority: low, call: alike}),
	}
}
