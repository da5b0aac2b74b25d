package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// openView opens the view whose key was pressed, if there is one.
func (m *Model) openView(msg tea.KeyPressMsg) {
	for i, open := range m.keys.Open {
		if matches(msg, open) {
			m.current, m.helping, m.keys.Back = m.views[i].view, false, backKey(open)
			m.current.open()
			return
		}
	}
}

// closeView goes back to the dashboard.
func (m *Model) closeView() { m.current, m.helping, m.keys.Back = m.home, false, key.Binding{} }

// enableViews enables the key of each view for which the server tells something.
func (m *Model) enableViews() {
	var d client.Detail
	if m.live.sample.Detail != nil {
		d = *m.live.sample.Detail
	}
	for i := range m.views {
		m.keys.Open[i].SetEnabled(m.views[i].available(d))
	}
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
	if e.poll {
		cmds = append(cmds, m.poll.startAfter(m.now))
	}
	return tea.Batch(cmds...)
}
