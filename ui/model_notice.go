package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// notice is what was just done. It is shown for a few seconds.
type notice struct {
	text    string
	isError bool
	tag     int
}

const noticeTime = 6 * time.Second

// notify shows a notice in the first row.
func (m *Model) notify(text string, isError bool) tea.Cmd {
	m.notice = notice{text, isError, m.notice.tag + 1}
	m.redraw()
	return m.poll.after(noticeTime, noticeOverMsg{m.notice.tag})
}
