package ui

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// keyState is what the keys of the overview change.
type keyState struct {
	helping, confirming, frozen bool
	window                      time.Duration
	interval                    time.Duration
	dark                        bool

	inFlight bool
	says     string // in the first row
}

func (r *rig) keyState() keyState {
	return keyState{
		r.helping, r.question != nil, r.frozen != nil, r.window, r.poll.interval, r.dark, r.poll.inFlight, r.notice.text,
	}
}

func TestKeys(t *testing.T) {
	fresh := keyState{window: 5 * time.Minute, interval: time.Second, dark: true}
	with := func(change func(*keyState)) keyState {
		a := fresh
		change(&a)
		return a
	}
	for _, c := range []struct {
		keys string // typed one after the other
		want keyState
	}{
		{"", fresh},
		{"?", with(func(a *keyState) { a.helping = true })},
		{"? ?", fresh},
		{"? esc", fresh},
		{"esc", fresh},
		{"r", with(func(a *keyState) { a.confirming = true })},
		{"? r", with(func(a *keyState) { a.confirming = true })},
		{"r esc", with(func(a *keyState) { a.says = "not reset" })},
		{"r n", with(func(a *keyState) { a.says = "not reset" })},
		{"r q", with(func(a *keyState) { a.says = "not reset" })},
		{"r p", with(func(a *keyState) { a.says = "not reset" })},
		{"r y", with(func(a *keyState) { a.says = "resetting…" })},
		{"r v", with(func(a *keyState) { a.says = "this view counts from now on" })},
		{"p", with(func(a *keyState) { a.frozen = true })},
		{"space", with(func(a *keyState) { a.frozen = true })},
		{"p space", fresh},
		{"w", with(func(a *keyState) { a.window = 30 * time.Minute })},
		{"w w", with(func(a *keyState) { a.window = time.Minute })},
		{"w w w", fresh},
		{"p w", with(func(a *keyState) { a.frozen, a.window = true, 30*time.Minute })},
		{"t", with(func(a *keyState) { a.dark = false })},
		{"t t", fresh},
		{"+", with(func(a *keyState) { a.interval = 2 * time.Second })},
		{"-", with(func(a *keyState) { a.interval = 500 * time.Millisecond })},
		{"- -", with(func(a *keyState) { a.interval = 500 * time.Millisecond })},
		{"+ + + + + + +", with(func(a *keyState) { a.interval = time.Minute })},
		{"R", with(func(a *keyState) { a.inFlight = true })},
		{"R R", with(func(a *keyState) { a.inFlight = true })},
		{"up", fresh}, {"down", fresh}, {"j", fresh}, {"k", fresh}, {"x", fresh}, {"h", fresh},
		{"a", fresh}, {"b", fresh}, {"o", fresh}, // there is no demo
	} {
		t.Run(c.keys, func(t *testing.T) {
			r := newRig(t, Options{})
			r.answerPoll(sampleOf(0, 1, time.Second))
			r.press(strings.Fields(c.keys)...)
			if got := r.keyState(); got != c.want {
				t.Errorf("after %q:\n got %+v\nwant %+v", c.keys, got, c.want)
			}
		})
	}
}

func TestKeysThatLeave(t *testing.T) {
	for keys, want := range map[string]tea.Msg{
		"q": tea.Quit(), "ctrl+c": tea.Quit(), "? q": tea.Quit(), "r ctrl+c": tea.Quit(), "p q": tea.Quit(), "ctrl+z": suspend()(),
	} {
		r := newRig(t, Options{})
		r.answerPoll(sampleOf(0, 1, time.Second))
		cmd := r.press(strings.Fields(keys)...)
		if cmd == nil {
			t.Errorf("%q does nothing", keys)
			continue
		}
		if got := cmd(); reflect.TypeOf(got) != reflect.TypeOf(want) {
			t.Errorf("%q: got %T, want %T", keys, got, want)
		}
	}
}

func TestDemoKeys(t *testing.T) {
	demo := &fakeDemo{}
	r := newRig(t, Options{Demo: demo})
	r.answerPoll(sampleOf(0, 1, time.Second))
	for _, k := range []string{"a", "b", "o", "o", "x", "x"} {
		run(r.press(k))
	}
	want := []string{"add", "burst", "outage true", "outage false", "spaced true", "spaced false"}
	if !slices.Equal(demo.did, want) {
		t.Errorf("got %v, want %v", demo.did, want)
	}
	r.shows("a add one", "b burst", "o outage")
}

// run runs all parts of a command. Timers of a rig tell nothing.
func run(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		var all []tea.Msg
		for _, c := range batch {
			all = append(all, run(c)...)
		}
		return all
	}
	return []tea.Msg{msg}
}

// Without a demo its keys are not there.
func TestDemoKeysAreHidden(t *testing.T) {
	r := newRig(t, Options{})
	r.size(200, 60)
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.press("?")
	r.hides("burst", "outage")
}

func TestReset(t *testing.T) {
	t.Run("the server's", func(t *testing.T) {
		source := &fakeSource{}
		r := newRig(t, Options{Source: source})
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.press("r")
		r.shows("Reset the counters?", "for everybody", "this view's only")
		for _, msg := range run(r.press("y")) {
			r.send(msg)
		}
		if _, resets, _ := source.counts(); resets != 1 {
			t.Errorf("got %d resets, want 1", resets)
		}
		r.shows("the counters were reset, for everybody")
		if !r.poll.inFlight {
			t.Error("after a reset no poll looks at what it did")
		}
	})
	t.Run("refused", func(t *testing.T) {
		r := newRig(t, Options{Source: &fakeSource{reset: &client.Failure{Words: "401: not allowed", Hint: "Set PACELINE_TOKEN"}}})
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.press("r")
		for _, msg := range run(r.press("y")) {
			r.send(msg)
		}
		r.shows("not reset: 401: not allowed. Set PACELINE_TOKEN")
	})
	t.Run("only asked", func(t *testing.T) {
		source := &fakeSource{reset: errors.New("must not be called")}
		r := newRig(t, Options{Source: source})
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.press("r", "esc", "r", "q", "r", "v")
		if _, resets, _ := source.counts(); resets != 0 {
			t.Errorf("got %d resets, want 0", resets)
		}
	})
	t.Run("this view's", func(t *testing.T) {
		r := newRig(t, Options{})
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.shows("ok 1,180")
		r.press("r", "v")
		r.answerPoll(sampleOf(3, 1, time.Second))
		r.size(200, 60)
		r.shows("ok 3 ", "since 14:00:00")
		r.hides("1,183")
	})
	t.Run("while a poll is in flight", func(t *testing.T) {
		r := newRig(t, Options{})
		r.answerPoll(sampleOf(0, 1, time.Second))
		r.startPoll()
		r.press("r", "y")
		r.send(resetMsg{})
		r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(1, 1, time.Second)})
		if !r.poll.inFlight {
			t.Error("no poll begins after the reset")
		}
		r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(2, 1, time.Second)})
		if r.poll.inFlight {
			t.Error("one poll more than that")
		}
	})
	t.Run("no data", func(t *testing.T) {
		r := newRig(t, Options{})
		r.hides("r reset", "choose")
		r.press("r")
		r.hides("Reset the counters?")
	})
}

func TestFreeze(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	r.watch(10, 2, time.Second)
	r.press("p")
	before := r.lines()
	r.shows("FROZEN since 14:00:45", "p go on")
	for i := 10; i < 30; i++ {
		r.answerPoll(sampleOf(i, 3, 2*time.Second))
	}
	for i, line := range r.lines() {
		if line != before[i] {
			t.Errorf("line %d moved while frozen:\n%s\n%s", i+1, before[i], line)
		}
	}
	r.answerPoll(sampleOf(30, 25, 2*time.Second))
	r.shows("now: ", "✖ CRITICAL", "FROZEN since")
	r.failPoll("connection refused", "")
	r.shows("✖ UNREACHABLE", "FROZEN since")
	r.answerPoll(sampleOf(31, 7, 2*time.Second))
	r.press("p")
	r.hides("FROZEN")
	r.shows("▲ WARNING", "p freeze", "unreachable 14:02:35 to 14:02:45: connection refused")
	if got := len(r.history.Columns(client.MetricWaiting, r.at, 5*time.Minute, 60)); got == 0 {
		t.Error("the history stood still while frozen")
	}
}

// A frozen plot stays though the history goes on for hours.
func TestFrozenPlotStays(t *testing.T) {
	r := newRig(t, Options{Interval: 10 * time.Second})
	r.watch(40, 3, time.Second)
	r.press("p")
	below := func() string { return strings.Join(r.lines()[1:], "\n") } // the first row is of now
	before := below()
	for i := 40; i < 400; i++ {
		r.answerPoll(sampleOf(i, 3, time.Second))
	}
	if got := below(); got != before {
		t.Errorf("got\n%s\nwant\n%s", got, before)
	}
}

func TestScrolling(t *testing.T) {
	r := newRig(t, Options{})
	r.watch(40, 1, time.Second)
	newest := func(n int) string { return noon().Add(time.Duration(n) * 5 * time.Second).Format(time.TimeOnly) }
	r.press("e", "i")
	r.shows(newest(39))
	r.press("k", "pgup", "up")
	r.hides(newest(39))
	r.shows("G: newest")
	top := r.lines()[20]
	r.answerPoll(sampleOf(40, 1, time.Second))
	if got := r.lines()[20]; got != top {
		t.Errorf("the lines moved under the reader: got %q, want %q", got, top)
	}
	r.press("G")
	r.shows(newest(40))
	r.hides("G: newest")
	r.press("esc")

	s := sampleOf(41, 1, time.Second)
	s.Detail.Users = nil
	for i := range 50 {
		s.Detail.Users = append(s.Detail.Users, client.User{Name: client.NameOf(fmt.Sprintf("person-%02d", i))})
	}
	r.answerPoll(s)
	for i := range 50 {
		r.press("j")
		r.shows(fmt.Sprintf("person-%02d", i)) // the cursor is always in sight
	}
	for i := 48; i >= 0; i-- {
		r.press("k")
		r.shows(fmt.Sprintf("person-%02d", i))
	}
}
