package replay

import (
	"time"

	"paceline/queue/sim"
)

// The tags of the loads of this file: of who must not wait for the others.
const (
	small     = "small"
	polite    = "polite"
	thread    = "main thread"
	impatient = "impatient" // gives up, and comes back
)

// fairLoads have users who ask for far more than others: in tokens, in requests, in
// subagents, or under invented names.
func fairLoads() []Load {
	overloaded := AccountWith(wide)
	overloaded.Storms = []sim.Storm{{At: WarmUp, Length: 10 * time.Minute, Share: 1}}
	return []Load{
		{Name: "10 users of 500 tokens beside one of 100,000", Account: AccountWith(tokensBind), Users: 11, Bottleneck: BottleneckTokens, Messages: besideLongPrompts(10, false)},
		{Name: "10 users of 500 tokens beside 20 prompts of 100,000 at once", Account: AccountWith(tokensBind), Users: 11, Bottleneck: BottleneckTokens, Messages: besideLongPrompts(10, true)},
		{Name: "9 polite users beside one with 600 messages", Account: AccountWith(sim.Limits{RequestsPerMinute: 120}), Users: 10, Bottleneck: BottleneckRequests, Messages: besideFlood(9)},
		{Name: "a session's main thread beside its 20 subagents", Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Users: 1, Bottleneck: BottleneckRequests, Messages: besideSubagents(1, 20)},
		{Name: "the main threads of 2 sessions beside 20 subagents of one", Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Users: 1, Bottleneck: BottleneckRequests, Messages: besideSubagents(2, 20)},
		{Name: "a polite user beside a name for each request", Account: AccountWith(sim.Limits{RequestsPerMinute: 480}), Users: 1 + inventedNames, Bottleneck: BottleneckRequests, Messages: besideInventedNames, WarmUp: func() []*Message { return []*Message{message(0, 0, short)} }},
		{Name: "60 users, of whom half cut after a minute and come back", Account: AccountWith(sim.Limits{RequestsPerMinute: 10}), Users: 60, Bottleneck: BottleneckRequests, Messages: withImpatient(60)},
		{Name: "60 users, of whom half come back before they are seen to leave", Account: AccountWith(sim.Limits{RequestsPerMinute: 10}), Users: 60, Bottleneck: BottleneckRequests, Messages: modified(withImpatient(60), seenLate)},
		{Name: "60 users, of whom half come back with another body and the same key", Account: AccountWith(sim.Limits{RequestsPerMinute: 10}), Users: 60, Bottleneck: BottleneckRequests, Messages: modified(withImpatient(60), byKey)},
		{Name: "10 users whose clients retry twice, and 529 for 10 min", Account: overloaded, Users: 10, Bottleneck: BottleneckFaults, Messages: modified(allAtOnce(10, 1, short), func(m *Message) { m.Retries = 2 })},
	}
}

// tokensBind are limits where one prompt of 100,000 tokens takes a quarter of a minute.
var tokensBind = sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 400_000, OutputTokensPerMinute: 80_000}

// besideLongPrompts has users with small questions for five minutes, one each 30 s, and
// beside them one with 20 long prompts: all at once, or the next when the last is answered.
func besideLongPrompts(users int, atOnce bool) func() []*Message {
	return func() (all []*Message) {
		const gap, length = 30 * time.Second, 5 * time.Minute
		for n := range int(length / gap) {
			for u := range users {
				m := message(u, n, withTokens(450, 550, 20, 60))
				m.At += time.Duration(n)*gap + time.Duration(u)*gap/time.Duration(users)
				m.Tag = small
				all = append(all, m)
			}
		}
		var chain *Message
		for n := 19; n >= 0; n-- {
			m := message(users, n, withTokens(95_000, 105_000, 200, 400))
			if atOnce {
				all = append(all, m)
				continue
			}
			m.Next, chain = chain, m
		}
		if chain != nil {
			all = append(all, chain)
		}
		return all
	}
}

// besideFlood has one user with 600 messages at once, and polite users who come 10 s
// later and ask the next message when the last is answered.
func besideFlood(users int) func() []*Message {
	return func() (all []*Message) {
		for n := range 600 {
			all = append(all, message(users, n, short))
		}
		for u := range users {
			var chain *Message
			for n := 14; n >= 0; n-- {
				m := message(u, n, short)
				m.Tag, m.Next, chain = polite, chain, m
			}
			chain.At += 10 * time.Second
			all = append(all, chain)
		}
		return all
	}
}

// besideSubagents has one user with some sessions: the main thread of each asks the next
// message when the last is answered, and so does each of their subagents.
func besideSubagents(threads, subagents int) func() []*Message {
	return func() (all []*Message) {
		for agent := range threads + subagents {
			var chain *Message
			for n := 19; n >= 0; n-- {
				m := message(0, agent*100+n, short)
				if m.Subagent = agent >= threads; !m.Subagent {
					m.Tag = thread
				}
				m.Next, chain = chain, m
			}
			all = append(all, chain)
		}
		return all
	}
}

const inventedNames = 2000

// besideInventedNames has a polite user, four messages at a time, and beside it one who
// sends a new name with each of 2000 requests, from the same address.
func besideInventedNames() (all []*Message) {
	for n := range inventedNames {
		m := message(1+n, 0, short)
		m.Origin = "address"
		m.At += time.Duration(n) * 5 * time.Millisecond
		all = append(all, m)
	}
	for talk := range 4 {
		var chain *Message
		for n := 49; n >= 0; n-- {
			m := message(0, talk*100+n, short)
			m.Tag, m.Origin = polite, "address"
			m.Next, chain = chain, m
		}
		all = append(all, chain)
	}
	return all
}

// withImpatient has users who ask once each, all at the same time. Every second one gives
// up a minute after it has asked, and asks the same again at once.
func withImpatient(users int) func() []*Message {
	return func() (all []*Message) {
		for u := range users {
			m := message(u, 0, short)
			m.At += time.Duration(u) * 10 * time.Millisecond
			if u%2 == 1 {
				m.Patience, m.ComesBack, m.Tag = time.Minute, true, impatient
			}
			all = append(all, m)
		}
		return all
	}
}

// seenLate lets who comes back be seen to have left two seconds later, as behind a proxy. They
// come over six seconds, at any time between two turns.
func seenLate(m *Message) {
	m.At += time.Duration(m.User) * 100 * time.Millisecond
	m.SeenLate = 2 * time.Second
}

// byKey gives a message an idempotency key, and each time another body.
func byKey(m *Message) { m.ByKey = true }
