package report

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"paceline/client/report"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// Command returns the command that sums up a recording, or what a queue tells now.
func Command(a *command.App) *cobra.Command {
	var asJSON bool
	rep := process{App: a, watchFlags: &watchFlags{}, remoteFlags: command.NewRemoteFlags()}
	guess := &assumptionFlags{}
	c := &cobra.Command{
		Use:   "report FILE|URL",
		Short: "Sum up a recording, or a queue: waits, troubles, load, and what would help",
		Long: `Sum up a recording, or what a queue tells now, as Markdown or JSON: how long users waited, what was wrong and for how long, when nobody answered, the load, and what would help, with figures.

A recording is made by paceline URL --record FILE, or by a loop of curl -s URL/api/queue/metrics >> FILE; - reads one from stdin. A queue that tells its waits and its advice is asked once; one that tells only its counters must be watched for a while, --for 5m. Where no advice is told it is computed from the arrivals that the counters tell, for a tier and sizes that are assumed.

Exit code 0: a report was made, 1: there is nothing to report of, 64: wrong usage.`,
		Example: `paceline report night.jsonl > night.md
paceline report http://127.0.0.1:3000
# an older server, which tells only counters: watch it for a while
paceline report http://10.0.0.7:8080 --for 5m --tier tier1
cat mon.jsonl tue.jsonl | paceline report - --json`,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	rep.watchFlags.addTo(c)
	guess.addTo(c)
	c.Flags().AddFlagSet(rep.remoteFlags.Set)
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if err := errors.Join(guess.check(), rep.watchFlags.check()); err != nil {
			return command.Usagef("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		r, err := rep.collect(ctx, args)
		if err != nil {
			return err
		}
		if err := guess.addAdvice(ctx, r); err != nil {
			return command.Failf("%v", err)
		}
		if asJSON {
			return printJSON(a.Out, r)
		}
		_, err = io.WriteString(a.Out, r.markdown())
		return err
	}, a.Fail)
}

// summary is a report with its source and its advice.
type summary struct {
	*report.Report
	source    string // what it is of
	skipped   int64  // lines that are no answers
	live      bool
	readError string // why the recording could not be read to its end
	advice    sourcedAdvice
}

// process is one run of report.
type process struct {
	*command.App
	watchFlags  *watchFlags
	remoteFlags *command.RemoteFlags
}

// collect makes the report of the recording or the queue that the arguments name.
func (p *process) collect(ctx context.Context, args []string) (*summary, error) {
	switch {
	case len(args) == 0:
		return nil, command.Usagef("report needs a recording or a queue's address, such as: paceline report night.jsonl")
	case len(args) > 1:
		return nil, command.Usagef("one recording or address at a time: %d were given; cat joins recordings: cat A B | paceline report -", len(args))
	}
	if isAddress(args[0]) {
		return p.watch(ctx, args[0])
	}
	if flag := cmp.Or(command.ChangedFlag(p.watchFlags.set), command.ChangedFlag(p.remoteFlags.Set)); flag != "" {
		return nil, command.Usagef("--%s is for a queue: give its address, such as http://127.0.0.1:3000", flag)
	}
	return p.readRecording(ctx, args[0])
}
