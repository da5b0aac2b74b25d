package advice

import (
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// Counted is traffic of which only the counts are known, with assumptions about the
// rest.
type Counted struct {
	Counts   []Count // in order of time; at least one, each with at least one request
	Input    int     // tokens of a request
	Output   int     // tokens of an answer
	Users    int     // that sent the requests, 1 or more
	Took     time.Duration
	Tier     string       // of the account, if Limits are not known
	Limits   queue.Limits // of the account, as its answers told them; zero: not known
	Settings queue.Settings
}

// Count is the number of requests after From and up to To.
type Count struct {
	From, To time.Time
	Requests int64
}

// countedModel is the assumed model of counted requests.
const countedModel = "sonnet"

// UsualTime returns the median time of an answer of this size.
func UsualTime(input, output int) time.Duration {
	return sim.DefaultSpeeds()[countedModel].Usual(sim.Call{InputTokens: input, OutputTokens: output}).Round(time.Millisecond)
}

// countedLane is the lane of counted requests.
var countedLane = queue.LaneName("account", countedModel)

// Situation returns a situation in which the requests of each count are evenly
// spread and users take turns.
func (c Counted) Situation() Situation {
	s := Situation{
		Now: c.Counts[len(c.Counts)-1].To, Since: c.Counts[0].From, Traffic: c.traffic(),
		Settings: c.Settings, Active: c.Users, Tier: c.Tier,
	}
	if c.Limits != (queue.Limits{}) {
		s.Learned = map[string]queue.Limits{countedLane: c.Limits}
	}
	return s
}

// traffic returns the requests, at most the latest [maxReplayed] of them.
func (c Counted) traffic() []queue.RequestRecord {
	var all []queue.RequestRecord
	for _, count := range c.Counts {
		n := min(count.Requests, maxReplayed)
		step := count.To.Sub(count.From) / time.Duration(n)
		for i := range n {
			all = append(all, queue.RequestRecord{
				Arrived: count.From.Add(time.Duration(i+1) * step), Lane: countedLane,
				User: "user_" + strconv.Itoa(len(all)%c.Users),
				Cost: queue.Cost{Input: c.Input, Output: c.Output}, Ended: true, Took: c.Took,
			})
		}
		all = all[max(0, len(all)-maxReplayed):]
	}
	return all
}
