package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"paceline/client"
	"paceline/client/report"
	"paceline/queue"
	"paceline/queue/advice"
	"paceline/queue/sim"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"paceline/queue/human"
)

// assumptionFlags say what to assume of requests where the server tells only their
// number.
type assumptionFlags struct {
	set                  *pflag.FlagSet
	tier                 string
	input, output, users int
}

func (f *assumptionFlags) addTo(c *cobra.Command) {
	f.set = pflag.NewFlagSet("guess", pflag.ContinueOnError)
	f.set.StringVar(&f.tier, "tier", "start", "where no advice is told: `name` of the account's tier, "+command.List(sim.TierNames()))
	f.set.IntVar(&f.input, "input", 3000, "where no advice is told: input `tokens` of a request")
	f.set.IntVar(&f.output, "output", 600, "where no advice is told: output `tokens` of an answer")
	f.set.IntVar(&f.users, "users", 0, "where no advice is told: how many users they came from (default: the most that were told of, else that waited at once)")
	c.Flags().AddFlagSet(f.set)
	command.Complete(c, "tier", sim.TierNames()...)
}

func (f *assumptionFlags) check() error {
	errs := []error{command.OneOf("tier", f.tier, sim.TierNames()...)}
	for _, n := range []struct {
		flag             string
		value, low, high int
	}{{"input", f.input, 1, 1_000_000}, {"output", f.output, 1, 128_000}, {"users", f.users, 0, 10_000}} {
		if n.value < n.low || n.value > n.high {
			errs = append(errs, command.Usagef("--%s is %d: must be from %d to %d", n.flag, n.value, n.low, n.high))
		}
	}
	return errors.Join(errs...)
}

// sourcedAdvice is an advice and its source.
type sourcedAdvice struct {
	*client.Advice                // nil if there is none
	fromServer     bool           // by the endpoint; else it was computed here
	assumed        []string       // what was assumed for that
	since          time.Time      // the traffic that it is computed from begins here
	whyNone        string         // why there is none
	worst          *client.Advice // told earlier, when waits were longest; nil if there is none
}

// addAdvice adds the advice to a report: that of the server, else one that is
// computed from the arrivals.
func (f *assumptionFlags) addAdvice(ctx context.Context, s *summary) error {
	if s.Advice != nil {
		s.advice = sourcedAdvice{Advice: s.Advice, fromServer: true, worst: s.WorstAdvice}
		return nil
	}
	hour, count := s.Busiest()
	if count == 0 {
		s.advice.whyNone = whyNoAdvice(s)
		return nil
	}
	c, err := f.compute(ctx, s, hour)
	if err != nil {
		return err
	}
	s.advice = c
	return nil
}

// whyNoAdvice returns a sentence that says why there is no advice, and what to do.
func whyNoAdvice(s *summary) string {
	switch {
	case s.SeveralServers:
		return "Several servers answer: their counters do not say how many requests came. Report of each server by its own address."
	case s.Answers == 1 && s.live && s.HasDetail:
		return "The server has not computed any yet. Ask again in a minute."
	case s.Answers == 1 && s.live:
		return "This server tells only its counters, and one answer does not say when requests came. Watch it for a while: `--for 5m`."
	case s.Answers < 2:
		return "Fewer than two answers do not say when requests came."
	default:
		return "No request came."
	}
}

// compute computes the advice from the arrivals of an hour and the assumptions.
func (f *assumptionFlags) compute(ctx context.Context, s *summary, hour []report.Arrivals) (sourcedAdvice, error) {
	users, whence := f.assumedUsers(s)
	settings, pace := queue.DefaultSettings(), "the published spacing"
	took := advice.UsualTime(f.input, f.output)
	if d := s.Last.Detail; d != nil {
		if rule := d.QueueSettings(); rule.Known {
			settings, pace = rule.Value, "the queue's settings as last told"
		}
		took = d.Response.Average.Or(took)
	}
	account := fmt.Sprintf("an account of tier %s (`--tier`)", f.tier)
	limits, ok := s.toldLimits()
	if ok {
		account = "one account, with the limits that the server told"
	}
	counted := advice.Counted{
		Input: f.input, Output: f.output, Users: users, Took: took, Tier: f.tier, Limits: limits, Settings: settings,
	}
	for _, a := range hour {
		counted.Counts = append(counted.Counts, advice.Count{From: a.From, To: a.To, Requests: a.Count})
	}
	computed, err := advice.Compute(ctx, counted.Situation())
	if err != nil {
		return sourcedAdvice{}, err
	}
	told, err := client.FromAdvice(computed)
	if err != nil {
		return sourcedAdvice{}, err
	}
	if words := s.farFromMeasured(told); words != "" {
		told.CannotTell, told.Remedies = client.Some(words), nil
	}
	return sourcedAdvice{
		Advice: told,
		since:  hour[0].From,
		assumed: []string{
			account,
			fmt.Sprintf("%d input and %d output tokens a request (`--input`, `--output`), no two alike", f.input, f.output),
			fmt.Sprintf("%s (`--users`)", whence),
			fmt.Sprintf("answers that take %s, and %s", human.Duration(took), pace),
			"requests that came evenly between two polls",
		},
	}, nil
}

// toldLimits returns the limits of the lane with the most requests, as the server last
// told them; false if it told none.
func (s *summary) toldLimits() (told queue.Limits, ok bool) {
	most := -1
	if s.Last.Detail == nil {
		return told, false
	}
	for _, lane := range s.Last.Detail.Lanes {
		if n := lane.Waiting.Value + lane.Running.Value; len(lane.Limits) > 0 && n > most {
			most, told = n, limitsOf(lane)
		}
	}
	return told, told != queue.Limits{}
}

// limitsOf returns the limits of a lane.
func limitsOf(lane client.Lane) (l queue.Limits) {
	for _, limit := range lane.Limits {
		perMinute := queue.Limit{PerMinute: int(limit.PerMinute.Value)}
		switch limit.Kind {
		case queue.LimitRequests:
			l.Requests = perMinute
		case queue.LimitInput:
			l.Input = perMinute
		case queue.LimitOutput:
			l.Output = perMinute
		}
	}
	return l
}

// farFromMeasured says that the waits of the report are far longer than the computed
// ones; empty if they are not, or if one of them is not known. Derived waits are those of
// quiet times, so that shorter ones say nothing.
func (s *summary) farFromMeasured(a *client.Advice) string {
	measured := s.Waits.All.P95
	if !measured.Known || !a.P95.Known || measured.Value < a.P95.Value || !queue.FarApart(measured.Value, a.P95.Value) {
		return ""
	}
	return client.FarApart(measured.Value, a.P95.Value)
}

// assumedUsers returns how many users the requests came from, and how that is known.
func (f *assumptionFlags) assumedUsers(s *summary) (n int, whence string) {
	const most = 10_000
	if f.users > 0 {
		return f.users, human.Plural(f.users, "user")
	}
	n, basis := s.EstimateUsers()
	n = min(n, most)
	return n, command.JoinNonEmpty(", ", human.Plural(n, "user"), basis)
}
