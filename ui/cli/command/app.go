package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"paceline/ui/cli/logging"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// The exit codes of all commands but status, which has its own.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 64 // as in sysexits.h
)

// Streams are the standard streams of a process.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// App is one run of the program.
type App struct {
	Streams
	Env  []string
	Code int                  // the exit code
	log  *logging.AsyncWriter // in front of stderr; nil unless StartLog was called
}

// Execute runs a program with the arguments that follow its name and returns the
// exit code of the process. newRoot returns the program's commands. env is as in
// [os.Environ]. It takes SIGINT and SIGTERM while it runs.
func Execute(ctx context.Context, args []string, s Streams, env []string, newRoot func(*App) *cobra.Command) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process at once

	a := &App{Streams: s, Env: env}
	root := newRoot(a)
	root.SetArgs(slices.Concat([]string{}, args)) // nil would mean the process's own
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := fang.Execute(ctx, root,
		fang.WithVersion(Version()),
		fang.WithoutManpage(),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {})) // we say it below, in one line
	if err != nil {
		a.Fail(Usagef("%v", err))
	}
	if a.log != nil {
		a.log.Close()
	}
	return a.Code
}

// StartLog puts a queue in front of stderr, so that no request waits for the log, and
// lets the process outlive the reader of a pipe.
func (a *App) StartLog(format string) {
	signal.Ignore(syscall.SIGPIPE) // it would end the process once stderr is a closed pipe
	a.log = logging.NewAsyncWriter(format, a.Err)
	a.Err = a.log
}

// Fail prints an error and sets the exit code: that of a [Failure], else
// [ExitFailed].
func (a *App) Fail(err error) {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		f = &Failure{Code: ExitFailed}
	}
	a.Code = f.Code
	a.Say("%v", err)
}

// Say prints a line about the program itself to stderr.
func (a *App) Say(format string, args ...any) {
	fmt.Fprintf(a.Err, "paceline: "+format+"\n", args...)
}

// Bind completes c: run is called with the arguments, of any number, and onError with
// every error. No error reaches fang, which would ask the terminal for its colours
// before it prints, and a terminal may not answer.
func Bind(c *cobra.Command, run func(ctx context.Context, args []string) error, onError func(error)) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		onError(flagError(c, err))
		return nil
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := run(c.Context(), args); err != nil {
			onError(err)
		}
		return nil
	}
	return c
}

// Getenv returns a variable of the environment; empty if there is none.
func (a *App) Getenv(name string) string {
	value := ""
	for _, entry := range a.Env {
		if k, v, _ := strings.Cut(entry, "="); k == name {
			value = v // the last one counts
		}
	}
	return value
}
