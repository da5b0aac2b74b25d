package simulate

import (
	"time"

	"paceline/queue/sim"
	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags are the flags of simulate, in the groups of its help.
type flags struct {
	access, limits, answers, troubles, process *pflag.FlagSet

	addr     string
	insecure bool

	command.LimitFlags
	answerFlags
	models        stringList
	workspaces    stringList
	fast          string
	tierChanges   stringList
	reserveOutput bool
	burstWindow   time.Duration
	acceleration  string
	spentAt       time.Duration
	overloaded    float64
	failures      float64
	hang          float64
	longAnswers   float64
	lackingModels stringList
	storms        stringList
	others        stringList
	speed         float64
	seed          uint64
	log           string
}

func newFlags() *flags {
	f := &flags{}
	group := command.NewFlagGroup
	f.access, f.limits, f.answers, f.troubles, f.process = group("access"), group("limits"), group("answers"), group("troubles"), group("process")

	f.access.StringVar(&f.addr, "addr", "127.0.0.1:4000", "address to listen on, `host:port`")
	f.access.BoolVar(&f.insecure, "insecure", false, "listen on an address that others reach")

	f.LimitFlags.AddTo(f.limits)
	f.answerFlags.define(f.answers)
	f.limits.StringVar(&f.fast, "fast", "200000,40000", "limits of the fast mode of each model group, `ITPM,OTPM`; 0,0 is never")
	f.limits.Var(&f.workspaces, "workspace", "limits of a workspace, `NAME=RPM`, NAME=RPM,ITPM,OTPM or NAME=RPM,ITPM,OTPM,TPM with one of all tokens, for keys sk-sim-ORG-NAME-…; may be repeated")
	f.limits.Var(&f.models, "limit", "limits of a model and of those that share them, `MODEL=RPM` or MODEL=RPM,ITPM,OTPM; a model that is not known is one more that answers; may be repeated")
	f.limits.Var(&f.tierChanges, "tier-change", "limits of another tier after a time, `AT=TIER`, such as 10m=start; may be repeated")
	f.limits.BoolVar(&f.reserveOutput, "reserve-output", false, "the older rule: max_tokens count as output from the start, not what is produced")
	f.limits.DurationVar(&f.burstWindow, "burst-window", 0, "no more may start within this `time`, such as 1s, than its part of the minute allows, one at least (default: none)")
	f.limits.StringVar(&f.acceleration, "acceleration", "", "how fast traffic may rise, `FACTOR,FLOOR`, such as 2,50: by 50 requests a minute and twice those of each of the 5 minutes before; or FACTOR,FLOOR,WINDOW,PERIOD, such as 2,20,10s,10s: 20 in 10 s, or twice those of the 10 s before (default: no limit)")

	f.troubles.DurationVar(&f.spentAt, "spent-at", 0, "the spend cap is reached after this `time`, and everything is refused (default: never)")
	f.troubles.Float64Var(&f.overloaded, "overloaded", 0, "`share` of the requests that get 529, 0 to 1")
	f.troubles.Float64Var(&f.failures, "failures", 0, "`share` that fails otherwise, in equal parts 500, 504, no answer, and an error in the middle of one")
	f.troubles.Float64Var(&f.hang, "hang", 0, "`share` that is let in and never answered")
	f.troubles.Float64Var(&f.longAnswers, "long-answers", 0, "`share` of the answers that are as long as max_tokens allows, up to 10,000 tokens")
	f.troubles.Var(&f.lackingModels, "lacking-model", "`model` for which every request gets the 429 of something that the account lacks, with neither retry-after nor limit headers; may be repeated")
	f.troubles.Var(&f.storms, "storm", "529 for a while, `AT,LENGTH,SHARE`, such as 5m,1m,0.5: after 5 minutes, for one, half of the requests; with ,connection at its end their connections are reset; may be repeated")
	f.troubles.Var(&f.others, "others", "requests a minute on the same account that nobody here sees, `RATE`, or RATE,INPUT,OUTPUT with their tokens (1000,300), or RATE,INPUT,OUTPUT,MODEL (each current one); may be repeated")

	f.process.Float64Var(&f.speed, "speed", 1, "answers come this `number` of times as fast as usual")
	f.process.Uint64Var(&f.seed, "seed", 0, "repeat what chance decided in the run that had this `number` (default: a new one each time)")
	f.process.StringVar(&f.log, "log", logging.Pretty, "`form` of the log, a line for each request: "+command.List(logging.Formats()))
	return f
}

// addTo gives the flags to the command, with completion.
func (f *flags) addTo(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{f.access, f.limits, f.answers, f.troubles, f.process} {
		c.Flags().AddFlagSet(set)
	}
	command.Complete(c, "tier", sim.TierNames()...)
	command.Complete(c, "log", logging.Formats()...)
	command.Complete(c, "reset-rounding", choiceNames(roundings)...)
	command.Complete(c, "workspace-headers", choiceNames(workspaceHeaders)...)
}
