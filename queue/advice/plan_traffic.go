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

// The traffic that a plan is computed from: days of PlanDay, or the part of one that
// has about PlanMessages, if that is less. There are several days if together they
// have about that many messages, with as many users as the account carries.
const (
	PlanDay      = 8 * time.Hour
	PlanMessages = 8000
)

const (
	planDays   = 5 // at most
	planWarmUp = 8 // the first eighth of a day does not count, because the limits are being learned

	planSigma    = 0.5 // standard deviation of the logarithm of a size
	planMaxSize  = 4   // times the mean: the largest size
	planMaxShare = 0.9 // of the input limit: the largest input, which fits the bucket even if the API's estimate is off
)

// period is how long the traffic of that many users is simulated.
func (p Plan) period(users int) time.Duration {
	return time.Duration(min(PlanMessages/p.perMinute(users), PlanDay.Minutes()) * float64(time.Minute))
}

// days is the number of days, if most is the largest number of users.
func (p Plan) days(most int) uint64 {
	return uint64(min(max(math.Round(PlanMessages/(p.perMinute(max(most, 1))*PlanDay.Minutes())), 1), planDays))
}

// load is the traffic of that many users on a day. A user's messages do not depend
// on the other users.
func (p Plan) load(users int, day uint64, length time.Duration) *replay.Load {
	return &replay.Load{
		Name:    "plan",
		Users:   users,
		Account: replay.AccountWith(p.Limits),
		Messages: func() (all []*replay.Message) {
			for u := range users {
				all = p.messagesOf(all, u, day, length)
			}
			return all
		},
	}
}

// messagesOf appends one user's messages.
func (p Plan) messagesOf(all []*replay.Message, user int, day uint64, length time.Duration) []*replay.Message {
	when := rand.New(rand.NewPCG(uint64(user), day))
	at := time.Duration(0)
	for number := 0; ; number++ {
		at += time.Duration(when.ExpFloat64() / p.MessagesPerHour * float64(time.Hour))
		if at >= length {
			return all
		}
		all = append(all, &replay.Message{User: user, Number: number, At: replay.WarmUp + at})
		p.setContent(all[len(all)-1], day)
	}
}

// setContent sets the size and the times of a message.
func (p Plan) setContent(m *replay.Message, day uint64) {
	rng := rand.New(rand.NewPCG(uint64(m.User)<<32|uint64(m.Number), day))
	input := min(randomSize(rng, p.Input), p.largestInput())
	output := randomSize(rng, p.Output)
	m.Call = sim.Call{Model: p.Model, InputTokens: input, OutputTokens: output, MaxTokens: planMaxSize * p.Output}
	m.Call.FirstToken, m.Call.Took = p.speed().Draw(rng, m.Call)
	m.Bytes = int(float64(input) * (2.8 + rng.Float64())) // the bytes of a token depend on the text
}

// randomSize returns a random size around a mean.
func randomSize(rng *rand.Rand, mean int) int {
	size := float64(mean) * math.Exp(planSigma*rng.NormFloat64()-planSigma*planSigma/2)
	return int(math.Round(min(max(size, 1), planMaxSize*float64(mean))))
}

// largestInput is the most input tokens of a message.
func (p Plan) largestInput() int {
	if p.Limits.InputTokensPerMinute == 0 {
		return math.MaxInt
	}
	return max(int(planMaxShare*float64(p.Limits.InputTokensPerMinute)), 1)
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
