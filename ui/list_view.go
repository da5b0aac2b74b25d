package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// listView is what the root model knows of a view that is one list to scroll. It
// always shows live figures, also while the dashboard is frozen. The zero listView
// is closed.
type listView struct {
	open bool
	top  int // the first line in sight
}

// openList shows one of the views, from its top.
func (m *Model) openList(v *listView) { *v, m.helping = listView{open: true}, false }

// scroll keeps the top line among the lines of the list.
func (v *listView) scroll(l blockList) { v.top = l.keep(v.top) }

// pressList takes a key while a view is open that back leaves.
func (m *Model) pressList(v *listView, l blockList, back key.Binding, msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case matches(msg, k.Close) && m.helping, matches(msg, k.Help):
		m.helping = !m.helping
	case matches(msg, back):
		v.open, m.helping = false, false
	case matches(msg, k.Up):
		v.top = l.up(v.top)
	case matches(msg, k.Down):
		v.top = l.down(v.top)
	case matches(msg, k.PageUp):
		v.top = l.pageUp(v.top)
	case matches(msg, k.PageDown):
		v.top += l.rows
	case matches(msg, k.Top):
		v.top = 0
	case matches(msg, k.Last):
		v.top = l.total
	case matches(msg, k.listHelp(back)...):
		return m.pressAlways(msg)
	}
	return nil
}

// listFrame is the screen while a view with this list is open.
func (m *Model) listFrame(list pane) string {
	s := m.state()
	lively := m.lively(s)
	l := newViewLayout(m.w, m.h)
	return assemble(m.h, []placed{
		{l.title, m.statusPane().view(lively, l.title.w, l.title.h)},
		{l.banner, bannerPane{m.headline()}.view(lively, l.banner.w, l.banner.h)},
		{l.list, list.view(s, l.list.w, l.list.h)},
		{l.keys, keysPane{m.keyHelp()}.view(lively, l.keys.w, l.keys.h)},
	})
}
