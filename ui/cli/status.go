package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"paceline/client"
	"paceline/queue"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// The exit codes of status, as monitoring systems know them.
const (
	exitHealthy  = 0
	exitWarning  = 1
	exitCritical = 2
	exitUnknown  = 3 // unreachable, not understood, or typed wrongly
)

// newStatus returns the command that asks a queue once, for scripts.
func newStatus(a *command.App) *cobra.Command {
	var asJSON bool
	remote := command.NewRemoteFlags()
	c := &cobra.Command{
		Use:   "status URL",
		Short: "Ask a queue once how it is, for scripts and cron",
		Long: `Ask a queue once how it is, for scripts and cron: one line, or one JSON object.

Exit code 0: healthy, 1: warning, 2: critical, 3: unreachable, not understood, or wrong usage.`,
		Example: `paceline status http://127.0.0.1:3000
# the whole answer, unknown figures null, with verdict, exit and error
paceline status http://127.0.0.1:3000 --json
# in cron: mail when users wait
paceline status http://127.0.0.1:3000 || mail -s "queue" ops@example.com`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().AddFlagSet(remote.Set)
	return command.Bind(c, func(ctx context.Context, args []string) error {
		source, err := statusSource(a, remote, args)
		if err != nil {
			return err
		}
		defer func() { _ = source.Close() }()
		answer := pollOnce(ctx, source)
		a.Code = answer.exit()
		if asJSON {
			return answer.printJSON(a.Out)
		}
		_, err = fmt.Fprintln(a.Out, answer.line())
		return err
	}, func(err error) {
		a.Fail(err)
		a.Code = exitUnknown
	})
}

// statusSource returns the source that the arguments name.
func statusSource(a *command.App, remote *command.RemoteFlags, args []string) (client.Source, error) {
	switch {
	case len(args) == 0:
		return nil, command.Usagef("status needs the queue's address, such as: paceline status http://127.0.0.1:3000")
	case len(args) > 1:
		return nil, command.Usagef("one address at a time: %d were given", len(args))
	case !command.LooksLikeAddress(args[0]):
		return nil, command.Usagef("%q is not an address: give it as http://HOST:PORT", args[0])
	default:
		return remote.Source(a, args[0])
	}
}

// pollResult is the result of one poll.
type pollResult struct {
	source  string // its name
	sample  client.Sample
	verdict client.Verdict
	failed  *client.Failure // nil if it was understood
}

// pollOnce polls a source once, and judges the sample.
func pollOnce(ctx context.Context, source client.Source) pollResult {
	r := pollResult{source: source.Name()}
	sample, err := source.Poll(ctx)
	if err != nil {
		if ok := errors.As(err, &r.failed); !ok {
			r.failed = &client.Failure{Words: err.Error(), Err: err}
		}
		return r
	}
	r.sample, r.verdict = sample, client.Judge(sample, client.Derived{})
	return r
}

// exit returns the exit code.
func (r pollResult) exit() int {
	switch {
	case r.failed != nil:
		return exitUnknown
	case r.verdict.Level == client.Critical:
		return exitCritical
	case r.verdict.Level == client.Warning:
		return exitWarning
	default:
		return exitHealthy
	}
}

// verdictName returns the verdict in one word.
func (r pollResult) verdictName() string {
	if r.failed != nil {
		return "unreachable"
	}
	return r.verdict.Level.String()
}

// line returns the result on one line. Text from the queue is escaped: the line ends
// up on terminals and in mails.
func (r pollResult) line() string {
	if r.failed != nil {
		return queue.Escape(command.JoinNonEmpty(": ", r.verdictName(), r.source, command.JoinNonEmpty("; ", r.failed.Words, r.failed.Hint)))
	}
	figures := r.sample.FigureWords(client.Derived{})
	return queue.Escape(r.verdictName() + ": " + command.JoinNonEmpty("; ", r.verdict.Message, strings.Join(figures, ", "), r.verdict.Recommendation))
}

// printJSON prints the result as one JSON object on one line.
func (r pollResult) printJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(newStatusJSON(r))
}
