package ui

import tea "charm.land/bubbletea/v2"

// lanesView is what the root model knows of the view of all lanes. It always
// shows live figures, also while the dashboard is frozen. The zero lanesView is
// closed.
type lanesView struct {
	open bool
	top  int // the first line in sight
}

// tellsLanes says whether there is a lanes view, by what the endpoint tells.
func (m *Model) tellsLanes() bool {
	return m.live.sample.Detail != nil && m.live.sample.Detail.Lanes != nil
}

// openLanes shows the view.
func (m *Model) openLanes() { m.lanes, m.helping = lanesView{open: true}, false }

// laneList is where each lane begins.
func (m *Model) laneList() laneList {
	r := newLanesLayout(m.w, m.h).list
	return newLaneList(busiest(m.state()), newLaneRoom(r.w, r.h))
}

// scroll keeps the top line among the lines of the lanes.
func (v *lanesView) scroll(l laneList) { v.top = l.keep(v.top) }

// pressLanes takes a key while the view is open.
func (m *Model) pressLanes(msg tea.KeyPressMsg) tea.Cmd {
	k, v := &m.keys, &m.lanes
	list := m.laneList()
	switch {
	case matches(msg, k.Close) && m.helping, matches(msg, k.Help):
		m.helping = !m.helping
	case matches(msg, k.Back):
		v.open, m.helping = false, false
	case matches(msg, k.Up):
		v.top = list.up(v.top)
	case matches(msg, k.Down):
		v.top = list.down(v.top)
	case matches(msg, k.PageUp):
		v.top = list.pageUp(v.top)
	case matches(msg, k.PageDown):
		v.top += list.rows
	case matches(msg, k.Top):
		v.top = 0
	case matches(msg, k.Last):
		v.top = list.total
	case matches(msg, k.lanesHelp()...):
		return m.pressAlways(msg)
	}
	return nil
}

// lanesFrame is the screen while the view is open.
func (m *Model) lanesFrame() string {
	s := m.state()
	lively := m.lively(s)
	l := newLanesLayout(m.w, m.h)
	return assemble(m.h, []placed{
		{l.title, m.statusPane().view(lively, l.title.w, l.title.h)},
		{l.banner, bannerPane{m.headline()}.view(lively, l.banner.w, l.banner.h)},
		{l.list, lanesPane{m.lanes.top}.view(s, l.list.w, l.list.h)},
		{l.keys, keysPane{m.keyHelp()}.view(lively, l.keys.w, l.keys.h)},
	})
}
