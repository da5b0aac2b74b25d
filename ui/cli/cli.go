package cli

import (
	"context"

	"paceline/ui/cli/command"
	"paceline/ui/cli/loadtest"
	"paceline/ui/cli/report"
	"paceline/ui/cli/serve"
	"paceline/ui/cli/simulate"

	"github.com/spf13/cobra"
)

// Streams are the standard streams of a process.
type Streams = command.Streams

// Main runs paceline with the arguments that follow the program's name and
// returns the exit code of the process. env is as in [os.Environ]. It takes
// SIGINT and SIGTERM while it runs.
func Main(ctx context.Context, args []string, s command.Streams, env []string) int {
	return command.Execute(ctx, args, s, env, newRoot)
}

// newRoot returns the monitor with all other commands below it.
func newRoot(a *command.App) *cobra.Command {
	root := newMonitor(a)
	root.AddCommand(newStatus(a), serve.Command(a), newToken(a), loadtest.Command(a), newPlan(a), report.Command(a), simulate.Command(a))
	return root
}
