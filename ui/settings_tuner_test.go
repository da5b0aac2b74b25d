package ui

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// newTuned returns a rig with the settings open, over a tuner that says err.
func newTuned(t *testing.T, err error) (*rig, *fakeTuner) {
	u := &fakeTuner{err: err}
	r := newRig(t, Options{Tuner: u})
	r.answerPoll(sampleOf(0, 5, time.Second))
	r.press("s")
	return r, u
}

// deliver runs a command and tells the model what becomes of it.
func (r *rig) deliver(cmd tea.Cmd) {
	for _, msg := range run(cmd) {
		if tuned, ok := msg.(tunedMsg); ok {
			r.deliver(r.send(tuned))
		}
	}
}

// changedTo answers the next poll with settings that were changed.
func (r *rig) changedTo(n int, change func(*queue.Settings)) {
	s := sampleOf(n, 5, time.Second)
	settings := queue.DefaultSettings()
	change(&settings)
	s.Detail.Settings = client.SettingsOf(settings)
	r.answerPoll(s)
}

func change(field string, v float64) client.Change { return client.Change{Field: field, Value: v} }

// line is the row of a setting.
func (r *rig) line(name string) string {
	for _, line := range r.lines()[1:] {
		if strings.Contains(line, " "+name+" ") {
			return strings.Join(strings.Fields(strings.Trim(line, "│|")), " ")
		}
	}
	return ""
}

func (r *rig) wantLine(name, want string) {
	r.Helper()
	if got := r.line(name); got != want {
		r.Errorf("%s: got %q, want %q", name, got, want)
	}
}

// A change looks pending until the endpoint itself shows the value.
func TestChangeIsPendingUntilSeen(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.startPoll()
	cmd := r.press("right")
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 1.6 s: sending…")
	r.deliver(cmd)
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 1.6 s: taken, not in the figures yet")
	r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(1, 5, time.Second)}) // it was on its way before
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 1.6 s: taken, not in the figures yet")
	if !r.poll.inFlight {
		t.Error("no poll looks at what the change did")
	}
	r.changedTo(2, func(s *queue.Settings) { s.MinDelay = 1600 * time.Millisecond })
	r.wantLine("minDelay", "▸ minDelay 1.6 s 1.5 s least time between two starts")
	r.shows("with 5 waiting: 2.6 s between starts, 23 a minute")
}

// What the endpoint shows counts, even if it is something else.
func TestEndpointHasTheLastWord(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.deliver(r.press("right"))
	for i := range 4 {
		r.changedTo(i+1, func(s *queue.Settings) { s.MinDelay = 700 * time.Millisecond })
	}
	r.wantLine("minDelay", "▸ minDelay 700 ms 1.5 s least time between two starts")
	r.deliver(r.press("right"))
	r.wantLine("minDelay", "▸ minDelay 700 ms … 1.5 s to be 800 ms: taken, not in the figures yet")
}

// An outage shows nothing of a change: what was accepted stays marked as not seen yet.
func TestAnOutageDoesNotConfirmAChange(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.deliver(r.press("right"))
	for range 4 {
		r.failPoll("connection refused", "")
	}
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 1.6 s: taken, not in the figures yet")
}

// Quick steps: one request at a time, and then only the newest change.
func TestQuickStepsCoalesce(t *testing.T) {
	r, u := newTuned(t, nil)
	first := r.press("right")
	r.deliver(r.press("right", "right", "right"))
	r.deliver(r.press("down", "right"))
	r.deliver(r.press("up", "right"))
	if len(u.got) != 0 {
		t.Fatalf("sent %v while a change was under way", u.got)
	}
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 2 s: not sent yet…")
	r.deliver(first)
	want := []client.Change{change("minDelayMs", 1600), change("minDelayMs", 2000), change("stepMs", 250)}
	if !slices.Equal(u.got, want) {
		t.Errorf("sent %v, want %v", u.got, want)
	}
}

// The refusal of a change that a newer one has replaced is not shown.
func TestOldRefusalIsDropped(t *testing.T) {
	r, u := newTuned(t, &client.Failure{Words: "too much"})
	first := r.press("right")
	r.press("right")
	msgs := run(first)
	u.err = nil
	for _, msg := range msgs {
		r.deliver(r.send(msg))
	}
	r.wantLine("minDelay", "▸ minDelay 1.5 s … 1.5 s to be 1.7 s: taken, not in the figures yet")
}

func TestRefusedChange(t *testing.T) {
	refusal := &client.Failure{Words: "maxDelay is too \x1b[31mlong", Hint: "see the \nlog"}
	r, u := newTuned(t, refusal)
	r.deliver(r.press("right"))
	r.wantLine("minDelay", "▸ minDelay 1.5 s ▲ 1.5 s maxDelay is too long. see the log")
	r.size(40, 10)
	r.shows("▲ maxDelay is too long. see the log")
	r.size(120, 36)
	u.err = nil
	r.deliver(r.press("left"))
	r.hides("too long")
	if want := []client.Change{change("minDelayMs", 1600), change("minDelayMs", 1400)}; !slices.Equal(u.got, want) {
		t.Errorf("sent %v, want %v", u.got, want)
	}

	r, _ = newTuned(t, refusal)
	cmd := r.press("right")
	r.press("esc")
	r.deliver(cmd)
	r.shows("minDelay was not changed: maxDelay is too long")
	r.press("s")
	r.wantLine("minDelay", "▸ minDelay 1.5 s 1.5 s least time between two starts") // said once

	r, _ = newTuned(t, errors.New("no failure"))
	r.deliver(r.press("right"))
	r.shows("no failure")
}

// What cannot be is said at once, and not sent.
func TestLocalRefusals(t *testing.T) {
	for _, c := range []struct{ keys, says string }{
		{"enter 1 1 s enter", "11 s is out of range: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"down down enter 1 s enter", "1 s is out of range: maxDelay can be from 1.5 s (minDelay) to 1 h"},
		{"enter s o o n enter", "not a time: type a number with its unit"},
		{"enter 5 enter", "seconds or what? Type the unit, too"},
		{"end up up enter 1 2 0 % enter", "120% is out of range: warnSuccess can be from 0% to 100%"},
		{"down down down enter 0 enter", "0 is out of range: maxInFlight can be from 1 to 1,000,000"},
		{"enter 1 0 s enter right", "no further: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"enter 0 enter left", "no further: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"down down enter 2 s enter up up enter 3 s enter", "3 s is out of range: minDelay can be from 0 s to 2 s (maxDelay)"},
	} {
		r, u := newTuned(t, nil)
		r.deliver(r.press(strings.Fields(c.keys)...))
		r.shows(c.says)
		if len(u.got) > 1 {
			t.Errorf("%q: sent %v", c.keys, u.got)
		}
	}
	r, _ := newTuned(t, nil)
	r.press("enter", "5", "enter")
	r.press("esc")
	r.hides("seconds or what")
	r.shows("least time between two starts")
}

// Figures that are not live are dimmed, and nothing is sent.
func TestNoChangeWhileNotLive(t *testing.T) {
	for name, lose := range map[string]func(*rig){
		"unreachable": func(r *rig) { r.failPoll("connection refused", "") },
		"stale":       func(r *rig) { r.startPoll(); r.advance(time.Minute); r.send(clockMsg{}) },
	} {
		for _, keys := range []string{"right", "left", "enter"} {
			r, u := newTuned(t, nil)
			live := r.View().Content
			lose(r)
			r.shows(strings.ToUpper(name), "not live: nothing is sent", "The values are as they were")
			if !strings.Contains(r.View().Content, "\x1b[2;") || strings.Contains(live, "\x1b[2;") {
				t.Errorf("%s: dimmed before %v, now %v", name, strings.Contains(live, "\x1b[2;"), !strings.Contains(live, "\x1b[2;"))
			}
			r.deliver(r.press(keys))
			r.shows("not sent: the queue does not answer now")
			if len(u.got) != 0 || r.settings.entry.open {
				t.Errorf("%s, %s: sent %v, typing %v", name, keys, u.got, r.settings.entry.open)
			}
		}
		r, u := newTuned(t, nil)
		r.press("enter", "2", "s")
		lose(r)
		r.deliver(r.press("enter"))
		r.shows("2s_", "not sent: the queue does not answer now")
		if len(u.got) != 0 {
			t.Errorf("%s: sent %v", name, u.got)
		}
	}
}

// What an endpoint says in a refusal is shown, but never obeyed.
func TestHostileRefusals(t *testing.T) {
	ours := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, words := range hostileNames() {
		r, _ := newTuned(t, &client.Failure{Words: words, Hint: words})
		r.deliver(r.press("right"))
		for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
			r.size(size[0], size[1])
			for i, line := range strings.Split(r.View().Content, "\n") {
				if width(line) != size[0] {
					t.Fatalf("%q at %v: line %d is %d wide", words, size, i+1, width(line))
				}
				for _, c := range ours.ReplaceAllString(line, "") {
					if c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x200b && c <= 0x200f || c >= 0x202a && c <= 0x202e || c == 0xfeff {
						t.Fatalf("%q: %U reaches the terminal", words, c)
					}
				}
			}
		}
	}
}
