package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// flash is what was just done, for a few seconds.
type flash struct {
	text string
	bad  bool
	tag  int
}

const flashTime = 6 * time.Second

// say shows what was just done.
func (m *Model) say(text string, bad bool) tea.Cmd {
	m.flash = flash{text, bad, m.flash.tag + 1}
	m.changed()
	return m.poll.after(flashTime, flashOffMsg{m.flash.tag})
}
