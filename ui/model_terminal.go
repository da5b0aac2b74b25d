package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// handleTerminal takes what the terminal says. Every other message is for the views.
func (m *Model) handleTerminal(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.EnvMsg:
		if knowsOnlyASCII(msg.Getenv("TERM")) {
			m.options.ASCII, m.spin = true, newSpinner(true)
			m.retheme()
		}
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.retheme()
	case tea.BackgroundColorMsg:
		if m.auto {
			m.dark = msg.IsDark()
			m.retheme()
		}
	case tea.CursorPositionMsg:
		m.narrow = msg.X == 1
		m.retheme()
	case tea.ResumeMsg:
		m.redraw()
		return tea.Batch(m.askBackground(), m.poll.start(m.now))
	case tea.KeyPressMsg:
		cmd := m.press(msg)
		m.redraw()
		return cmd
	default:
		cmd := m.receive(msg)
		m.redraw()
		return cmd
	}
	m.redraw()
	return nil
}

// knowsOnlyASCII reports whether a terminal is one of those whose fonts lack
// most of what the monitor draws with.
func knowsOnlyASCII(term string) bool {
	return slices.Contains([]string{"linux", "dumb", "vt100", "vt102", "vt220"}, term)
}

func (m *Model) retheme() { m.theme = newTheme(m.dark, m.profile, m.options.ASCII, m.narrow) }

func (m *Model) askBackground() tea.Cmd {
	if !m.auto {
		return nil
	}
	return tea.RequestBackgroundColor
}
