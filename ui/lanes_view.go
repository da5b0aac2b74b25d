package ui

import tea "charm.land/bubbletea/v2"

// tellsLanes says whether there is a view of all lanes, by what the endpoint tells.
func (m *Model) tellsLanes() bool {
	return m.live.sample.Detail != nil && m.live.sample.Detail.Lanes != nil
}

// laneList is where each lane begins.
func (m *Model) laneList() blockList {
	r := newViewLayout(m.w, m.h).list
	return newLaneList(busiest(m.state()), newLaneRoom(r.w, r.h))
}

// pressLanes takes a key while the view is open.
func (m *Model) pressLanes(msg tea.KeyPressMsg) tea.Cmd {
	if matches(msg, m.keys.Resume) {
		m.askResume()
		return nil
	}
	return m.pressList(&m.lanes, m.laneList(), m.keys.Back, msg)
}

// lanesFrame is the screen while the view is open.
func (m *Model) lanesFrame() string { return m.listFrame(lanesPane{m.lanes.top}) }
