package loadtest

import (
	"strings"
	"testing"
	"time"

	"paceline/client/loadtest"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// No line of the bar is wider than the terminal, however narrow it is and
// whatever the server says.
func TestLoadBarFits(t *testing.T) {
	for width := 1; width <= 130; width++ {
		m := newBar(loadtest.Plan{Name: "heavy", Users: 10, Messages: 2}, "http://queue.example.com:3000/v1/messages", func() {})
		m.tracker.set(loadtest.Progress{
			Total: 20, Sent: 14, Succeeded: 3, Failed: 2, NotSent: 1, Average: 14 * time.Second, Max: time.Hour, First: time.Second,
			Trouble: strings.Repeat("overloaded 過負荷 ", 10),
		})
		m.Update(tea.WindowSizeMsg{Width: width, Height: 15})
		m.Update(tickMsg{})
		for line := range strings.Lines(m.View().Content) {
			if got := ansi.StringWidth(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("width %d: got a line of %d: %q", width, got, line)
			}
		}
	}
}

func TestLoadBar(t *testing.T) {
	stopped := 0
	m := newBar(loadtest.Plan{Name: "light", Users: 2, Messages: 2}, "http://h", func() { stopped++ })
	if got := m.View().Content; got != "" {
		t.Errorf("before the size is known: got %q, want nothing", got)
	}
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 15})
	m.tracker.set(loadtest.Progress{Total: 4, Sent: 3, Succeeded: 1, Average: 2 * time.Second, Max: 2 * time.Second})
	m.Update(tickMsg{})
	content := ansi.Strip(m.View().Content)
	for _, want := range []string{
		"light: 2 users × 2 messages on http://h", " 25% ", "1 of 4 answered · 0 failed · 2 on the way · average 2.0 s · longest 2.0 s",
		"ctrl-c stops it and reports what ran",
	} {
		if !strings.Contains(content, want) {
			t.Errorf("got %q, want %q in it", content, want)
		}
	}
	m.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
	if stopped != 0 {
		t.Error("another key stopped it")
	}
	m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
	if content := m.View().Content; stopped != 1 || !strings.Contains(content, "stopping") {
		t.Errorf("ctrl-c: got %d stops and %q, want one and stopping", stopped, content)
	}
	if _, cmd := m.Update(doneMsg{}); cmd == nil || m.View().Content != "" {
		t.Errorf("when done: got %q, want an end and nothing left on the screen", m.View().Content)
	}
}
