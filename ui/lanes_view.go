package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// lanesView shows every lane: what it waits for and how full its limits are. One that is
// paused, or held back by a breaker, can be told to try now.
type lanesView struct {
	scrollView
	resumer   client.Resumer // nil where no pause can be ended
	resumeKey key.Binding    // enabled while a lane is held back
	lanes     []client.Lane  // as they are listed
	chosen    string         // the lane that was pointed at; empty: none
	box       rect           // of the list
	past      bool           // it is a moment in the past that is shown
}

func newLanesView(o Options) *lanesView {
	return &lanesView{scrollView: newScrollView(), resumer: o.Resumer, resumeKey: bind("T", "try now", "T", "shift+t")}
}

// follows implements follower.
func (v *lanesView) follows() {}

// open shows the list from its top, and nothing is chosen.
func (v *lanesView) open() {
	v.scrollView.open()
	v.chosen = ""
}

func (v *lanesView) available(d client.Detail) bool { return d.Lanes != nil }

func (v *lanesView) set(s *state, w, h int) {
	v.lanes = lanesByWaiting(s)
	box := newLanesLayout(w, h, v.lanes).list
	v.box = box
	v.past = s.past
	v.scroll.endIsNow(s.past)
	v.fit(newLaneList(v.lanes, newLaneLayout(box.w, box.h)))
	v.resumeKey.SetEnabled(v.resumer != nil && !s.past && s.sample.Role.MayChange() && v.countsDown())
}

// countsDown implements counter.
func (v *lanesView) countsDown() bool { return slices.ContainsFunc(v.lanes, isHeld) }

func (v *lanesView) frame(s *state, w, h int) string {
	l := newLanesLayout(w, h, v.lanes)
	panes := []placed{s.place(l.list, lanesPane{v.top, v.chosen})}
	lanes := limitedLanes(v.lanes)
	if i := slices.IndexFunc(lanes, func(l client.Lane) bool { return l.Name == v.chosen }); i > 0 { // it has the first plots
		lanes = slices.Insert(slices.Delete(slices.Clone(lanes), i, i+1), 0, lanes[i])
	}
	for i, r := range l.plots {
		panes = append(panes, s.limitPlots(r, lanes[i])...)
	}
	return s.page(l.pageLayout, h, panes...)
}

func (v *lanesView) help(g *globalKeys) viewHelp {
	if v.past {
		k := v.scroll
		return backHelp(g, slices.Concat([]key.Binding{k.Up, k.Down}, k.far()))
	}
	return v.scrollView.help(g, v.resumeKey)
}

func (v *lanesView) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	if matches(msg, v.resumeKey) {
		return effect{ask: v.askResume()}, true
	}
	moves := v.scrollView.press(msg)
	if moves {
		v.chosen = ""
	}
	return effect{}, moves
}

// focus implements pointed: there is one list.
func (v *lanesView) focus(int, int) {}

// click implements pointed.
func (v *lanesView) click(x, y int) {
	v.chosen = ""
	if !v.box.has(x, y) {
		return
	}
	y -= v.box.y + 1 + newLaneLayout(v.box.w, v.box.h).head
	if line := v.top + y; y >= 0 && y < v.list.rows && line < v.list.total {
		block, _ := v.list.at(line)
		v.chosen = v.lanes[block].Name
	}
}
