package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// View implements [tea.Model]. It draws only what has changed since it was last
// asked, and nothing while the terminal is busy with the frame before.
func (m *Model) View() tea.View {
	if !m.dirty || m.link.busy(m.now) {
		return m.drawn
	}
	content, whole := m.picture()
	title := m.windowTitle()
	if content != m.drawn.Content || title != m.drawn.WindowTitle {
		m.link.announce(m.now)
	}
	m.drawn, m.dirty = tea.NewView(content), !whole
	m.drawn.AltScreen = true
	if !m.options.NoMouse {
		m.drawn.MouseMode = tea.MouseModeCellMotion // there is none that tells of buttons alone
	}
	m.drawn.WindowTitle = title
	return m.drawn
}

// frame is the whole screen: h lines of w cells each.
func (m *Model) frame() string { return m.theme.shown(m.compose()) }

// compose puts the screen together.
func (m *Model) compose() string {
	switch {
	case m.w <= 0 || m.h <= 0:
		return ""
	case isTooSmall(m.w, m.h):
		return m.tinyFrame()
	}
	s := m.state()
	screen := m.current.frame(s, m.w, m.h)
	switch {
	case m.question != nil:
		return m.theme.overlay(screen, m.question.box(s, m.w), m.w, m.h)
	case m.helping:
		help := m.current.help(&m.keys)
		box, _ := helpBox(m.theme, m.keys.groups(help), m.helpNotes(help), m.options.Version, m.helpTop, m.w, m.h)
		return m.theme.overlay(screen, box, m.w, m.h)
	default:
		return screen
	}
}

// helpNotes stand below the keys in the help.
func (m *Model) helpNotes(h viewHelp) []string {
	var notes []string
	if h.note != "" {
		notes = append(notes, h.note)
	}
	if !m.options.NoMouse {
		notes = append(notes, "Shift and drag selects text.")
	}
	return notes
}

// footer returns the keys for the last row.
func (m *Model) footer() []key.Binding {
	if m.question != nil {
		return m.question.keys()
	}
	return m.current.help(&m.keys).footer
}

// tinyFrame is for a screen that is too small: it says so, and the verdict.
func (m *Model) tinyFrame() string {
	h := m.headline()
	lines := m.theme.wrap(h.icon+" "+h.word+": "+h.message, m.w, m.w, m.h)
	more := m.theme.wrap("The window is too small: 40x10 is needed.", m.w, m.w, m.h-len(lines))
	return strings.Join(m.theme.block(m.w, m.h, append(lines, more...)), "\n")
}
