package cli

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

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// The exit codes of every command but status.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 64 // as in sysexits.h
)

// Streams are the three that a process has.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// app is one run of the program.
type app struct {
	Streams
	env  []string
	code int       // to exit with
	log  *logQueue // in front of stderr; nil unless startLog was called
}

// execute runs a program with the arguments that follow its name and returns the
// exit code of the process. newRoot returns the program's commands. env is as in
// [os.Environ]. It takes SIGINT and SIGTERM while it runs.
func execute(ctx context.Context, args []string, s Streams, env []string, newRoot func(*app) *cobra.Command) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process at once

	a := &app{Streams: s, env: env}
	root := newRoot(a)
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

// startLog lets whatever goes to stderr from now on wait in a queue, so that no
// request waits for the log, and lets the process outlive whoever reads it.
func (a *app) startLog(format string) {
	signal.Ignore(syscall.SIGPIPE) // it would end the process once stderr is a closed pipe
	a.log = newLogQueue(format, a.Err)
	a.Err = a.log
}

// fail says what went wrong and sets the exit code.
func (a *app) fail(err error) {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{code: exitFailed}
	}
	a.code = f.code
	a.say("%v", err)
}

// say prints a line about the program itself to stderr.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.Err, "paceline: "+format+"\n", args...)
}

// command completes c so that run is called with its arguments, whatever they
// are, and every error of it ends in onError. None is passed on to fang: it
// would ask the terminal for its colours before saying anything, and a terminal
// may not answer.
func (a *app) command(c *cobra.Command, run func(ctx context.Context, args []string) error, onError func(error)) *cobra.Command {
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

// getenv returns a variable of the environment, or "".
func (a *app) getenv(name string) string {
	value := ""
	for _, entry := range a.env {
		if k, v, _ := strings.Cut(entry, "="); k == name {
			value = v // the last one counts
		}
	}
	return value
}
