package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// The key is there only where there is something to tune.
func TestSettingsKey(t *testing.T) {
	for _, c := range []struct {
		name  string
		tuner client.Tuner
		tells bool
		want  bool
	}{
		{"no tuner", nil, true, false},
		{"tells no settings", &fakeTuner{}, false, false},
		{"both", &fakeTuner{}, true, true},
	} {
		r := newRig(t, Options{Tuner: c.tuner})
		r.press("s")
		if r.isOpen(r.settings) {
			t.Errorf("%s: open before anything is known", c.name)
		}
		s := sampleOf(0, 1, time.Second)
		if !c.tells {
			s = oldWire(s)
		}
		r.answerPoll(s)
		r.offers("s", "settings", c.name, c.want)
		r.press("s")
		if r.isOpen(r.settings) != c.want {
			t.Errorf("%s: open %v, want %v", c.name, r.isOpen(r.settings), c.want)
		}
	}
}

// Keys in the view: what is sent, which setting is chosen, what is open after.
func TestSettingsKeys(t *testing.T) {
	last := len(queue.SettingTable()) - 1
	for _, c := range []struct {
		keys   string
		cursor int
		open   bool
		typing bool
		sent   string
	}{
		{"", 0, true, false, ""},
		{"esc", 0, false, false, ""},
		{"s", 0, false, false, ""},
		{"esc s", 0, true, false, ""},
		{"down j", 2, true, false, ""},
		{"down s s", 1, true, false, ""}, // it remembers where one was
		{"down k up", 0, true, false, ""},
		{"end", last, true, false, ""},
		{"G down", last, true, false, ""},
		{"end g", 0, true, false, ""},
		{"pgdown", last, true, false, ""},
		{"right", 0, true, false, ""},
		{"enter", 0, true, false, ""}, // nothing is prepared
		{"right enter", 0, true, false, "minDelayMs 1500 1600"},
		{"left enter", 0, true, false, "minDelayMs 1500 1400"},
		{"left right enter", 0, true, false, ""}, // as it is
		{"right right right enter", 0, true, false, "minDelayMs 1500 1800"},
		{"down left enter", 1, true, false, "stepMs 200 150"},
		{"right down left enter enter", 1, true, false, "minDelayMs 1500 1600, stepMs 200 150"},
		{"v", 0, true, true, ""},
		{"v enter", 0, true, false, ""},
		{"v esc", 0, true, false, ""},
		{"v esc esc", 0, false, false, ""},
		{"v 2 s esc", 0, true, false, ""},
		{"v 2 s enter", 0, true, false, ""},
		{"v 2 s enter enter", 0, true, false, "minDelayMs 1500 2000"},
		{"v 2 s q enter", 0, true, true, ""},
		{"v 2 s q backspace enter enter", 0, true, false, "minDelayMs 1500 2000"},
		{"v 9 9 ctrl+u 3 s enter enter", 0, true, false, "minDelayMs 1500 3000"},
		{"v backspace 3 s enter enter", 0, true, false, "minDelayMs 1500 3000"},
		{"v 1 . 5 s enter enter", 0, true, false, ""}, // as it is
		{"v 1 1 s enter", 0, true, true, ""},          // above maxDelay
		{"v 2 s enter v 3 s enter enter", 0, true, false, "minDelayMs 1500 3000"},
		{"down down v 1 s enter", 2, true, true, ""},
		{"down down v 3 0 s enter up up v 2 0 s enter enter", 0, true, false, "maxDelayMs 10000 30000, minDelayMs 1500 20000"},
		{"down down down v 1 2 enter enter", 3, true, false, "maxInFlight 16 12"},
		{"end up up v 9 0 % enter enter", last - 2, true, false, "thresholds.warnSuccess 0.8 0.9"},
		{"r tab p", 0, true, false, ""}, // nothing to freeze or reset here
	} {
		t.Run(c.keys, func(t *testing.T) {
			r, u := newTuned(t, nil)
			r.typeKeys(c.keys)
			if r.settings.cursor != c.cursor || r.isOpen(r.settings) != c.open || r.settings.entry.open != c.typing {
				t.Errorf("got cursor %d, open %v, typing %v, want %d, %v, %v",
					r.settings.cursor, r.isOpen(r.settings), r.settings.entry.open, c.cursor, c.open, c.typing)
			}
			if c.sent == "" {
				r.wantSent(u)
			} else {
				r.wantSent(u, c.sent)
			}
			if r.question != nil || r.frozen != nil || r.poll.interval != time.Second {
				t.Error("a key of the overview worked")
			}
		})
	}
}

// While a value is typed, q is a letter and ctrl+c leaves the program.
func TestQuitWhileTyping(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.quits("v q ctrl+c")
}

// The view is live though the overview is frozen, and leaves it as it was.
func TestSettingsWhileFrozen(t *testing.T) {
	r, u := newTuned(t, nil)
	r.press("esc")
	for i := range 40 {
		r.answerPoll(sampleOf(i+1, 5, time.Second))
	}
	r.press("k", "k", "p")
	below := func() string { return strings.Join(r.lines()[1:], "\n") } // the first row is of now
	before := below()
	r.press("s", "?")
	r.shows("This view is live, also while the overview is frozen.")
	r.press("?")
	r.hides("FROZEN")
	r.typeKeys("right enter")
	for i := 41; i < 80; i++ {
		r.changedTo(i, minDelay(1600*time.Millisecond))
	}
	r.wantLine("minDelay", "▸ minDelay 1.6 s 1.5 s least time between two starts")
	r.wantSent(u, "minDelayMs 1500 1600")
	r.send(noticeOverMsg{r.notice.tag})
	r.press("esc")
	if got := below(); got != before {
		t.Errorf("the frozen overview changed: got\n%s\nwant\n%s", got, before)
	}
}

// An endpoint that stops telling its settings.
func TestSettingsGone(t *testing.T) {
	r, u := newTuned(t, nil)
	r.answerPoll(oldWire(sampleOf(1, 5, time.Second)))
	r.shows("this endpoint does not tell its settings")
	r.typeKeys("right enter v down")
	r.wantSent(u)
	if r.settings.entry.open {
		t.Error("a value is typed")
	}
	r.press("esc", "s")
	r.hides("does not tell its settings")
}

// At every size each setting can be reached and read, and its line is in sight.
func TestSettingsScroll(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {50, 15}, {80, 15}, {80, 24}, {120, 36}, {200, 22}} {
		r, _ := newTuned(t, nil)
		r.size(size[0], size[1])
		for _, keys := range []string{"down", "up"} {
			for range r.settings.all {
				f := r.settings.chosen()
				if got := r.line(f.Name); !strings.HasPrefix(got, "▸ "+f.Name+" "+f.write(f.Default)) {
					t.Fatalf("%v: %s: got %q\n%s", size, f.Name, got, r.text())
				}
				r.press(keys)
			}
		}
		top := r.settings.top
		r.press("end")
		if top != 0 || !r.View().AltScreen || r.settings.chosen().Name != "stuckAfter" {
			t.Errorf("%v: top %d, chosen %s", size, top, r.settings.chosen().Name)
		}
		r.shows("stuckAfter")
	}
}

func TestPasteIntoSetting(t *testing.T) {
	r, u := newTuned(t, nil)
	r.send(tea.PasteMsg{Content: "9s"}) // nothing is typed now
	r.press("v")
	r.send(tea.PasteMsg{Content: "2\x1b[31m.5\n\u202e界x"})
	r.shows(" 2.5 x_ ")
	r.press("ctrl+u")
	r.send(tea.PasteMsg{Content: "2.5s\n"})
	r.typeKeys("enter enter")
	r.wantSent(u, "minDelayMs 1500 2500")
}

// Each setting, stepped on the screen, changes that setting of a real queue, and
// the screen shows what the queue says.
func TestEverySettingOfARealQueue(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Shutdown(t.Context()) })
	source := client.NewEmbedded(q, nil)
	r := newRig(t, Options{Source: source, Tuner: source})
	poll := func() {
		s, err := source.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.answerPoll(s)
	}
	poll()
	r.press("s")
	for _, f := range r.settings.all {
		before := f.Value(q.Settings())
		want := f.step(before, true)
		r.typeKeys("right enter")
		if got := f.Value(q.Settings()); got != want {
			t.Errorf("%s: the queue has %v, want %v (from %v)", f.Name, got, want, before)
		}
		poll()
		r.wantLine(f.Name, "▸ "+f.Name+" "+f.write(want)+" "+f.write(before)+" "+f.Does)
		r.press("down")
	}
}

// A row that is clicked is chosen, and the wheel goes on from there.
func TestSettingsMouse(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r, _ := newTuned(t, nil)
		r.size(size[0], size[1])
		r.point(" maxDelay ")
		r.typeKeys("right")
		if c := r.settings.tuner.draft.changes; len(c) != 1 || c[0].Field != "maxDelayMs" {
			t.Errorf("%v: prepared %v", size, c)
		}
		at := r.settings.cursor
		r.send(tea.MouseWheelMsg{X: 5, Y: r.settings.box.y + 2, Button: tea.MouseWheelUp})
		r.send(tea.MouseClickMsg{X: 5, Y: r.settings.box.y, Button: tea.MouseLeft}) // the edge
		if r.settings.cursor != at-1 {
			t.Errorf("%v: the wheel goes to %d", size, r.settings.cursor)
		}
	}
}

// Where a value is typed the help is closed: its keys would only type.
func TestTypingClosesTheHelp(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.press("?", "v")
	if r.helping || !r.settings.entry.open {
		t.Errorf("help open %v, typing %v, want a value typed without the help", r.helping, r.settings.entry.open)
	}
}

func TestTypingIsBounded(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.press("v")
	r.press(strings.Split("123456789", "")...)
	r.press("0", "s", "é", "\x1b")
	r.shows("123456789_ ")
	r.press("enter")
	r.shows("seconds or what?")
	r.press("backspace")
	r.hides("seconds or what?")
}

// Enter closes the help, and does not do what it does below it.
func TestEnterClosesTheHelp(t *testing.T) {
	r, to := newTuned(t, nil)
	r.typeKeys("right ? enter")
	if len(to.got) > 0 || r.helping {
		t.Errorf("sent %v, and the help is open: %v", to.got, r.helping)
	}
	if r.typeKeys("enter"); len(to.got) != 1 {
		t.Errorf("sent %v, want the change", to.got)
	}
}
