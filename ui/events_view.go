package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// eventsView is the log of the queue: what happened, the newest last.
type eventsView struct {
	scroll scrollKeys
	pane   eventsPane
}

func newEventsView() *eventsView {
	v := &eventsView{scroll: newScrollKeys("newest")}
	v.pane = newEventsPane(v.scroll)
	return v
}

func (v *eventsView) available(d client.Detail) bool { return d.EventsTotal.Known || len(d.Events) > 0 }

func (v *eventsView) open() {}

func (v *eventsView) set(s *state, w, h int) {
	box := newPageLayout(w, h).list
	v.pane.set(s.unfaded(), box.w, box.h, true)
}

func (v *eventsView) frame(s *state, w, h int) string {
	l := newPageLayout(w, h)
	return s.page(l, h, s.unfaded().place(l.list, &v.pane))
}

func (v *eventsView) help(g *globalKeys) viewHelp {
	return pageHelp(g, slices.Concat([]key.Binding{v.scroll.Up, v.scroll.Down}, v.scroll.far()))
}

func (v *eventsView) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	return effect{}, v.pane.update(msg, v.scroll)
}
