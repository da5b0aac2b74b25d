package advice

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// PlanUse is how much of a limited resource a plan needs.
type PlanUse struct {
	Resource string // one of the Limit constants of package queue, or of the BlockedBy ones
	// Needed and Limit are per minute, or for calls in flight the mean and the
	// maximum at the same time. The limit of the spacing is how many requests it
	// starts while none waits.
	Needed, Limit float64
}

// Share is the needed share of the limit; 1 is all of it.
func (u PlanUse) Share() float64 { return u.Needed / u.Limit }

// uses returns what that many users need of each limit, the scarcest first.
func (p Plan) uses(s queue.Settings, users int) []PlanUse {
	perMinute, slots := p.perMinute(users), s.MaxInFlight
	if s.Adaptive {
		slots = s.AdaptiveInFlight
	}
	all := []PlanUse{
		{queue.LimitRequests, perMinute, float64(p.Limits.RequestsPerMinute)},
		{queue.LimitInput, perMinute * float64(p.Input), float64(p.Limits.InputTokensPerMinute)},
		{queue.LimitOutput, perMinute * float64(p.Output), float64(p.Limits.OutputTokensPerMinute)},
		{queue.BlockedBySlots, perMinute * p.answerTime().Minutes(), float64(slots)},
	}
	if !s.Adaptive {
		all = append(all, PlanUse{queue.BlockedBySpacing, perMinute, time.Minute.Seconds() / s.MinDelay.Seconds()})
	}
	all = slices.DeleteFunc(all, func(u PlanUse) bool { return u.Limit == 0 })
	slices.SortStableFunc(all, func(a, b PlanUse) int { return cmp.Compare(b.Share(), a.Share()) })
	return all
}

// carries returns the most users who need less than all of the scarcest limit.
func (p Plan) carries(s queue.Settings) int {
	low, high := 0, planMaxUsers+1 // low users fit, high do not or were not tried
	for high-low > 1 {
		if mid := (low + high) / 2; p.uses(s, mid)[0].Share() < 1 {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// tipsAt returns [PlanPace].TipsAt.
func (p Plan) tipsAt(s queue.Settings) int {
	between := time.Duration(float64(time.Minute) / p.perMinute(p.Users))
	if s.Adaptive || s.Step == 0 || between >= s.MaxDelay {
		return 0
	}
	return int(max(between-s.MinDelay, 0)/s.Step) + 1
}

// answerTime is the mean time of an answer.
func (p Plan) answerTime() time.Duration {
	const draws = 1000
	rng := rand.New(rand.NewPCG(1, 1))
	total := time.Duration(0)
	for range draws {
		_, took := p.speed().Draw(rng, sim.Call{InputTokens: p.Input, OutputTokens: p.Output})
		total += took
	}
	return total / draws
}
