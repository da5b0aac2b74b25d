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

// Plan is traffic to plan for: users of one account who ask at random moments
// (a Poisson process each), whatever the answers do. Sizes vary: half of the
// messages are smaller than 0.88 of the mean, and one in twenty is twice the mean
// or larger (log-normal). The zero value is not valid; all fields are needed.
type Plan struct {
	Users           int     // 1 to 100,000
	MessagesPerHour float64 // of each user, on average; 0.1 to 1000
	Input           int     // tokens of a message on average, 1 to 1,000,000
	Output          int     // tokens of an answer on average, 1 to 128,000
	// Model decides how fast answers come, see [sim.DefaultSpeeds].
	Model string
	// Limits are those of the account for the model. Zero is none, or not known;
	// one at least must be there.
	Limits sim.Limits
}

// The widest values of a plan.
const (
	planUsers     = 100_000
	planRate      = 1000
	planLeastRate = 0.1
	planInput     = 1_000_000
	planOutput    = 128_000
)

// PlanNever is the wait of a message that is refused.
const PlanNever time.Duration = math.MaxInt64

// PlanForecast is what users of a [Plan] may expect.
type PlanForecast struct {
	Plan  Plan
	Paces []PlanPace // spaced, adaptive
	Table []PlanRow  // the published one, computed
}

// Validate returns an error that names each field that is out of its range, and
// the range; nil if there is none.
func (p Plan) Validate() error {
	all := []error{
		planRange("users", p.Users, 1, planUsers),
		planRange("messagesPerHour", p.MessagesPerHour, planLeastRate, planRate),
		planRange("input", p.Input, 1, planInput),
		planRange("output", p.Output, 1, planOutput),
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

// Forecast computes what the users would feel under the default settings of the
// queue, with both of its paces. It takes a few seconds at most and gives the same
// every time. The error is that of Validate, or of the context when it ends.
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

// planAdaptive returns the settings of a queue that is started with the adaptive pace.
func planAdaptive() queue.Settings {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return s
}

// perMinute is how many messages so many users send in a minute.
func (p Plan) perMinute(users int) float64 { return float64(users) * p.MessagesPerHour / 60 }

// through lets a day of so many users through the queue and appends what those
// waited who were answered. It returns how many messages counted as well, those
// that were refused among them.
func (p Plan) through(ctx context.Context, s queue.Settings, users int, day uint64, waits []time.Duration) ([]time.Duration, int, error) {
	length := p.span(users)
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
	felt, err := replay.Run(ctx, load, replay.Queue("", s, false))
	if err != nil {
		return nil, 0, err
	}
	for _, a := range felt.Answers {
		if first+a.At-a.Latency >= from {
			waits = append(waits, a.Wait)
		}
	}
	return waits, counted, nil
}
