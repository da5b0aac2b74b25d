package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The first row says which views there are, and which of them is open: by name where there is
// room, and at every size by number. A click on one opens it, and one on the open one does
// nothing.
func TestTabs(t *testing.T) {
	for _, c := range []struct {
		w, h         int
		first, third string
	}{
		{200, 60, "[1 Overview] 2 Waiting 3 Users 4 Lanes 5 Events 6 Settings 7 Advice", "1 Overview 2 Waiting [3 Users] 4 Lanes"},
		{120, 36, "[1 Overview] 2 Waiting 3 Users 4 Lanes 5 Events 6 Settings 7 Advice", "1 Overview 2 Waiting [3 Users] 4 Lanes"},
		{80, 24, "[1] 2 3 4 5 6 7", "1 2 [3] 4 5 6 7"},
		{50, 15, "[1] 2 3 4 5 6 7", "1 2 [3] 4 5 6 7"},
		{40, 10, "[1] 2 3 4 5 6 7", "1 2 [3] 4 5 6 7"},
	} {
		r := newFullRig(t)
		r.size(c.w, c.h)
		head := func(want string) {
			t.Helper()
			if got := r.lines()[0]; !strings.Contains(got, want) && !strings.Contains(strings.NewReplacer("[1 Overview]", "[1]", "[3 Users]", "[3]").Replace(got), want) {
				t.Errorf("%dx%d: got %q, want %q", c.w, c.h, got, want)
			}
		}
		click := func(words string) {
			before, _, _ := strings.Cut(r.lines()[0], words)
			r.send(tea.MouseClickMsg{X: width(before) + 1, Y: 0, Button: tea.MouseLeft})
		}
		head(c.first)
		click(" 3")
		if !r.isOpen(r.users) {
			t.Fatalf("%dx%d: a click on a tab does not open it", c.w, c.h)
		}
		head(c.third)
		r.checkFits(c.w, c.h)
		if click("[3"); !r.isOpen(r.users) {
			t.Errorf("%dx%d: a click on the open tab closes it", c.w, c.h)
		}
		if click(" 6"); !r.isOpen(r.settings) {
			t.Errorf("%dx%d: a click on another tab does not open it", c.w, c.h)
		}
	}
	r := newRig(t, Options{}) // an endpoint that tells of no other view
	r.answerPoll(oldWire(sampleOf(0, 3, 0)))
	r.hides("[1", "2 Waiting")
}
