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
		m.blank()
	case tea.EnvMsg:
		m.link.isNear(msg.Getenv("SSH_CONNECTION") == "" && msg.Getenv("SSH_TTY") == "")
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
		m.narrow = msg.X == 1
		m.retheme()
	case tea.ResumeMsg:
		m.redraw()
		title := tea.Raw(ansi.SetWindowTitle(m.windowTitle())) // Bubble Tea sets it only when it changes
		return tea.Batch(title, m.askTerminal(), m.poll.start(m.now))
	case tea.MouseMsg:
		return m.handleMouse(msg)
	case tea.KeyPressMsg:
		m.link.forget(m.now)
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

// retheme renews the theme. On a slow line icons are of one cell: the renderer draws a row
// with wider ones again with every frame.
func (m *Model) retheme() {
	m.theme = newTheme(m.dark, m.profile, m.options.ASCII, m.narrow || m.link.frameLimit() > 0)
}

// askTerminal asks for the background, where that decides, and then for the status.
func (m *Model) askTerminal() tea.Cmd {
	status := m.link.ask()
	if !m.auto {
		return status
	}
	return tea.Sequence(tea.RequestBackgroundColor, status)
}
