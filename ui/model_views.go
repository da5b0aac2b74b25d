package ui

import (
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// openView opens the view whose key was pressed, if there is one; that of the view that is
// open goes back.
func (m *Model) openView(msg tea.KeyPressMsg) tea.Cmd {
	for i, open := range m.keys.Open {
		switch {
		case !matches(msg, open):
		case m.views[i].view == m.current, m.views[i].view == m.home:
			return m.closeView()
		default:
			return m.show(i)
		}
	}
	return nil
}

// show opens a view.
func (m *Model) show(i int) tea.Cmd {
	cmd := m.leaveView()
	m.current, m.helping = m.views[i].view, false
	m.keys.away()
	m.current.open()
	if v, ok := m.current.(starter); ok {
		cmd = tea.Batch(cmd, m.apply(v.opened(m.liveState())))
	}
	return cmd
}

// closeView goes back to the overview.
func (m *Model) closeView() tea.Cmd {
	cmd := m.leaveView()
	m.current, m.helping = m.home, false
	m.keys.atHome()
	return cmd
}

// leaveView has the view that is open say what there is to say when it is left.
func (m *Model) leaveView() tea.Cmd {
	if v, ok := m.current.(leaver); ok {
		return m.apply(v.left())
	}
	return nil
}

// enableViews enables the key of each view for which the server tells something, and of what
// needs figures.
func (m *Model) enableViews() {
	var d client.Detail
	if m.live.sample.Detail != nil {
		d = *m.live.sample.Detail
	}
	for i := range m.views {
		m.keys.Open[i].SetEnabled(m.views[i].available(d))
	}
	m.keys.Reset.SetEnabled(m.live.known)
}

// receive gives a message to every view that takes messages.
func (m *Model) receive(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, v := range m.views {
		if r, ok := v.view.(receiver); ok {
			cmds = append(cmds, m.apply(r.receive(msg, m.liveState(), m.current == v.view)))
		}
	}
	return tea.Batch(cmds...)
}

// apply does what a view asks for.
func (m *Model) apply(e effect) tea.Cmd {
	var cmds []tea.Cmd
	if e.ask != nil {
		m.question, m.helping = e.ask, false
	}
	if e.notice != "" {
		cmds = append(cmds, m.notify(e.notice, e.isError))
	}
	if e.call != nil {
		cmds = append(cmds, m.poll.call(e.call))
	}
	if e.open != nil {
		cmds = append(cmds, m.openWith(*e.open))
	}
	if !e.at.IsZero() {
		m.closeView()
		cmds = append(cmds, m.goToEvent(e.at, e.kind))
	}
	if e.poll {
		cmds = append(cmds, m.poll.startAfter(m.now))
	}
	return tea.Batch(cmds...)
}
