package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"paceline/client/loadtest"
	"paceline/ui/cli/command"

	tea "charm.land/bubbletea/v2"
	"paceline/queue/human"
)

// lineInterval is the time between two lines where there is no terminal.
const lineInterval = 10 * time.Second

// tracker holds the latest progress of a run. It is safe for concurrent use.
type tracker struct {
	mu       sync.Mutex
	progress loadtest.Progress
}

func (t *tracker) set(p loadtest.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress = p
}

func (t *tracker) get() loadtest.Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.progress
}

// runWithProgress runs a load and shows its progress on stderr: as a bar on a
// terminal from which keys can be read, else as a line now and then.
func (p *process) runWithProgress(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	keys, closeKeys := p.OpenKeys(p.Err)
	defer closeKeys()
	if keys != nil {
		return p.withBar(ctx, plan, keys)
	}
	return p.withLines(ctx, plan)
}

// withLines prints a line at the beginning, and one every 10 s.
func (p *process) withLines(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	var t tracker
	p.Say("%s on %s%s", describe(plan), p.target.Base, p.target.Route.Path())
	done := make(chan struct{})
	var printing sync.WaitGroup
	printing.Go(func() {
		ticks := time.NewTicker(lineInterval)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				p.Say("%s", strings.Join(progressFigures(t.get()), ", "))
			case <-done:
				return
			}
		}
	})
	result, err := loadtest.Run(ctx, plan, p.target, t.set)
	close(done)
	printing.Wait()
	return result, err
}

// describe returns the name of a load and its size.
func describe(p loadtest.Plan) string { return command.JoinNonEmpty(": ", p.Name, p.String()) }

// progressFigures returns the figures of a progress, the most important first.
func progressFigures(p loadtest.Progress) []string {
	said := []string{
		fmt.Sprintf("%d of %d answered", p.Succeeded+p.Failed, p.Total),
		fmt.Sprintf("%d failed", p.Failed),
		fmt.Sprintf("%d on the way", p.Unanswered()),
	}
	if p.NotSent > 0 {
		said = append(said, fmt.Sprintf("%d not sent", p.NotSent))
	}
	if p.Succeeded > 0 {
		said = append(said, "average "+human.Precise(p.Average), "longest "+human.Precise(p.Max))
	}
	if p.First > 0 {
		said = append(said, "first text "+human.Precise(p.First))
	}
	return said
}

// withBar shows a bar on stderr while the load runs. ctrl-c ends the load, not the
// report. The terminal is restored before anything else is said.
func (p *process) withBar(ctx context.Context, plan loadtest.Plan, keys io.Reader) (result loadtest.Result, err error) {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer release()
	m := newBar(plan, p.target.Base+p.target.Route.Path(), p.stop)
	program := tea.NewProgram(m, tea.WithInput(keys), tea.WithOutput(p.Err), tea.WithEnvironment(p.Env),
		tea.WithFPS(barFPS), tea.WithoutSignalHandler())
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer program.Send(doneMsg{})
		defer func() {
			if v := recover(); v != nil {
				err = &loadtest.PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		result, err = loadtest.Run(ctx, plan, p.target, m.tracker.set)
	}()
	_, shown := program.Run()
	if shown != nil {
		p.stop() // the terminal has gone
	}
	<-finished
	if err == nil && shown != nil && !errors.Is(shown, tea.ErrInterrupted) {
		err = fmt.Errorf("the progress cannot be drawn: %w; try with 2>progress.log", shown)
	}
	return result, err
}
