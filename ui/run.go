package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
)

// framesPerSecond bounds how often the terminal is written to. The program wakes
// up as often even while nothing changes: at 60 that is most of what an idle
// monitor costs; at 20 a key is still answered within 50 ms.
const framesPerSecond = 15

// Run shows the monitor on the terminal behind in and out until the user quits,
// ctx ends or the process is told to stop; these are no errors. env is the
// environment of the session that the terminal belongs to. The terminal is
// always restored; an error that ended the monitor is returned after that.
// The source is the caller's to close.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer, env []string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	m := New(o)
	_, err := newProgram(ctx, m, in, out, env).Run()
	switch {
	case m.failed != nil:
		return m.failed
	case ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted):
		return nil
	case err != nil:
		return fmt.Errorf("ui: %w", err)
	default:
		return nil
	}
}

// newProgram returns the program for m; what m has under way ends with ctx.
func newProgram(ctx context.Context, m *Model, in io.Reader, out io.Writer, env []string, more ...tea.ProgramOption) *tea.Program {
	m.poll.ctx = ctx
	return tea.NewProgram(m, append([]tea.ProgramOption{
		tea.WithContext(ctx),
		tea.WithInput(in),
		tea.WithOutput(out),
		tea.WithEnvironment(env),
		tea.WithFPS(framesPerSecond),
	}, more...)...)
}
