package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"charm.land/fang/v2"
)

// Main runs paceline with the arguments that follow the program's name and
// returns the exit code of the process. env is as in [os.Environ]. It takes
// SIGINT and SIGTERM while it runs.
func Main(ctx context.Context, args []string, s Streams, env []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process at once

	a := &app{Streams: s, env: env}
	root := a.root()
	root.AddCommand(a.status(), a.serve(), a.token(), a.loadtest(), a.plan(), a.report(), a.simulate())
	root.SetArgs(slices.Concat([]string{}, args)) // nil would mean the process's own
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := fang.Execute(ctx, root,
		fang.WithVersion(version()),
		fang.WithoutManpage(),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {})) // we say it below, in one line
	if err != nil {
		a.fail(usagef("%v", err))
	}
	if a.log != nil {
		a.log.close()
	}
	return a.code
}
