package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// focus is which pane has the keys.
type focus uint8

const (
	onEvents focus = iota
	onUsers
)

// dashboard is the view that the monitor begins with. The other views are opened from
// it.
type dashboard struct {
	paneKey key.Binding // gives the keys to the next pane
	scroll  scrollKeys
	focus   focus
	users   usersPane
	events  eventsPane
}

func newDashboard() *dashboard {
	v := &dashboard{paneKey: bind("tab", "next pane", "tab", "shift+tab"), scroll: newScrollKeys("newest")}
	v.users, v.events = newUsersPane(), newEventsPane(v.scroll)
	return v
}

func (v *dashboard) available(client.Detail) bool { return true }

func (v *dashboard) open() {}

func (v *dashboard) set(s *state, w, h int) {
	l := newDashboardLayout(w, h)
	users, events := l.users, l.events
	lone := l.list.shown()
	if lone {
		users, events = l.list, l.list
	}
	v.users.set(s, users.w, users.h, v.focus == onUsers, lone)
	v.events.set(s.unfaded(), events.w, events.h, v.focus == onEvents, lone)
}

func (v *dashboard) frame(s *state, w, h int) string {
	bright := s.unfaded()
	l, head := newDashboardLayout(w, h), s.headline
	sparks := sparksPane{head.showsHint}
	head.showsHint = head.showsHint && !sparks.saysHint(l.sparks.h)
	list, listState := pane(&v.events), bright
	if v.focus == onUsers {
		list, listState = &v.users, s
	}
	var parts []placed
	for _, p := range []struct {
		rect
		what pane
		*state
	}{
		{l.title, s.status, bright},
		{l.banner, bannerPane{head}, bright},
		{l.figures, figuresPane{}, s},
		{l.sparks, sparks, s},
		{l.queue, queuePane{}, s},
		{l.wait, waitPane{}, s},
		{l.success, successPane{}, s},
		{l.totals, totalsPane{}, s},
		{l.capacity, capacityPane{}, s},
		{l.users, &v.users, s},
		{l.events, &v.events, bright},
		{l.list, list, listState},
		{l.keys, s.keys, bright},
	} {
		if p.shown() {
			parts = append(parts, p.place(p.rect, p.what))
		}
	}
	return assemble(h, parts)
}

func (v *dashboard) help(g *globalKeys) viewHelp {
	demo, pace := []key.Binding{g.Add, g.Burst, g.Outage}, []key.Binding{g.Slower, g.Faster, g.Poll, g.Theme}
	lead := slices.Concat([]key.Binding{g.Help, g.Quit, g.Freeze, g.Reset}, g.Open, []key.Binding{v.paneKey})
	return viewHelp{
		footer: slices.Concat(lead, []key.Binding{g.Window}, demo, pace),
		all: slices.Concat(lead, []key.Binding{v.scroll.Up, v.scroll.Down, g.Window}, demo, pace,
			[]key.Binding{g.Close, g.Suspend}, v.scroll.far()),
	}
}

func (v *dashboard) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	switch {
	case matches(msg, v.paneKey):
		v.focus = onUsers - v.focus
	case v.focus == onUsers:
		return effect{}, v.users.update(msg, v.scroll)
	default:
		return effect{}, v.events.update(msg, v.scroll)
	}
	return effect{}, true
}
