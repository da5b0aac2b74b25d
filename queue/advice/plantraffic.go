package advice

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// How much traffic a plan is computed from: days of PlanDay, or the part of one that
// has about PlanMessages, if that is less. There are several days where all of them
// have about as many messages, with as many users as the account carries.
const (
	PlanDay      = 8 * time.Hour
	PlanMessages = 8000
)

const (
	planDays   = 5 // at most
	planWarmUp = 8 // the first part in so many of a day does not count: the limits are being learned

	planSpread  = 0.5 // of the logarithm of a size
	planLongest = 4   // times the mean is the largest
	planFits    = 0.9 // of the input limit is the largest, too: what the bucket can hold, wherever the API's estimate is off
)

// span is how long the traffic of so many users is let through.
func (p Plan) span(users int) time.Duration {
	return time.Duration(min(PlanMessages/p.perMinute(users), PlanDay.Minutes()) * float64(time.Minute))
}

// days is on how many days, where so many users are the most.
func (p Plan) days(most int) uint64 {
	return uint64(min(max(math.Round(PlanMessages/(p.perMinute(max(most, 1))*PlanDay.Minutes())), 1), planDays))
}

// load is the traffic of so many users on a day. A user asks the same, however
// many others there are.
func (p Plan) load(users int, day uint64, length time.Duration) *replay.Load {
	return &replay.Load{
		Name:    "plan",
		Users:   users,
		Account: replay.AccountWith(p.Limits),
		Messages: func() (all []*replay.Message) {
			for u := range users {
				all = p.ask(all, u, day, length)
			}
			return all
		},
	}
}

// ask appends what one user asks in a time.
func (p Plan) ask(all []*replay.Message, user int, day uint64, length time.Duration) []*replay.Message {
	when := rand.New(rand.NewPCG(uint64(user), day))
	at := time.Duration(0)
	for number := 0; ; number++ {
		at += time.Duration(when.ExpFloat64() / p.MessagesPerHour * float64(time.Hour))
		if at >= length {
			return all
		}
		all = append(all, &replay.Message{User: user, Number: number, At: replay.WarmUp + at})
		p.fill(all[len(all)-1], day)
	}
}

// fill says what a message is like.
func (p Plan) fill(m *replay.Message, day uint64) {
	rng := rand.New(rand.NewPCG(uint64(m.User)<<32|uint64(m.Number), day))
	input := min(vary(rng, p.Input), p.largestInput())
	output := vary(rng, p.Output)
	m.Call = sim.Call{Model: p.Model, InputTokens: input, OutputTokens: output, MaxTokens: planLongest * p.Output}
	m.Call.FirstToken, m.Call.Took = p.speed().Draw(rng, m.Call)
	m.Bytes = int(float64(input) * (2.8 + rng.Float64())) // how many a token has depends on the text
}

// vary returns a size around a mean.
func vary(rng *rand.Rand, mean int) int {
	size := float64(mean) * math.Exp(planSpread*rng.NormFloat64()-planSpread*planSpread/2)
	return int(math.Round(min(max(size, 1), planLongest*float64(mean))))
}

// largestInput is how many input tokens a message may have.
func (p Plan) largestInput() int {
	if p.Limits.InputTokensPerMinute == 0 {
		return math.MaxInt
	}
	return max(int(planFits*float64(p.Limits.InputTokensPerMinute)), 1)
}

// speed is how fast the model answers.
func (p Plan) speed() sim.Speed {
	speeds := sim.DefaultSpeeds()
	family, _, _ := strings.Cut(queue.ModelGroup(p.Model), "-")
	if s, ok := speeds[family]; ok {
		return s
	}
	return speeds[""]
}
