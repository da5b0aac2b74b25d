package advice

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// part is a part of a load: so many messages of so many users within a time.
type part struct {
	users, messages int
	from, length    time.Duration
	input, output   int
	priority        queue.Priority
	streamed        bool
}

// parts returns a load of these parts; an answer takes three seconds and more.
func parts(name string, a sim.AccountSettings, all ...part) replay.Load {
	l := replay.Load{Name: name, Account: a}
	for _, p := range all {
		l.Users = max(l.Users, p.users)
	}
	l.Messages = func() (messages []*replay.Message) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, p := range all {
			for n := range p.messages {
				took := time.Duration((0.7 + 0.6*rng.Float64()) * float64(3*time.Second+time.Duration(p.output)*10*time.Millisecond))
				messages = append(messages, &replay.Message{
					User: n % p.users, Number: len(messages), Priority: p.priority, NoStream: !p.streamed, Bytes: 4 * p.input,
					At:   replay.WarmUp + p.from + time.Duration(rng.Float64()*float64(p.length)),
					Call: sim.Call{Model: "claude-sonnet-5-5", InputTokens: p.input, OutputTokens: p.output, MaxTokens: 4096, FirstToken: took / 10, Took: took},
				})
			}
		}
		return messages
	}
	return l
}

// limitedLoads wait for the account's limits, and nobody else uses them: a burst after a
// time with full buckets, bursts in a steady traffic, limits that change, buckets that hold
// less than a minute's limit.
func limitedLoads() []replay.Load {
	account := func(requests, input, output int, changes ...func(*sim.AccountSettings)) sim.AccountSettings {
		s := replay.AccountWith(sim.Limits{RequestsPerMinute: requests, InputTokensPerMinute: input, OutputTokensPerMinute: output})
		for _, change := range changes {
			change(&s)
		}
		return s
	}
	const large = 1_000_000
	changed := func(at time.Duration, requests int) func(*sim.AccountSettings) {
		return func(s *sim.AccountSettings) {
			s.Changes = append(s.Changes, sim.LimitChange{At: replay.WarmUp + at, Limits: sim.GroupLimits{"": {RequestsPerMinute: requests, InputTokensPerMinute: large, OutputTokensPerMinute: large}}})
		}
	}
	holding := func(requests, tokens int) func(*sim.AccountSettings) {
		return func(s *sim.AccountSettings) {
			s.Sizes = sim.GroupLimits{"": {RequestsPerMinute: requests, InputTokensPerMinute: tokens, OutputTokensPerMinute: tokens}}
		}
	}
	first := part{users: 1, messages: 2, input: 100, output: 300}
	steady := part{users: 10, messages: 124, length: 340 * time.Second, input: 100, output: 50}
	burst := func(from time.Duration, n int) part {
		return part{users: 12, messages: n, from: from, length: 10 * time.Millisecond, input: 100, output: 50}
	}
	return []replay.Load{
		parts("a burst from full buckets", account(50, large, large), first, burst(8*time.Second, 120)),
		parts("a burst at once", account(50, large, large), burst(0, 90)),
		parts("bursts in a steady traffic", account(50, large, large), steady, burst(20*time.Second, 90), burst(120*time.Second, 90), burst(220*time.Second, 90)),
		parts("large and small prompts", account(1000, 60_000, large), first,
			part{users: 8, messages: 48, from: 4 * time.Second, length: 10 * time.Millisecond, input: 300, output: 50}, part{users: 4, messages: 24, from: 4 * time.Second, length: 10 * time.Millisecond, input: 5500, output: 50}),
		parts("answers that are streamed", account(1000, large, 16_000),
			part{users: 10, messages: 30, length: time.Second, input: 100, output: 570, streamed: true}, part{users: 10, messages: 110, length: 190 * time.Second, input: 100, output: 570, streamed: true}),
		parts("more than is replayed, some streamed", account(1000, large, large), part{users: 10, messages: 1885, length: 7 * time.Minute, input: 1408, output: 77},
			part{users: 12, messages: 1054, from: 263 * time.Second, length: 850 * time.Millisecond, input: 1408, output: 77, streamed: true},
			part{users: 12, messages: 620, from: 295 * time.Second, length: 500 * time.Millisecond, input: 1408, output: 77, streamed: true}),
		parts("a burst of answers that just fits", account(1000, large, 24_000), part{users: 10, messages: 40, input: 100, output: 500}, part{users: 10, messages: 90, length: 190 * time.Second, input: 100, output: 500, streamed: true}),
		parts("answers longer than expected", account(60, large, 24_000), part{users: 10, messages: 100, length: 4 * time.Minute, input: 146, output: 594}, part{users: 12, messages: 69, from: time.Minute, length: time.Second, input: 146, output: 594}),
		parts("answers shorter than expected", account(120, large, 8_000), part{users: 10, messages: 90, length: 2 * time.Minute, input: 798, output: 140, streamed: true}, part{users: 12, messages: 74, from: time.Minute, length: time.Second, input: 798, output: 140}),
		parts("priorities", account(60, large, large), part{users: 10, messages: 80, input: 100, output: 50},
			part{users: 6, messages: 85, length: 250 * time.Second, input: 100, output: 50},
			part{users: 3, messages: 50, length: 250 * time.Second, input: 100, output: 50, priority: queue.High},
			part{users: 4, messages: 55, length: 250 * time.Second, input: 100, output: 50, priority: queue.Low}),
		parts("buckets that hold little", account(50, large, large, holding(5, 100_000)), part{users: 12, messages: 390, length: 9 * time.Minute, input: 100, output: 50}),
		parts("bursts, and buckets that hold half", account(50, large, large, holding(25, large/2)), steady, burst(20*time.Second, 60), burst(150*time.Second, 60)),
		parts("a limit that is raised", account(30, large, large, changed(70*time.Second, 120)), burst(0, 60), part{users: 10, messages: 150, length: 180 * time.Second, input: 100, output: 50}),
		parts("a limit that is lowered, and raised", account(60, large, large, changed(70*time.Second, 30), changed(130*time.Second, 90)), burst(0, 60), part{users: 10, messages: 200, length: 180 * time.Second, input: 100, output: 50}),
	}
}

// Who waits for the account's limits, and for nothing else, gets advice, and is told what
// the queue has spared. It was taken for others' traffic, and the replay began with empty
// buckets: 134 s were computed where 78 s were measured.
func TestAdviceWhereTheLimitsBind(t *testing.T) {
	for _, atEnd := range []bool{false, true} {
		for _, load := range limitedLoads() {
			load.Account.HeadersAtEnd = atEnd
			t.Run(fmt.Sprint(load.Name, ", at the end ", atEnd), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					without, err := replay.Run(t.Context(), &load, replay.Unqueued())
					if err != nil {
						t.Fatal(err)
					}
					s := playedPaces()[queue.PaceAdaptive]
					a := play(t, load, s)
					if a.CannotTell != "" || a.Spared == nil {
						t.Fatalf("cannot tell, because %q; %v measured, %v computed", a.CannotTell, millis(a.MeasuredP95Ms), millis(a.UntilNowP95Ms))
					}
					t.Logf("%v measured, %v computed; %d of %d would have failed, %d did", millis(a.MeasuredP95Ms), millis(a.UntilNowP95Ms), a.Spared.Failed, a.Requests, without.Failures)
					if off := abs(a.Spared.Failed - without.Failures); a.Requests == a.OutOf && off > max(2, a.Requests*5/100) || a.Spared.Lost != 0 {
						t.Errorf("without the queue %d of %d would have failed, want %d; with it %d", a.Spared.Failed, a.Requests, without.Failures, a.Spared.Lost)
					}
				})
			})
		}
	}
}
