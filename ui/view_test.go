package ui

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// fullSample is a sample as from a server that tells something for every view, with a
// lane that is paused.
func fullSample(n int) client.Sample {
	return withAdvice(withLanes(sampleOf(n, 8, 2400*time.Millisecond), someLanes()), someAdvice())
}

// newFullRig is a rig over a server that tells everything, and takes everything.
func newFullRig(t *testing.T) *rig {
	r := newRig(t, Options{Demo: &fakeDemo{}, Tuner: &fakeTuner{}, Resumer: &fakeResumer{}, Line: &fakeLine{}})
	for n := range 3 {
		r.answerPoll(fullSample(n))
	}
	return r
}

// inEachView runs a test on the overview, and in each view that is opened from it.
// opens is the key of the view; the zero binding for the overview.
func inEachView(t *testing.T, test func(t *testing.T, r *rig, opens key.Binding)) {
	t.Run("overview", func(t *testing.T) { test(t, newFullRig(t), key.Binding{}) })
	for i, v := range newViews(Options{Line: &fakeLine{}}, newOverview(Options{}), newEventBook(Options{})) {
		if i == 0 {
			continue // the overview
		}
		t.Run(v.key.Help().Desc, func(t *testing.T) {
			r := newFullRig(t)
			r.press(v.key.Keys()[0])
			if !r.isOpen(r.views[i].view) {
				t.Fatalf("the key does not open it: is there something in fullSample that it shows?\n%s", r.text())
			}
			test(t, r, v.key)
		})
	}
}

// keysTwice returns the keys that are in more than one of the bindings, enabled or
// not.
func keysTwice(bindings []key.Binding) (twice []string) {
	seen := map[string]bool{}
	for _, b := range bindings {
		for _, k := range b.Keys() {
			if seen[k] {
				twice = append(twice, k)
			}
			seen[k] = true
		}
	}
	return twice
}

// all returns every key of the model, save those that go back.
func (g *globalKeys) all() []key.Binding {
	return slices.Concat([]key.Binding{
		g.Help, g.Close, g.Quit, g.Suspend, g.Freeze, g.Reset, g.Poll, g.Slower, g.Faster, g.Window, g.Theme, g.Add, g.Burst, g.Outage, g.Pace,
	}, g.Open)
}

// No key means two things in one place: in a view, while something is typed in it,
// in a question, and among the keys of the model.
func TestNoKeyTwice(t *testing.T) {
	if twice := keysTwice(newFullRig(t).keys.all()); len(twice) > 0 {
		t.Errorf("the model has %q twice", twice)
	}
	inEachView(t, func(t *testing.T, r *rig, _ key.Binding) {
		if twice := keysTwice(r.help().all()); len(twice) > 0 {
			t.Errorf("%q twice", twice)
		}
	})
	for name, keys := range map[string]string{"typing": "s v", "draft": "s right", "reset": "r", "resume": "l T"} {
		r := newFullRig(t)
		r.press(strings.Fields(keys)...)
		if twice := keysTwice(r.footer()); len(twice) > 0 || len(r.footer()) == 0 {
			t.Errorf("%s: %q twice of %d keys", name, twice, len(r.footer()))
		}
	}
}

// Some keys work in every view, and what the last row shows is in the help as well.
func TestKeysInEveryView(t *testing.T) {
	inEachView(t, func(t *testing.T, r *rig, opens key.Binding) {
		listed := func(b key.Binding) bool {
			return slices.ContainsFunc(r.help().all(), func(l key.Binding) bool { return slices.Equal(l.Keys(), b.Keys()) })
		}
		for _, b := range slices.Concat(r.keys.everywhere(), r.help().footer) {
			if len(b.Keys()) > 0 && !listed(b) {
				t.Errorf("%q is not in the help", b.Help().Desc)
			}
		}
		r.size(200, 60)
		r.press("?")
		for _, b := range r.help().all() {
			if b.Enabled() {
				r.shows(b.Help().Key, b.Help().Desc)
			}
		}
		r.quits("ctrl+c")
		if where := r.current; where == r.home {
			r.quits("q")
		} else if r.press("q"); r.current != r.home {
			t.Error("q does not go back")
		}
	})
}

// A key that the help does not list does nothing.
func TestNoOtherKeyWorks(t *testing.T) {
	every := slices.Concat(strings.Split("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-=_.,/", ""),
		[]string{"space", "tab", "esc", "enter", "backspace", "left", "right", "up", "down", "pgup", "pgdown", "home", "end", "ctrl+u", "ctrl+z"})
	inEachView(t, func(t *testing.T, r *rig, _ key.Binding) {
		before, where := r.text(), r.current
		for _, name := range every {
			if matches(keyOf(name), r.help().all()...) {
				continue
			}
			cmd := r.press(name)
			if r.notice.text != "" {
				cmd = nil // it says why nothing happens
				r.notice.text = ""
				r.redraw()
			}
			if cmd != nil || r.current != where || r.text() != before {
				t.Fatalf("%q does something: a command: %v\n%s", name, cmd != nil, r.text())
			}
		}
	})
}

// One way back: esc, which closes the help first, or the key that opens the view.
func TestBackFromEveryView(t *testing.T) {
	inEachView(t, func(t *testing.T, r *rig, opens key.Binding) {
		if r.current == r.home {
			return
		}
		where, again := r.current, opens.Keys()[0]
		r.press("?", "esc")
		if r.helping || r.current != where {
			t.Fatalf("esc with the help open: help %v, still in the view %v", r.helping, r.current == where)
		}
		for _, keys := range []string{"esc", "q", "1", again, "? " + again} {
			r.press(strings.Fields(keys)...)
			if r.current != r.home || r.helping {
				t.Errorf("%q: back %v, help %v", keys, r.current == r.home, r.helping)
			}
			r.press(again)
			if r.current != where {
				t.Errorf("%q: the view does not open again", keys)
			}
		}
	})
}

// Before anything is known, and with a server that tells nothing beyond the old
// wire, no view is offered.
func TestNoViewWithoutItsData(t *testing.T) {
	r := newRig(t, Options{Tuner: &fakeTuner{}})
	for _, what := range []string{"before the first poll", "with the old wire"} {
		for i, v := range r.views[1:] {
			r.press(v.key.Keys()[0])
			if r.current != r.home || r.keys.Open[i+1].Enabled() {
				t.Errorf("%s: %s is offered", what, v.key.Help().Desc)
			}
		}
		r.answerPoll(oldWire(sampleOf(0, 1, time.Second)))
	}
}

// Each view fills every screen, and each line of it is as wide as the screen.
func TestEveryViewFits(t *testing.T) {
	inEachView(t, func(t *testing.T, r *rig, _ key.Binding) {
		for w := 1; w <= 300; w += 1 + w/4 {
			for h := 1; h <= 100; h += 1 + h/4 {
				r.size(w, h)
				r.checkFits(w, h)
			}
		}
	})
}

// On a terminal that knows only ASCII nothing else is drawn, though it says so only
// when the monitor runs.
func TestEveryViewInASCII(t *testing.T) {
	inEachView(t, func(t *testing.T, r *rig, _ key.Binding) {
		r.send(tea.EnvMsg{"TERM=linux"})
		r.press("?")
		r.startPoll()
		r.advance(time.Second)
		r.send(clockMsg{})
		for _, c := range r.text() {
			if c > '~' && !strings.ContainsRune("界面测试用户", c) {
				t.Fatalf("%q is not ASCII in\n%s", c, r.text())
			}
		}
	})
}

// Clocks that are hours apart: the day stands only before what is of another day by the
// endpoint's clock.
func TestDayOfTheEndpointsClock(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 3 {
		s := sampleOf(i, 8, time.Second)
		s.Timestamp.Value = s.Timestamp.Value.Add(11 * time.Hour) // past midnight there
		s.Detail.Since.Value = s.Detail.Since.Value.Add(11 * time.Hour)
		r.answerPoll(s)
	}
	r.shows("since 00:58:00")
}

// Where nobody waits, whose requests started last is written out: no figure is cut off, nor
// glued to the next.
func TestStartedLast(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	s := sampleOf(0, 0, time.Second)
	s.Detail.Events = []client.Event{{At: noon().Add(-time.Minute), Kind: queue.KindStarted, User: "alice@example.com", Took: client.Some(3*time.Minute + 8*time.Second), Text: "Processing request"}}
	r.answerPoll(s)
	r.shows("started last", "13:59:00  after 3 min 08 s")
}

// What has a pane of its own is called by one name: in the last row or the help, in the title of
// the pane, and in the README.
func TestOneNameForAThing(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, name, title string }{
		{"h", "heat map", "Heat map: "}, {"d", "compare", "Compare: "}, {"[", "incident before", "incident from "},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		r.showPast()
		r.press("?")
		r.shows(c.key+" ", " "+c.name)
		r.press("?", c.key)
		r.shows(c.title)
		name, _, _ := strings.Cut(c.name, " before")
		if !regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(c.key) + "`.*" + name).Match(readme) {
			t.Errorf("the README's table does not call %s %q", c.key, name)
		}
	}
}
