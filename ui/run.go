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
// up as often even while nothing changes, which is most of what an idle monitor
// costs; and the first picture comes with the first frame, within a tenth of a second.
const framesPerSecond = 18

// The terminal keeps its title on a stack of its own.
const (
	saveTitle    = "\x1b[22;2t"
	restoreTitle = "\x1b[23;2t"
)

// suspend leaves the terminal to the shell until it says to go on, with the shell's title.
func suspend() tea.Cmd { return tea.Sequence(tea.Raw(restoreTitle+saveTitle), tea.Suspend) }

// Run shows the monitor on the terminal behind in and out until the user quits,
// ctx ends or the terminal goes away; these are no errors. Other signals are the
// caller's, who lets them end ctx. env is the environment of the session that the
// terminal belongs to. The terminal is always restored; an error that ended the
// monitor is returned after that. The source is the caller's to close.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer, env []string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	o.ASCII = o.ASCII || NeedsASCII(env)
	m := New(o)
	_, _ = io.WriteString(out, saveTitle)
	defer func() { _, _ = io.WriteString(out, restoreTitle) }()
	p := newProgram(ctx, m, in, out, env, tea.WithoutSignalHandler())
	// The program is asked to quit and not given ctx: ended by a context or a
	// signal, it would close its input under the goroutine that still reads it.
	defer context.AfterFunc(ctx, func() { p.Send(leaveMsg{}) })()
	_, err := p.Run()
	switch {
	case m.fatal != nil:
		return m.fatal
	case errors.Is(err, tea.ErrInterrupted):
		return nil
	case err != nil:
		return fmt.Errorf("ui: %w", err)
	default:
		return nil
	}
}

// newProgram returns the program for m; what m has under way ends with ctx.
func newProgram(ctx context.Context, m *Model, in io.Reader, out io.Writer, env []string, more ...tea.ProgramOption) *tea.Program {
	m.poll.ctx, m.link = ctx, &link{}
	return tea.NewProgram(m, append([]tea.ProgramOption{
		tea.WithInput(in),
		tea.WithOutput(m.link.through(out)),
		tea.WithEnvironment(env),
		tea.WithFPS(framesPerSecond),
	}, more...)...)
}
