package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// Main runs paceline with the arguments that follow the program's name and
// returns the exit code of the process. env is as in [os.Environ]. It takes
// SIGINT and SIGTERM while it runs.
func Main(ctx context.Context, args []string, s Streams, env []string) int {
	return execute(ctx, args, s, env, newRoot)
}

// newRoot returns the monitor with all other commands below it.
func newRoot(a *app) *cobra.Command {
	root := newMonitor(a)
	root.AddCommand(newStatus(a), newServe(a), newToken(a), newLoadtest(a), newPlan(a), newReport(a), newSimulate(a))
	return root
}
