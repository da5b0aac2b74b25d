package ui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// handleTerminal takes what the terminal says. Every other message is for the views.
func (m *Model) handleTerminal(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.EnvMsg:
		if NeedsASCII(msg) {
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
		m.asked.cursorAnswered()
		if m.leaving {
			return m.leave()
		}
		m.narrow = msg.X == 1
		m.retheme()
	case tea.ResumeMsg:
		m.asked.begin(m.now)
		m.redraw()
		title := tea.Raw(ansi.SetWindowTitle(m.windowTitle())) // Bubble Tea sets it only when it changes
		return tea.Batch(title, m.askBackground(), m.poll.start(m.now))
	case tea.MouseMsg:
		return m.handleMouse(msg)
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

func (m *Model) retheme() { m.theme = newTheme(m.dark, m.profile, m.options.ASCII, m.narrow) }

func (m *Model) askBackground() tea.Cmd {
	if !m.auto {
		return nil
	}
	return tea.RequestBackgroundColor
}
