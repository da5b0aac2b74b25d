package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// leaveMsg asks to leave the program.
type leaveMsg struct{}

// leave ends the program, after what the terminal may still answer has been read.
func (m *Model) leave() tea.Cmd {
	switch wait := m.link.close(m.now); {
	case wait <= 0:
		return tea.Quit
	case m.leaving:
		return nil
	default:
		m.leaving = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return tea.Quit() })
	}
}
