package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// View implements [tea.Model]. It draws only what has changed since it was last
// asked.
func (m *Model) View() tea.View {
	if m.dirty {
		m.drawn = tea.NewView(m.frame())
		m.drawn.AltScreen = true
		m.drawn.WindowTitle = m.windowTitle()
		m.dirty = false
	}
	return m.drawn
}

// frame is the whole screen: h lines of w cells each.
func (m *Model) frame() string {
	if m.w <= 0 || m.h <= 0 {
		return ""
	}
	if m.layout.tiny {
		return m.tinyFrame()
	}
	screen, keys, note := "", m.keys.all(), ""
	switch {
	case m.tuning.open:
		screen, keys, note = m.settingsFrame(), m.keys.settingsAll(), alwaysLive
	case m.lanes.open:
		screen, keys, note = m.lanesFrame(), m.keys.lanesAll(), alwaysLive
	case m.advice.open:
		screen, keys, note = m.adviceFrame(), m.keys.listAll(m.keys.Return), alwaysLive
	default:
		screen = m.dashboard()
	}
	switch {
	case m.confirming:
		return m.theme.overlay(screen, confirmBox(m.theme, m.keys, m.w), m.w, m.h)
	case m.resuming != nil:
		return m.theme.overlay(screen, resumeBox(m.state(), m.keys, *m.resuming, m.w), m.w, m.h)
	case m.helping:
		return m.theme.overlay(screen, helpBox(m.theme, keys, note, m.options.Version, m.w, m.h), m.w, m.h)
	default:
		return screen
	}
}

// dashboard is the screen with all panes.
func (m *Model) dashboard() string {
	s := m.state()
	lively := m.lively(s)
	l, head := &m.layout, m.headline()
	sparks := sparksPane{head.helps}
	head.helps = head.helps && !sparks.saysHint(l.sparks.h)
	list, listState := pane(&m.events), lively
	if m.focus == onUsers {
		list, listState = &m.users, s
	}
	var parts []placed
	for _, p := range []struct {
		rect
		what pane
		*state
	}{
		{l.title, m.statusPane(), lively},
		{l.banner, bannerPane{head}, lively},
		{l.figures, figuresPane{}, s},
		{l.sparks, sparks, s},
		{l.queue, queuePane{}, s},
		{l.wait, waitPane{}, s},
		{l.success, ratePane{}, s},
		{l.totals, totalsPane{}, s},
		{l.capacity, capacityPane{}, s},
		{l.users, &m.users, s},
		{l.events, &m.events, lively},
		{l.list, list, listState},
		{l.keys, keysPane{m.keyHelp()}, lively},
	} {
		if p.shown() {
			parts = append(parts, placed{p.rect, p.what.view(p.state, p.w, p.h)})
		}
	}
	return assemble(m.h, parts)
}

// tinyFrame says that there is no room, and what matters most.
func (m *Model) tinyFrame() string {
	h := m.headline()
	lines := m.theme.wrap(h.icon+" "+h.word+": "+h.message, m.w, m.w, m.h)
	more := m.theme.wrap("The window is too small: 40x10 is needed.", m.w, m.w, m.h-len(lines))
	return strings.Join(m.theme.block(m.w, m.h, append(lines, more...)), "\n")
}
