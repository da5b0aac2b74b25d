package cli

import (
	"context"
	"errors"
	"slices"

	"paceline/queue"
	"paceline/queue/advice"
	"paceline/queue/sim"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// planFlags are the flags of plan.
type planFlags struct {
	traffic, limits, form *pflag.FlagSet // in the groups of the help

	command.LimitFlags
	users  int
	hourly float64
	input  int
	output int
	model  string
	json   bool
}

// newPlan returns the command that computes how long users would wait.
func newPlan(a *command.App) *cobra.Command {
	f := newPlanFlags()
	c := &cobra.Command{
		Use:   "plan [flags]",
		Short: "Compute how long so many users would wait, and how many it carries",
		Long: `Compute how long so many users would wait, and how many it carries.

The users' messages go through the queue in virtual time, in front of a simulated account: days of 8 hours, users who ask at random moments, sizes that vary. It says for both paces, spaced and adaptive, what users wait (half of the messages, and 95 of 100), in which of the published bands that is, which limit binds first, and with how many users each band ends. Below stands the published capacity table, computed: everybody asks at the same time.

It takes some seconds, asks nobody anything, and says the same every time.`,
		Example: `# 20 users of the Start tier, 12 messages an hour each
paceline plan
# on tier 1, as it was until June 2026
paceline plan --tier tier1
# a team with long prompts and limits of its own
paceline plan --users 60 --messages-per-hour 20 --input 9000 --output 900 --rpm 400 --itpm 200000 --otpm 50000
# for a script
paceline plan --users 200 --json`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.addTo(c)
	command.GroupHelp(c, "messages-per-hour", []command.FlagGroup{
		{Title: "The traffic", Set: f.traffic},
		{Title: "The account's limits", Set: f.limits},
		{Title: "The report", Set: f.form},
	})
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return command.Usagef("plan takes no %q: users go with --users, such as --users 20", args[0])
		}
		if err := a.FromEnvironment(c.Flags()); err != nil {
			return err
		}
		return runPlan(ctx, a, f)
	}, a.Fail)
}

func newPlanFlags() *planFlags {
	f := &planFlags{}
	group := func(name string) *pflag.FlagSet {
		set := pflag.NewFlagSet(name, pflag.ContinueOnError)
		set.SortFlags = false
		return set
	}
	f.traffic, f.limits, f.form = group("traffic"), group("limits"), group("form")
	f.traffic.IntVar(&f.users, "users", 20, "`number` of users")
	f.traffic.Float64Var(&f.hourly, "messages-per-hour", 12, "`number` of messages that each sends in an hour, on average")
	f.traffic.IntVar(&f.input, "input", 3000, "input `tokens` of a message, on average")
	f.traffic.IntVar(&f.output, "output", 600, "output `tokens` of an answer, on average")
	f.traffic.StringVar(&f.model, "model", sim.CurrentModels()[1], "`name` of the model that is asked: it decides the limits, and how fast answers come")
	f.LimitFlags.AddTo(f.limits)
	f.form.BoolVar(&f.json, "json", false, "print one JSON object")
	return f
}

// addTo gives the flags to the command, with completion.
func (f *planFlags) addTo(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{f.traffic, f.limits, f.form} {
		c.Flags().AddFlagSet(set)
	}
	command.Complete(c, "tier", sim.TierNames()...)
	command.Complete(c, "model", sim.CurrentModels()...)
}

func runPlan(ctx context.Context, a *command.App, f *planFlags) error {
	p, err := f.plan()
	if err != nil {
		return err
	}
	forecast, err := p.Forecast(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		return command.Failf("stopped before it was computed")
	case err != nil:
		return command.Failf("%v", err)
	}
	report := planReport{PlanForecast: forecast, flags: f}
	if f.json {
		return report.printJSON(a.Out)
	}
	return report.print(a.Out, a.Columns(maxTextWidth))
}

// plan returns the plan that the flags describe.
func (f *planFlags) plan() (advice.Plan, error) {
	p := advice.Plan{Users: f.users, MessagesPerHour: f.hourly, Input: f.input, Output: f.output, Model: f.model}
	account, err := f.TierAccount(0)
	if err != nil {
		return p, err
	}
	if err := f.ReadLimits(&account); err != nil {
		return p, err
	}
	if queue.ModelGroup(f.model) == queue.OtherModels {
		return p, command.Usagef("--model is %q: must be a model of the Claude API, such as %s", f.model, command.List(sim.CurrentModels()))
	}
	if p.Limits = account.Limits.Of(account.Groups.Of(f.model)); p.Limits == (sim.Limits{}) {
		return p, command.Usagef("no limit is known: give one of your own, --rpm, --itpm or --otpm")
	}
	if err := p.Validate(); err != nil {
		return p, command.FlagsError(err, "advice", nil)
	}
	return p, nil
}

// unpublished returns the limits of the tier that are not published, and their
// flags.
func (f *planFlags) unpublished(l sim.Limits) (names, flags []string) {
	for _, one := range []struct {
		limit      int
		name, flag string
	}{{l.RequestsPerMinute, "requests", "rpm"}, {l.InputTokensPerMinute, "input tokens", "itpm"}, {l.OutputTokensPerMinute, "output tokens", "otpm"}} {
		if one.limit == 0 && !f.Given(one.flag) {
			names, flags = append(names, one.name), append(flags, "--"+one.flag)
		}
	}
	return names, flags
}

// inForce returns since or until when the limits of the tier are in force.
func (f *planFlags) inForce() string {
	tiers := sim.Tiers()
	if i := slices.IndexFunc(tiers, func(t sim.PublishedTier) bool { return t.Name == f.Tier }); i >= 0 {
		return tiers[i].InForce
	}
	return ""
}

// maxTextWidth is the widest text that is easily read, in cells.
const maxTextWidth = 78
