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

// lineEvery is the time between two lines where there is no terminal.
const lineEvery = 10 * time.Second

// tracker holds how far a run is, for whoever shows it. It is safe for concurrent
// use.
type tracker struct {
	mu sync.Mutex
	p  loadtest.Progress
}

func (b *tracker) set(p loadtest.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.p = p
}

func (b *tracker) get() loadtest.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.p
}

// show runs a load and shows how far it is: a bar where stderr is a terminal and
// keys can be read, else a line now and then. The report goes to stdout later.
func (t *process) show(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	keys, closeKeys := t.OpenKeys(t.Err)
	defer closeKeys()
	if keys != nil {
		return t.withBar(ctx, plan, keys)
	}
	return t.withLines(ctx, plan)
}

// withLines prints a line when it begins, and every 10 s.
func (t *process) withLines(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	var b tracker
	t.Say("%s on %s%s", describe(plan), t.target.Base, t.target.Route.Path())
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		ticks := time.NewTicker(lineEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				t.Say("%s", strings.Join(figures(b.get()), ", "))
			case <-done:
				return
			}
		}
	})
	result, err := loadtest.Run(ctx, plan, t.target, b.set)
	close(done)
	told.Wait()
	return result, err
}

// describe names a load and says what it is.
func describe(p loadtest.Plan) string { return command.Join(": ", p.Name, p.String()) }

// figures says how far a run is, the most important first.
func figures(p loadtest.Progress) []string {
	said := []string{
		fmt.Sprintf("%d of %d answered", p.Succeeded+p.Failed, p.Total),
		fmt.Sprintf("%d failed", p.Failed),
		fmt.Sprintf("%d on the way", p.Unanswered()),
	}
	if p.NotSent > 0 {
		said = append(said, fmt.Sprintf("%d not sent", p.NotSent))
	}
	if p.Succeeded > 0 {
		said = append(said, "average "+human.Fine(p.Average), "longest "+human.Fine(p.Max))
	}
	if p.First > 0 {
		said = append(said, "first text "+human.Fine(p.First))
	}
	return said
}

// withBar shows a bar on stderr while the load runs. ctrl-c ends the load, not the
// report. The terminal is restored before anything else is said.
func (t *process) withBar(ctx context.Context, plan loadtest.Plan, keys io.Reader) (result loadtest.Result, err error) {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer release()
	m := newBar(plan, t.target.Base+t.target.Route.Path(), t.stop)
	p := tea.NewProgram(m, tea.WithInput(keys), tea.WithOutput(t.Err), tea.WithEnvironment(t.Env),
		tea.WithFPS(barFPS), tea.WithoutSignalHandler())
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer p.Send(doneMsg{})
		defer func() {
			if v := recover(); v != nil {
				err = &loadtest.PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		result, err = loadtest.Run(ctx, plan, t.target, m.tracker.set)
	}()
	_, shown := p.Run()
	if shown != nil {
		t.stop() // the terminal has gone
	}
	<-finished
	if err == nil && shown != nil && !errors.Is(shown, tea.ErrInterrupted) {
		err = fmt.Errorf("the progress cannot be drawn: %w; try with 2>progress.log", shown)
	}
	return result, err
}
