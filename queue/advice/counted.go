package advice

import (
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// Counted is traffic of which only the counts are known, with what is assumed of the
// rest.
type Counted struct {
	Counts   []Count // by time; at least one, and each of at least one request
	Input    int     // tokens of a request
	Output   int     // tokens of an answer
	Users    int     // that the requests came from, 1 or more
	Took     time.Duration
	Tier     string // of the account
	Settings queue.Settings
}

// Count is how many requests came after From and by To.
type Count struct {
	From, To time.Time
	Requests int64
}

// countedModel is the model that counted requests are taken to be for.
const countedModel = "sonnet"

// UsualTime returns how long an answer of such a size usually takes.
func UsualTime(input, output int) time.Duration {
	return sim.DefaultSpeeds()[countedModel].Usual(sim.Call{InputTokens: input, OutputTokens: output}).Round(time.Millisecond)
}

// Situation returns the situation in which the requests of each count came evenly,
// from each user in turn.
func (c Counted) Situation() Situation {
	return Situation{
		Now: c.Counts[len(c.Counts)-1].To, Since: c.Counts[0].From, Traffic: c.traffic(),
		Settings: c.Settings, Active: c.Users, Tier: c.Tier,
	}
}

// traffic returns the requests, the latest [MaxReplayed] of them.
func (c Counted) traffic() []queue.RequestRecord {
	lane := queue.LaneName("account", countedModel)
	var all []queue.RequestRecord
	for _, count := range c.Counts {
		n := min(count.Requests, MaxReplayed)
		step := count.To.Sub(count.From) / time.Duration(n)
		for i := range n {
			all = append(all, queue.RequestRecord{
				Arrived: count.From.Add(time.Duration(i+1) * step), Lane: lane,
				User: "user_" + strconv.Itoa(len(all)%c.Users),
				Cost: queue.Cost{Input: c.Input, Output: c.Output}, Ended: true, Took: c.Took,
			})
		}
		all = all[max(0, len(all)-MaxReplayed):]
	}
	return all
}
