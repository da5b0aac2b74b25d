package ui

import (
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// adviceView says which limit binds, and what each remedy would do.
type adviceView struct{ scrollView }

func newAdviceView() *adviceView { return &adviceView{newScrollView()} }

func (v *adviceView) available(d client.Detail) bool { return d.OffersAdvice }

func (v *adviceView) set(s *state, w, h int) {
	box := newPageLayout(w, h).list
	layout := newAdviceLayout(box.w, box.h)
	list, _ := newAdviceList(s.adviceBlocks(layout), layout)
	v.fit(list)
}

func (v *adviceView) frame(s *state, w, h int) string {
	l := newPageLayout(w, h)
	return s.page(l, h, s.place(l.list, advicePane{v.top}))
}

func (v *adviceView) help(g *globalKeys) viewHelp { return v.scrollView.help(g) }

func (v *adviceView) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	return effect{}, v.scrollView.press(msg)
}
