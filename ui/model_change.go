package ui

import (
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// tellChange tells whoever wants to know how the queue stands after a poll. It is about the
// live figures, also while the screen is frozen.
func (m *Model) tellChange(failure *client.Failure) tea.Cmd {
	var cmds []tea.Cmd
	if m.bell.see(standingOf(failure, m.live.verdict), m.now) && m.options.Bell {
		cmds = append(cmds, ring(m.theme.shown(m.ringWords())))
	}
	return tea.Batch(append(cmds, m.runChange(m.changes.see(changeOf(failure, &m.live, m.name(), m.now))))...)
}

// runChange tells of a change, outside Update.
func (m *Model) runChange(c *Change) tea.Cmd {
	if c == nil {
		return nil
	}
	ctx, tell, change := m.poll.ctx, m.changes.tell, *c
	return guard(func() tea.Msg { return changeToldMsg{tell(ctx, change)} })
}

// handleChangeTold tells of the change that came in between. The first failure is shown.
func (m *Model) handleChangeTold(msg changeToldMsg) tea.Cmd {
	next, first := m.changes.done(msg.err)
	cmd := m.runChange(next)
	if first {
		cmd = tea.Batch(cmd, m.notify(clean(msg.err.Error()), true))
	}
	return cmd
}

// ringWords are the live headline in words.
func (m *Model) ringWords() string {
	h := m.verdictLine(m.live)
	if m.poll.failure != nil {
		h = m.headline()
	}
	return m.theme.cut("paceline "+m.name()+": "+h.word+": "+h.message, 250)
}
