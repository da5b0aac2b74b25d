package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

// point clicks on words on the screen.
func (r *rig) point(words string) tea.Cmd {
	r.Helper()
	for y, line := range r.lines() {
		if before, _, ok := strings.Cut(line, words); ok {
			return r.send(tea.MouseClickMsg{X: width(before), Y: y, Button: tea.MouseLeft})
		}
	}
	r.Fatalf("the screen does not say %q:\n%s", words, r.text())
	return nil
}

func TestClickOnAKeyPressesIt(t *testing.T) {
	for name, c := range map[string]struct {
		words string
		done  func(*rig) bool
	}{
		"help":   {"? help", func(r *rig) bool { return r.helping }},
		"lanes":  {"4 Lanes", func(r *rig) bool { return r.isOpen(r.lanes) }},
		"freeze": {"p freeze", func(r *rig) bool { return r.isFrozen() }},
		"reset":  {"r reset", func(r *rig) bool { return r.question != nil }},
	} {
		r := newRig(t, Options{})
		r.size(200, 60)
		r.account = true
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.point(c.words)
		if !c.done(r) {
			t.Errorf("%s: a click does nothing", name)
		}
	}
}

// Between two keys, beyond the last and on one that has no room there is nothing.
func TestClickBesideAKey(t *testing.T) {
	off := bind("o", "off", "o")
	off.SetEnabled(false)
	p := keysPane{[]key.Binding{bind("r", "reset", "r"), off, bind("↑/k", "up", "up", "k"), bind("q", "quit", "q")}}
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	const row = "  r reset  ↑/k up …"
	if got := plainText(p.view(&state{theme: theme}, 24, 1)[0]); strings.TrimRight(got, " ") != row {
		t.Fatalf("got the row %q, want %q", got, row)
	}
	got := ""
	for x := range 24 {
		got += map[string]string{"": " ", "r": "r", "up": "u", "q": "q"}[p.at(theme, 24, x)]
	}
	if want := "  rrrrrrr  uuuuuu"; strings.TrimRight(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClickAnswersAQuestion(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.press("r")
	r.point("Reset the counters?") // means nothing
	if r.question == nil {
		t.Fatal("a click into the question has answered it")
	}
	r.point("esc no")
	r.shows("not reset")
}

func TestEveryKeyCanBePressedByName(t *testing.T) {
	r := newRig(t, Options{Demo: &fakeDemo{}, Bell: true, Line: &fakeLine{}, Tuner: &fakeTuner{}, Resumer: &fakeResumer{}})
	r.tune(8, someSettings())
	for _, v := range r.views {
		help := v.help(&r.keys)
		for _, b := range slices.Concat(help.all(), help.footer) {
			if name := firstKey(b); name != "" && keyPress(name).String() != name {
				t.Errorf("%s: %q is pressed as %q", v.key.Help().Desc, name, keyPress(name).String())
			}
		}
	}
}

func TestClickSelectsARow(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}, {40, 10}} {
		r := newRig(t, Options{Line: &fakeLine{}})
		r.size(size[0], size[1])
		r.answerPoll(sampleOf(0, 8, 4*time.Second))
		at := r.home.drawn.line
		row := at.y
		if at.h >= lineHeadFrom {
			row += 2
		}
		r.send(tea.MouseClickMsg{X: at.x + 5, Y: row + 1, Button: tea.MouseLeft})
		if got, want := r.home.line.at, 1; got != want {
			t.Errorf("%v: row %d is selected, want %d", size, got, want)
		}
		r.send(tea.MouseWheelMsg{X: at.x + 5, Y: row, Button: tea.MouseWheelUp})
		if got := r.home.line.at; got != 0 {
			t.Errorf("%v: the wheel selects row %d, want 0", size, got)
		}
		r.send(tea.MouseClickMsg{X: at.x + 5, Y: at.y + at.h, Button: tea.MouseLeft})
		if got := r.home.line.at; got != 0 {
			t.Errorf("%v: a click below the list selects row %d", size, got)
		}
	}
}

func TestClickSelectsAUser(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.answerPoll(sampleOf(0, 8, 4*time.Second))
	users := r.home.drawn.users
	r.send(tea.MouseClickMsg{X: users.x + 5, Y: users.y + 3, Button: tea.MouseLeft})
	if got := r.home.target(); got.User != client.NameOf("user_7") || !got.isUser() {
		t.Errorf("got %v, want all of user_7", got)
	}
	r.send(tea.MouseWheelMsg{X: users.x, Y: users.y + 5, Button: tea.MouseWheelDown})
	if got := r.home.target(); got.User != client.NameOf("anna@example.org") {
		t.Errorf("after the wheel: got %v, want all of anna", got)
	}
}

// Where nobody lists who waits, the users stand in their place.
func TestClickSelectsAUserWithoutTheLine(t *testing.T) {
	r := newRig(t, Options{})
	r.size(80, 24)
	r.answerPoll(sampleOf(0, 8, 4*time.Second))
	r.point("user_7")
	if got := r.home.users.selected; got != client.NameOf("user_7") {
		t.Errorf("got %v, want user_7", got)
	}
}

func TestClickSelectsALane(t *testing.T) {
	resumer := &fakeResumer{}
	r := newRig(t, Options{Resumer: resumer})
	r.account = true
	s := sampleOf(0, 4, 4*time.Second)
	s = overAccount(s)
	for i := range s.Detail.Lanes {
		s.Detail.Lanes[i].PausedUntil = client.Some(noon().Add(time.Minute))
	}
	for _, size := range [][2]int{{120, 36}, {40, 10}} {
		r.size(size[0], size[1])
		r.answerPoll(s)
		r.current = r.lanes
		r.redraw()
		if size[1] < 20 {
			r.press("down")
		}
		r.point("haiku-5.5 ")
		r.press("T")
		run(r.press("y"))
		r.current = r.home
	}
	if want := []string{"haiku-5.5", "haiku-5.5"}; !slices.Equal(resumer.got, want) {
		t.Errorf("got the pauses of %v ended, want %v", resumer.got, want)
	}
}

// What the mouse does else costs no picture.
func TestOtherMouseEventsDrawNothing(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.View()
	for _, msg := range []tea.Msg{tea.MouseMotionMsg{X: 3, Y: 3, Button: tea.MouseLeft}, tea.MouseReleaseMsg{X: 3, Y: 35}, tea.MouseClickMsg{X: 3, Y: 35, Button: tea.MouseRight}} {
		if cmd := r.send(msg); r.dirty {
			t.Errorf("%T: drawn again, %v", msg, cmd)
		}
	}
}

func TestNoMouse(t *testing.T) {
	for without, want := range map[bool]tea.MouseMode{false: tea.MouseModeCellMotion, true: tea.MouseModeNone} {
		r := newRig(t, Options{NoMouse: without})
		if got := r.View().MouseMode; got != want {
			t.Errorf("without %v: got mode %v, want %v", without, got, want)
		}
		r.press("?")
		if got := strings.Contains(r.text(), "Shift and drag selects text."); got == without {
			t.Errorf("without %v: the help tells of it: %v", without, got)
		}
	}
}

func TestWheelScrollsTheHelp(t *testing.T) {
	r := newRig(t, Options{})
	r.size(40, 10)
	r.press("?")
	r.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if r.helpTop != 1 {
		t.Errorf("got top %d, want 1", r.helpTop)
	}
}
