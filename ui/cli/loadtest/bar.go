package loadtest

import (
	"fmt"
	"strings"
	"time"

	"paceline/client/loadtest"
	"paceline/ui/cli/command"

	"charm.land/bubbles/v2/progress"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"paceline/queue/human"
)

const (
	barInterval = 200 * time.Millisecond // the bar looks at the figures
	barFPS      = 10
	maxBarWidth = 60
)

// doneMsg tells the bar that the load has ended.
type doneMsg struct{}

// tickMsg tells the bar to read the progress.
type tickMsg struct{}

// bar draws the progress of a load in a few lines below the last line of the
// terminal, and removes them at the end.
type bar struct {
	plan     loadtest.Plan
	address  string
	tracker  *tracker
	stop     func() // ends the load
	progress loadtest.Progress
	began    time.Time
	elapsed  time.Duration
	bar      progress.Model
	width    int
	dark     bool
	stopping bool
	done     bool
}

func newBar(plan loadtest.Plan, address string, stop func()) *bar {
	m := &bar{
		plan: plan, address: address, tracker: &tracker{}, stop: stop, dark: true, began: time.Now(),
		progress: loadtest.Progress{Plan: plan, Total: plan.Total()},
		bar:      progress.New(progress.WithoutPercentage(), progress.WithFillCharacters('━', '─')),
	}
	m.tracker.set(m.progress)
	return m
}

// Init implements tea.Model.
func (b *bar) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, tick()) }

func tick() tea.Cmd {
	return tea.Tick(barInterval, func(time.Time) tea.Msg { return tickMsg{} })
}

// Update implements tea.Model.
func (b *bar) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		b.width = msg.Width
	case tea.BackgroundColorMsg:
		b.dark = msg.IsDark()
	case tea.KeyPressMsg:
		if k := msg.String(); k == "ctrl+c" || k == "q" || k == "esc" {
			b.stopping = true
			b.stop()
		}
	case tickMsg:
		b.progress, b.elapsed = b.tracker.get(), time.Since(b.began)
		return b, tick()
	case doneMsg:
		b.done = true
		return b, tea.Quit
	}
	return b, nil
}

// View implements tea.Model.
func (b *bar) View() tea.View {
	if b.done || b.width == 0 {
		return tea.NewView("")
	}
	return tea.NewView(b.picture())
}

// picture returns the lines of the bar. None is wider than the terminal.
func (b *bar) picture() string {
	light := lipgloss.LightDark(b.dark)
	accent := light(lipgloss.ANSIColor(25), lipgloss.ANSIColor(110))
	muted := lipgloss.NewStyle().Foreground(light(lipgloss.ANSIColor(242), lipgloss.ANSIColor(246)))
	bad := lipgloss.NewStyle().Foreground(light(lipgloss.ANSIColor(160), lipgloss.ANSIColor(203)))
	cut := func(s string) string { return ansi.Truncate(s, b.width-1, "…") }

	percent := fmt.Sprintf(" %3.0f%% ", 100*b.progress.Done())
	b.bar.FullColor, b.bar.EmptyColor = accent, light(lipgloss.ANSIColor(250), lipgloss.ANSIColor(240))
	b.bar.SetWidth(max(min(b.width-1-len(percent)-len("00m00s"), maxBarWidth), 1))
	lines := []string{
		cut(describe(b.plan)) + muted.Render(ansi.Truncate(" on "+b.address, max(b.width-1-ansi.StringWidth(describe(b.plan)), 0), "…")),
		ansi.Truncate(b.bar.ViewAs(b.progress.Done())+percent+human.Age(b.elapsed), b.width-1, ""),
	}
	for _, line := range command.Wrap(progressFigures(b.progress), " · ", b.width-1) {
		lines = append(lines, cut(line))
	}
	if b.progress.Trouble != "" {
		lines = append(lines, bad.Render(cut("✖ "+b.progress.Trouble)))
	}
	hint := "ctrl-c stops it and reports what ran"
	if b.stopping {
		hint = "stopping"
	}
	return strings.Join(append(lines, muted.Render(cut(hint))), "\n")
}
