package advice

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// Plan is expected traffic: users of one account who ask at random times (a Poisson
// process each), whatever the answers do. Sizes vary: half of the messages are
// smaller than 0.88 of the mean, and one in twenty is at least twice the mean
// (log-normal). The zero value is not valid; all fields are needed.
type Plan struct {
	Users           int     // 1 to 100,000
	MessagesPerHour float64 // of each user, on average; 0.1 to 1000
	Input           int     // tokens of a message on average, 1 to 1,000,000
	Output          int     // tokens of an answer on average, 1 to 128,000
	// Model sets how fast answers come, see [sim.DefaultSpeeds].
	Model string
	// Limits are those of the account for the model. Zero is no limit, or unknown;
	// at least one must be set.
	Limits sim.Limits
}

// The ranges of a plan.
const (
	planMaxUsers  = 100_000
	planMaxRate   = 1000
	planMinRate   = 0.1
	planMaxInput  = 1_000_000
	planMaxOutput = 128_000
)

// PlanNever is the wait of a refused message.
const PlanNever time.Duration = math.MaxInt64

// PlanForecast is the expected result of a [Plan].
type PlanForecast struct {
	Plan  Plan
	Paces []PlanPace // spaced, adaptive
	Table []PlanRow  // the published capacity table, computed
}

// Validate returns an error for each field out of its range, with the range; nil if
// there is none.
func (p Plan) Validate() error {
	all := []error{
		planRange("users", p.Users, 1, planMaxUsers),
		planRange("messagesPerHour", p.MessagesPerHour, planMinRate, planMaxRate),
		planRange("input", p.Input, 1, planMaxInput),
		planRange("output", p.Output, 1, planMaxOutput),
		p.Limits.Validate(),
	}
	if p.Limits == (sim.Limits{}) {
		all = append(all, errors.New("advice: limits are not known: one at least must be there"))
	}
	if most := p.largestInput(); p.Input > most {
		all = append(all, fmt.Errorf("advice: input is %d: must be at most %d, or messages never fit into the limit of %d input tokens a minute", p.Input, most, p.Limits.InputTokensPerMinute))
	}
	return errors.Join(all...)
}

func planRange[T int | float64](field string, v, low, high T) error {
	if v >= low && v <= high { // false for NaN, too
		return nil
	}
	return fmt.Errorf("advice: %s is %v: must be from %v to %v", field, v, low, high)
}

// Forecast computes the waits with the default settings of the queue and both of
// its paces. It takes a few seconds at most, and the result is always the same. The
// error is that of Validate, or of the context when it ends.
func (p Plan) Forecast(ctx context.Context) (PlanForecast, error) {
	f := PlanForecast{Plan: p}
	if err := p.Validate(); err != nil {
		return f, err
	}
	var working sync.WaitGroup
	f.Paces = make([]PlanPace, 2)
	failed := make([]error, 3)
	for i, search := range []*planSearch{p.search("spaced", queue.DefaultSettings()), p.search("adaptive", planAdaptive())} {
		working.Go(func() { f.Paces[i], failed[i] = search.pace(ctx) })
	}
	f.Table, failed[2] = p.table(ctx)
	working.Wait()
	return f, errors.Join(failed...)
}

// planAdaptive returns the default settings with the adaptive pace.
func planAdaptive() queue.Settings {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return s
}

// perMinute is how many messages that many users send in a minute.
func (p Plan) perMinute(users int) float64 { return float64(users) * p.MessagesPerHour / 60 }

// simulate runs a day of that many users through the queue, and appends the waits
// of the answered messages. It also returns how many messages counted, including
// refused ones.
func (p Plan) simulate(ctx context.Context, s queue.Settings, users int, day uint64, waits []time.Duration) ([]time.Duration, int, error) {
	length := p.period(users)
	load := p.load(users, day, length)
	messages := load.Messages()
	load.Messages = func() []*replay.Message { return messages }
	from, first, counted := replay.WarmUp+length/planWarmUp, time.Duration(math.MaxInt64), 0
	for _, m := range messages {
		first = min(first, m.At)
		if m.At >= from {
			counted++
		}
	}
	result, err := replay.Run(ctx, load, replay.QueuePace("", s, false))
	if err != nil {
		return nil, 0, err
	}
	for _, a := range result.Answers {
		if first+a.At-a.Latency >= from {
			waits = append(waits, a.Wait)
		}
	}
	return waits, counted, nil
}
