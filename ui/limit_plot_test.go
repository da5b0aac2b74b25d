package ui

import "testing"

// Where a list leaves room it is used: the lanes' limits over time, what a setting can be, and
// both moments of a comparison on one scale.
func TestRoomIsUsed(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h int
		play func(*rig)
		says []string
	}{
		{"lanes", 120, 36, func(r *rig) { r.showLanes(someLanes()) }, []string{"sonnet-4 (org-5b1e) · requests ─", "input free of 30k", "output free of 8k"}},
		{"one lane", 120, 36, func(r *rig) { r.showLanes(someLanes()[:1]) }, []string{"input free of 50k", "─ Troubles ─"}},
		{"lanes, large", 200, 60, func(r *rig) { r.showLanes(someLanes()) }, []string{"input free of 30k", "input free of 50k", "─ Troubles ─"}},
		{"settings", 120, 36, func(r *rig) { r.tune(8, defaults()) }, []string{"least time between two starts          0 s to 10 s (maxDelay)"}},
		{"compare", 200, 60, func(r *rig) { r.showPast("d") }, []string{"─ Waiting until 13:55:00 ─", "┬ Waiting until now ─"}},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		c.play(r)
		r.size(c.w, c.h)
		r.shows(c.says...)
		r.checkFits(c.w, c.h)
	}
	r := newRig(t, Options{})
	r.showLanes(manyLanes())
	r.size(120, 36)
	r.hides(" free of 30k ─") // the list needs the room
}
