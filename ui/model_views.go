package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// openWith opens the view that a key opens, if there is one.
func (m *Model) openWith(msg tea.KeyPressMsg) {
	for i, open := range m.keys.Open {
		if matches(msg, open) {
			m.shown, m.helping, m.keys.Back = m.views[i].view, false, backKey(open)
			m.shown.open()
			return
		}
	}
}

// leave goes back to the dashboard.
func (m *Model) leave() { m.shown, m.helping, m.keys.Back = m.home, false, key.Binding{} }

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
			cmds = append(cmds, m.apply(r.receive(msg, m.liveState(), m.shown == v.view)))
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
	if e.say != "" {
		cmds = append(cmds, m.say(e.say, e.bad))
	}
	if e.call != nil {
		cmds = append(cmds, m.poll.call(e.call))
	}
	if e.poll {
		cmds = append(cmds, m.poll.startAfter(m.now))
	}
	return tea.Batch(cmds...)
}
