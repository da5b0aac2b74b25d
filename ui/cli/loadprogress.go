package cli

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

	"charm.land/bubbles/v2/progress"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

const (
	barEvery  = 200 * time.Millisecond // the bar looks at the figures
	barFPS    = 10
	barWidest = 60
	lineEvery = 10 * time.Second // without a terminal
)

// board holds how far a run is, for whoever shows it. It is safe for concurrent
// use.
type board struct {
	mu sync.Mutex
	p  loadtest.Progress
}

func (b *board) set(p loadtest.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.p = p
}

func (b *board) get() loadtest.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.p
}

// show runs a load and shows how far it is: a bar where stderr is a terminal and
// keys can be read, else a line now and then. The report goes to stdout later.
func (t *loadTest) show(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	keys, closeKeys := t.app.OpenKeys(t.app.Err)
	defer closeKeys()
	if keys != nil {
		return t.withBar(ctx, plan, keys)
	}
	return t.withLines(ctx, plan)
}

// withLines prints a line when it begins, and every 10 s.
func (t *loadTest) withLines(ctx context.Context, plan loadtest.Plan) (loadtest.Result, error) {
	var b board
	t.app.Say("%s on %s%s", describe(plan), t.target.Base, t.target.Route.Path())
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		ticks := time.NewTicker(lineEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				t.app.Say("%s", strings.Join(figures(b.get()), ", "))
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
		said = append(said, "average "+command.Span(p.Average), "longest "+command.Span(p.Max))
	}
	if p.First > 0 {
		said = append(said, "first text "+command.Span(p.First))
	}
	return said
}

// withBar shows a bar on stderr while the load runs. ctrl-c ends the load, not the
// report. The terminal is restored before anything else is said.
func (t *loadTest) withBar(ctx context.Context, plan loadtest.Plan, keys io.Reader) (result loadtest.Result, err error) {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer release()
	m := newLoadBar(plan, t.target.Base+t.target.Route.Path(), t.stop)
	p := tea.NewProgram(m, tea.WithInput(keys), tea.WithOutput(t.app.Err), tea.WithEnvironment(t.app.Env),
		tea.WithFPS(barFPS), tea.WithoutSignalHandler())
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer p.Send(loadDone{})
		defer func() {
			if v := recover(); v != nil {
				err = &loadtest.PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		result, err = loadtest.Run(ctx, plan, t.target, m.board.set)
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

// loadDone says that the load is over.
type loadDone struct{}

// barTick is time to look at the figures.
type barTick struct{}

// loadBar draws how far a load is, in a few lines below what the terminal shows
// already, and takes them away at the end.
type loadBar struct {
	plan     loadtest.Plan
	address  string
	board    *board
	stop     func() // ends the load
	now      loadtest.Progress
	began    time.Time
	elapsed  time.Duration
	bar      progress.Model
	width    int
	dark     bool
	stopping bool
	done     bool
}

func newLoadBar(plan loadtest.Plan, address string, stop func()) *loadBar {
	m := &loadBar{
		plan: plan, address: address, board: &board{}, stop: stop, dark: true, began: time.Now(),
		now: loadtest.Progress{Plan: plan, Total: plan.Total()},
		bar: progress.New(progress.WithoutPercentage(), progress.WithFillCharacters('━', '─')),
	}
	m.board.set(m.now)
	return m
}

// Init implements tea.Model.
func (m *loadBar) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, barTickCmd()) }

func barTickCmd() tea.Cmd {
	return tea.Tick(barEvery, func(time.Time) tea.Msg { return barTick{} })
}

// Update implements tea.Model.
func (m *loadBar) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width = msg.Width
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
	case tea.KeyPressMsg:
		if k := msg.String(); k == "ctrl+c" || k == "q" || k == "esc" {
			m.stopping = true
			m.stop()
		}
	case barTick:
		m.now, m.elapsed = m.board.get(), time.Since(m.began)
		return m, barTickCmd()
	case loadDone:
		m.done = true
		return m, tea.Quit
	}
	return m, nil
}

// View implements tea.Model.
func (m *loadBar) View() tea.View {
	if m.done || m.width == 0 {
		return tea.NewView("")
	}
	return tea.NewView(m.picture())
}

// picture is what is drawn: no line is wider than the terminal.
func (m *loadBar) picture() string {
	light := lipgloss.LightDark(m.dark)
	accent := light(lipgloss.ANSIColor(25), lipgloss.ANSIColor(110))
	muted := lipgloss.NewStyle().Foreground(light(lipgloss.ANSIColor(242), lipgloss.ANSIColor(246)))
	bad := lipgloss.NewStyle().Foreground(light(lipgloss.ANSIColor(160), lipgloss.ANSIColor(203)))
	cut := func(s string) string { return ansi.Truncate(s, m.width-1, "…") }

	percent := fmt.Sprintf(" %3.0f%% ", 100*m.now.Done())
	m.bar.FullColor, m.bar.EmptyColor = accent, light(lipgloss.ANSIColor(250), lipgloss.ANSIColor(240))
	m.bar.SetWidth(max(min(m.width-1-len(percent)-len("00m00s"), barWidest), 1))
	lines := []string{
		cut(describe(m.plan)) + muted.Render(ansi.Truncate(" on "+m.address, max(m.width-1-ansi.StringWidth(describe(m.plan)), 0), "…")),
		ansi.Truncate(m.bar.ViewAs(m.now.Done())+percent+command.Age(m.elapsed), m.width-1, ""),
	}
	for _, line := range command.Wrap(figures(m.now), " · ", m.width-1) {
		lines = append(lines, cut(line))
	}
	if m.now.Trouble != "" {
		lines = append(lines, bad.Render(cut("✖ "+m.now.Trouble)))
	}
	hint := "ctrl-c stops it and reports what ran"
	if m.stopping {
		hint = "stopping"
	}
	return strings.Join(append(lines, muted.Render(cut(hint))), "\n")
}
