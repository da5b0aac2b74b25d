package replay

import (
	"math/rand/v2"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// The tag of what must not wait for others in the loads of this file.
const urgent = "high priority"

// priorityLoads have requests of all three priorities, so that those who come later often
// go first.
func priorityLoads() []Load {
	return []Load{
		{Name: "90 a minute of all priorities for 5 min, of 60", Account: AccountWith(sim.Limits{RequestsPerMinute: 60}), Users: 30, Bottleneck: BottleneckRequests,
			Messages: ofAllPriorities(steady(30, 0, 5*time.Minute, 90))},
		{Name: "100 low at once, and 40 a minute of all priorities", Account: AccountWith(tier1), Users: 100, Bottleneck: BottleneckRequests,
			Messages: besideLow(100, ofAllPriorities(steady(30, 0, 10*time.Minute, 40)))},
	}
}

// ofAllPriorities gives one message in four the high priority, and one in four the low one.
func ofAllPriorities(messages func() []*Message) func() []*Message {
	return func() []*Message {
		all, rng := messages(), rand.New(rand.NewPCG(2, 2))
		for _, m := range all {
			m.Priority = []queue.Priority{queue.High, queue.Normal, queue.Normal, queue.Low}[rng.IntN(4)]
			if m.Priority == queue.High {
				m.Tag = urgent
			}
		}
		return all
	}
}

// besideLow adds a message of low priority of each user, all at once, before the others.
func besideLow(users int, messages func() []*Message) func() []*Message {
	return func() []*Message {
		low := allAtOnce(users, 1, short)()
		for _, m := range low {
			m.Number, m.Priority = 1<<15, queue.Low
		}
		return append(low, messages()...)
	}
}
