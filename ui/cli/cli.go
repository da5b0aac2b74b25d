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
	"github.com/charmbracelet/x/term"
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

// app is one run of the program.
type app struct {
	Streams
	env  []string
	code int       // to exit with
	log  *logQueue // in front of stderr; nil unless startLog was called
}

// startLog lets whatever goes to stderr from now on wait in a queue, so that no
// request waits for the log, and lets the process outlive whoever reads it.
func (a *app) startLog(format string) {
	signal.Ignore(syscall.SIGPIPE) // it would end the process once stderr is a closed pipe
	a.log = newLogQueue(format, a.Err)
	a.Err = a.log
}

// failure ends a command: one sentence for the user, and the exit code.
type failure struct {
	code     int
	sentence string
}

func (f *failure) Error() string { return f.sentence }

// usagef returns the failure of a command that was typed wrongly. The sentence
// says what to do.
func usagef(format string, args ...any) error {
	return &failure{exitUsage, fmt.Sprintf(format, args...)}
}

// failf returns the failure of a command that could not do its work.
func failf(format string, args ...any) error {
	return &failure{exitFailed, fmt.Sprintf(format, args...)}
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

// columns returns how wide a text may be: as wide as the terminal, but from 40 to
// most; where there is no terminal, 80 at most.
func (a *app) columns(most int) int {
	const least, usual = 40, 80
	if f, ok := a.Out.(term.File); ok {
		if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
			return min(max(w, least), most)
		}
	}
	return min(usual, most)
}
