package ui

import tea "charm.land/bubbletea/v2"

// tellsAdvice says whether there is an advice view, by what the endpoint tells.
func (m *Model) tellsAdvice() bool {
	return m.live.sample.Detail != nil && m.live.sample.Detail.Advises
}

// adviceList is where each part of the advice begins.
func (m *Model) adviceList() blockList {
	r := newViewLayout(m.w, m.h).list
	room := newAdviceRoom(r.w, r.h)
	list, _ := newAdviceList(m.state().adviceBlocks(room), room)
	return list
}

// pressAdvice takes a key while the view is open.
func (m *Model) pressAdvice(msg tea.KeyPressMsg) tea.Cmd {
	return m.pressList(&m.advice, m.adviceList(), m.keys.Return, msg)
}

// adviceFrame is the screen while the view is open.
func (m *Model) adviceFrame() string { return m.listFrame(advicePane{m.advice.top}) }
