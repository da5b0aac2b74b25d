package ui

import (
	"fmt"
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

// typeKeys presses keys one after the other, and tells the model what becomes of each.
func (r *rig) typeKeys(keys string) {
	for _, k := range strings.Fields(keys) {
		r.deliver(r.press(k))
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

func minDelay(d time.Duration) func(*queue.Settings) {
	return func(s *queue.Settings) { s.MinDelay = d }
}

// request is changes as they are sent: "minDelayMs 1500 1600, stepMs 200 150".
func request(t *testing.T, words string) (changes []client.Change) {
	for _, one := range strings.Split(words, ", ") {
		c := client.Change{From: client.Opt[float64]{Known: true}}
		if _, err := fmt.Sscan(one, &c.Field, &c.From.Value, &c.Value); err != nil {
			t.Fatalf("%q: %v", one, err)
		}
		changes = append(changes, c)
	}
	return changes
}

// wantSent checks what was sent: the requests, one after the other.
func (r *rig) wantSent(u *fakeTuner, requests ...string) {
	r.Helper()
	for i, words := range requests {
		if i >= len(u.got) || !slices.Equal(u.got[i], request(r.T, words)) {
			r.Fatalf("sent %v, want %q", u.got, requests)
		}
	}
	if len(u.got) != len(requests) {
		r.Fatalf("sent %v, want %q", u.got, requests)
	}
}

// line is the row of a setting.
func (r *rig) line(name string) string {
	bounds := 0 // the column of what a setting can be
	for _, line := range r.lines()[1:] {
		if before, _, ok := strings.Cut(line, "can be "); ok && strings.Contains(line, "what it does") {
			bounds = width(before)
		}
		if strings.Contains(line, " "+name+" ") && !strings.ContainsAny(line, "─+") { // not a rule
			if words, _ := cells(line, bounds, 0); bounds > 0 && strings.HasSuffix(words, " ") {
				line = words
			}
			return strings.Join(strings.Fields(line), " ")
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

// What is prepared is marked from old to new at every size, and not sent before enter. All
// of it goes in one request, and looks pending until the endpoint itself shows the values.
func TestPrepareAndSend(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right down down down v 3 2 enter")
	r.wantSent(u)
	r.wantLine("minDelay", "minDelay 1.5 s → 1.6 s prepared, not sent")
	r.wantLine("maxInFlight", "▸ maxInFlight 16 → 32 prepared, not sent")
	r.shows("2 changes prepared, not sent: for everybody, once sent", "enter send", "esc drop")
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.typeKeys("g")
		if got := r.line("minDelay"); !strings.Contains(got, "1.5 s → 1.6 s") {
			t.Errorf("%v: got %q", size, got)
		}
		r.typeKeys("down down down")
		if got := r.line("maxInFlight"); !strings.Contains(got, "16 → 32") {
			t.Errorf("%v: got %q", size, got)
		}
		r.shows("2 changes prepared", "enter send", "esc drop")
	}
	r.size(120, 36)
	r.typeKeys("g")
	r.startPoll()
	cmd := r.press("enter")
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s sending…")
	r.hides("prepared, not sent", "enter send")
	r.deliver(cmd)
	r.wantSent(u, "minDelayMs 1500 1600, maxInFlight 16 32")
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s sent, not in the figures yet")
	r.shows("changed: minDelay 1.5 s → 1.6 s, maxInFlight 16 → 32")
	r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(1, 5, time.Second)}) // it was on its way before
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s sent, not in the figures yet")
	if !r.poll.inFlight {
		t.Error("no poll looks at what the change did")
	}
	r.changedTo(2, func(s *queue.Settings) { s.MinDelay, s.MaxInFlight = 1600*time.Millisecond, 32 })
	r.wantLine("minDelay", "▸ minDelay 1.6 s 1.5 s least time between two starts")
	r.shows("with 5 waiting: 2.6 s between starts, 23 a minute", "u undoes minDelay 1.5 s → 1.6 s, maxInFlight 16 → 32")
}

// The task "tune and undo": s, right, enter, and u: four keys, with the effect in sight
// before the change is sent and after.
func TestTaskTuneAndUndo(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		u := &fakeTuner{}
		r := newRig(t, Options{Tuner: u})
		r.answerPoll(sampleOf(0, 5, time.Second))
		r.size(size[0], size[1])
		r.typeKeys("s right")
		if got := r.line("minDelay"); !strings.HasPrefix(got, "▸ minDelay 1.5 s → 1.6 s") {
			t.Errorf("%v: prepared: got %q", size, got)
		}
		if size[0] >= 80 {
			r.shows("≈ prepared: 2.6 s between starts, 23 a minute", "with 5 waiting: 2.5 s between starts, 24 a minute")
		}
		r.typeKeys("enter")
		r.changedTo(1, minDelay(1600*time.Millisecond))
		if got := r.line("minDelay"); !strings.HasPrefix(got, "▸ minDelay 1.6 s") || strings.Contains(got, "→") {
			t.Errorf("%v: in effect: got %q", size, got)
		}
		r.typeKeys("u")
		r.changedTo(2, minDelay(1500*time.Millisecond))
		if got := r.line("minDelay"); !strings.HasPrefix(got, "▸ minDelay 1.5 s") || strings.Contains(got, "→") {
			t.Errorf("%v: undone: got %q", size, got)
		}
		r.shows("undone: minDelay")
		r.wantSent(u, "minDelayMs 1500 1600", "minDelayMs 1600 1500")
	}
}

// Each u goes one request further back.
func TestUndoGoesBack(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("u") // there is nothing to undo
	r.hides("undo")
	r.typeKeys("right enter down right down right enter u u u")
	r.wantSent(u, "minDelayMs 1500 1600", "stepMs 200 250, maxDelayMs 10000 11000", "stepMs 250 200, maxDelayMs 11000 10000", "minDelayMs 1600 1500")
	r.hides("u undo")
	u.err = &client.Failure{Words: "503 busy"}
	r.typeKeys("end left enter")
	r.hides("u undo") // it was not made
}

// An undo that does not overwrite what somebody else has set meanwhile: it prepares the old
// value, and says so.
func TestUndoOfWhatOthersChanged(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right enter down right enter")
	for i := range 4 {
		r.changedTo(i+1, func(s *queue.Settings) { s.MinDelay, s.Step = 1600*time.Millisecond, 700*time.Millisecond })
	}
	u.got = nil
	r.typeKeys("u")
	r.wantSent(u)
	r.wantLine("step", "▸ step 700 ms → 200 ms changed meanwhile, was 250 ms")
	r.shows("▲ not undone yet: somebody else has changed it since; enter sends the old value all the same")
	r.typeKeys("esc")
	r.hides("→ 200 ms")
	r.typeKeys("u enter")
	r.wantSent(u, "stepMs 700 200")

	r, u = newTuned(t, nil)
	r.typeKeys("right enter")
	r.changedTo(1, minDelay(1600*time.Millisecond))
	r.changedTo(2, minDelay(1500*time.Millisecond))
	u.got = nil
	r.typeKeys("u")
	r.wantSent(u)
	r.shows("nothing to undo: somebody else has done it")
	r.hides("u undo ")

	// It was changed so lately that only the server knows of it.
	r, u = newTuned(t, nil)
	r.typeKeys("right enter")
	r.changedTo(1, minDelay(1600*time.Millisecond))
	u.err = &client.Failure{Words: "minDelay is 2 s now, no longer 1.6 s", Hint: "somebody else has changed it", Err: client.ErrChangedMeanwhile}
	r.typeKeys("u")
	r.shows("▲ minDelay is 2 s now, no longer 1.6 s. somebody else has changed it")
	if !r.poll.inFlight {
		t.Error("no poll looks at what the others have changed")
	}
	r.changedTo(2, minDelay(2*time.Second))
	r.wantLine("minDelay", "▸ minDelay 2 s → 1.5 s changed meanwhile, was 1.6 s")
	r.shows("u undo")
}

// Esc drops what is prepared, and then goes back. Whoever leaves in another way finds it
// again; nothing of it is sent.
func TestDraftIsDroppedOrKept(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right down right esc")
	r.shows("2 changes prepared: dropped, nothing was sent")
	r.wantLine("minDelay", "minDelay 1.5 s 1.5 s least time between two starts")
	r.hides("enter send")
	r.typeKeys("right right esc esc")
	if r.current != r.home {
		t.Error("esc without a draft does not go back")
	}
	for _, keys := range []string{"q", "1", "s", "e", "e e"} {
		r.typeKeys("s right " + keys)
		if r.isOpen(r.settings) {
			t.Fatalf("%q does not leave the view", keys)
		}
		r.shows("1 change prepared, not sent: s goes back there")
		r.typeKeys("s")
		r.wantLine("step", "▸ step 200 ms → 250 ms prepared, not sent")
		r.typeKeys("esc esc")
	}
	r.wantSent(u)
}

// A poll renews the old values, and says where somebody else has changed one.
func TestDraftWhileOthersChange(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right down right down down right")
	r.changedTo(1, func(s *queue.Settings) { s.MinDelay, s.Step = 700*time.Millisecond, 250*time.Millisecond })
	r.wantLine("minDelay", "minDelay 700 ms → 1.6 s changed meanwhile, was 1.5 s")
	r.wantLine("step", "step 250 ms 200 ms made already meanwhile")
	r.shows("2 changes prepared")
	r.size(40, 10)
	r.typeKeys("g")
	r.shows("700 ms → 1.6 s", "▲ changed meanwhile, was 1.5 s")
	r.size(120, 36)
	r.typeKeys("left") // it was seen
	r.wantLine("minDelay", "▸ minDelay 700 ms → 1.5 s prepared, not sent")
	r.typeKeys("enter")
	r.wantSent(u, "minDelayMs 700 1500, maxInFlight 16 17")
}

// Where the events tell who it was, the row does.
func TestDraftSaysWhoChanged(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.typeKeys("right")
	s := sampleOf(1, 5, time.Second)
	changed := queue.DefaultSettings()
	changed.MinDelay = 700 * time.Millisecond
	s.Detail.Settings = client.SettingsOf(changed)
	tell := func(by, change string) {
		s.Detail.Events = append(s.Detail.Events, client.Event{At: noon(), Kind: queue.KindSettings, By: by, Change: change})
	}
	tell("token o\x1b[2Jps", "pace adaptive → spaced, minDelay 1.5 s → 700 ms, step 200 ms → 0 s")
	tell("somebody else", "minDelay 1.5 s → 700 ms 1")
	tell("somebody else", "otherminDelay 1.5 s → 700 ms")
	r.answerPoll(s)
	r.wantLine("minDelay", "▸ minDelay 700 ms → 1.6 s changed by token ops, was 1.5 s")
}

// What was prepared while another change was on its way is measured against that one.
func TestDraftWhileSending(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right")
	first := r.press("enter")
	r.typeKeys("right enter u")
	r.shows("▲ not sent: there is no answer to the last change yet")
	r.wantLine("minDelay", "▸ minDelay 1.6 s → 1.7 s prepared, not sent")
	r.deliver(first)
	r.answerPoll(sampleOf(1, 5, time.Second)) // it does not show it yet
	r.wantLine("minDelay", "▸ minDelay 1.6 s → 1.7 s prepared, not sent")
	r.typeKeys("enter")
	r.wantSent(u, "minDelayMs 1500 1600", "minDelayMs 1600 1700")

	r, u = newTuned(t, &client.Failure{Words: "too much"}) // and comes back if that is refused
	r.typeKeys("right")
	first = r.press("enter")
	r.typeKeys("right")
	r.deliver(first)
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.7 s prepared, not sent")
	u.err = nil
	r.typeKeys("enter u")
	r.wantSent(u, "minDelayMs 1500 1600", "minDelayMs 1500 1700", "minDelayMs 1700 1500")
}

// A change whose answer was lost can be undone like any other.
func TestUndoOfALostAnswer(t *testing.T) {
	lost := &client.Failure{Words: "no answer within 5 s"}
	r, u := newTuned(t, lost)
	r.typeKeys("right enter")
	r.shows("▲ no answer within 5 s")
	r.changedTo(1, func(*queue.Settings) {})
	r.hides("u undo ")
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s prepared, not sent")
	r.changedTo(2, minDelay(1600*time.Millisecond))
	r.wantLine("minDelay", "▸ minDelay 1.6 s 1.5 s made already meanwhile")
	r.hides("no answer")
	r.shows("u undo ")
	r.typeKeys("u") // this answer is lost, too
	r.changedTo(3, minDelay(1500*time.Millisecond))
	r.hides("u undo ", "enter send")
	r.wantSent(u, "minDelayMs 1500 1600", "minDelayMs 1600 1500")
	r.typeKeys("esc s")
	r.wantLine("minDelay", "▸ minDelay 1.5 s 1.5 s least time between two starts")
}

// An undo is not somebody else's change of what is prepared.
func TestUndoUnderADraft(t *testing.T) {
	r, u := newTuned(t, nil)
	r.typeKeys("right enter")
	r.changedTo(1, minDelay(1600*time.Millisecond))
	r.typeKeys("right u")
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.7 s prepared, not sent")
	r.changedTo(2, minDelay(1500*time.Millisecond))
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.7 s prepared, not sent")
	r.typeKeys("enter")
	r.wantSent(u, "minDelayMs 1500 1600", "minDelayMs 1600 1500", "minDelayMs 1500 1700")
}

// What the endpoint shows counts, even if it is something else.
func TestEndpointHasTheLastWord(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.typeKeys("right enter")
	for i := range 4 {
		r.changedTo(i+1, minDelay(700*time.Millisecond))
	}
	r.wantLine("minDelay", "▸ minDelay 700 ms 1.5 s least time between two starts")
	r.typeKeys("right enter")
	r.wantLine("minDelay", "▸ minDelay 700 ms → 800 ms sent, not in the figures yet")
}

// An outage shows nothing of a change: what was accepted stays marked as not seen yet.
func TestAnOutageDoesNotConfirmAChange(t *testing.T) {
	r, _ := newTuned(t, nil)
	r.typeKeys("right enter")
	for range 4 {
		r.failPoll("connection refused", "")
	}
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s sent, not in the figures yet")
}

// A refusal says why, and everything stays prepared.
func TestRefusedChange(t *testing.T) {
	refusal := &client.Failure{Words: "maxDelay is too \x1b[31mlong", Hint: "see the \nlog"}
	r, u := newTuned(t, refusal)
	r.typeKeys("right down right enter")
	r.wantLine("minDelay", "minDelay 1.5 s → 1.6 s prepared, not sent")
	r.wantLine("step", "▸ step 200 ms → 250 ms prepared, not sent")
	r.shows("▲ maxDelay is too long. see the log", "2 changes prepared, not sent")
	r.size(40, 10)
	r.shows("▲ maxDelay is too long. see the log")
	r.size(120, 36)
	u.err = nil
	r.typeKeys("left left enter")
	r.hides("too long")
	r.wantSent(u, "minDelayMs 1500 1600, stepMs 200 250", "minDelayMs 1500 1600, stepMs 200 150")

	r, _ = newTuned(t, refusal)
	r.typeKeys("right")
	cmd := r.press("enter")
	r.typeKeys("esc")
	r.deliver(cmd)
	r.shows("not changed: minDelay 1.5 s → 1.6 s: maxDelay is too long")
	r.typeKeys("s")
	r.wantLine("minDelay", "▸ minDelay 1.5 s → 1.6 s prepared, not sent")
}

// What cannot be is said at once, and not prepared.
func TestLocalRefusals(t *testing.T) {
	for _, c := range []struct{ keys, says string }{
		{"v 1 1 s enter", "11 s is out of range: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"down down v 1 s enter", "1 s is out of range: maxDelay can be from 1.5 s (minDelay) to 1 h"},
		{"v s o o n enter", "not a time: type a number with its unit"},
		{"v 5 enter", "seconds or what? Type the unit, too"},
		{"end up up v 1 2 0 % enter", "120% is out of range: warnSuccess can be from 0% to 100%"},
		{"down down down v 0 enter", "0 is out of range: maxInFlight can be from 1 to 1,000,000"},
		{"v 1 0 s enter right", "no further: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"v 0 enter left", "no further: minDelay can be from 0 s to 10 s (maxDelay)"},
		{"down down v 2 s enter up up v 3 s enter", "3 s is out of range: minDelay can be from 0 s to 2 s (maxDelay)"},
	} {
		r, u := newTuned(t, nil)
		r.typeKeys(c.keys)
		r.shows(c.says)
		r.wantSent(u)
	}
	r, _ := newTuned(t, nil)
	r.typeKeys("v 5 enter esc")
	r.hides("seconds or what")
	r.shows("least time between two starts")
}

// Figures that are not live are dimmed, and nothing is prepared or sent.
func TestNoChangeWhileNotLive(t *testing.T) {
	for name, lose := range map[string]func(*rig){
		"unreachable": func(r *rig) { r.failPoll("connection refused", "") },
		"stale":       func(r *rig) { r.startPoll(); r.advance(time.Minute); r.send(clockMsg{}) },
	} {
		for _, keys := range []string{"right", "left", "v"} {
			r, u := newTuned(t, nil)
			live := r.View().Content
			lose(r)
			r.shows(strings.ToUpper(name), "not live: nothing is sent", "The values are as they were")
			if !strings.Contains(r.View().Content, "\x1b[2;") || strings.Contains(live, "\x1b[2;") {
				t.Errorf("%s: dimmed before %v, now %v", name, strings.Contains(live, "\x1b[2;"), !strings.Contains(live, "\x1b[2;"))
			}
			r.typeKeys(keys)
			r.shows("not prepared: the queue does not answer now")
			r.wantSent(u)
			if r.settings.entry.open || len(r.settings.tuner.draft.changes) > 0 {
				t.Errorf("%s, %s: something is prepared", name, keys)
			}
		}
		r, _ := newTuned(t, nil)
		r.typeKeys("v 2 s")
		lose(r)
		r.typeKeys("enter")
		r.shows("2s_", "not prepared: the queue does not answer now")
		r, u := newTuned(t, nil)
		r.typeKeys("right enter right")
		u.got = nil
		lose(r)
		r.typeKeys("enter")
		r.shows("▲ not sent: the queue does not answer now")
		r.typeKeys("u")
		r.shows("not undone: the queue does not answer now", "1.6 s →  1.7 s")
		r.wantSent(u)
	}
}

// Who may not change anything sees no key for it.
func TestNoChangeWithoutTheRight(t *testing.T) {
	u := &fakeTuner{}
	r := newRig(t, Options{Tuner: u})
	s := sampleOf(0, 5, time.Second)
	s.Role = client.RoleViewer
	r.answerPoll(s)
	r.typeKeys("s right v 2 enter u")
	r.hides("→ more", "type a value", "enter send", "undo", "prepared, not sent")
	r.shows("you may look, and change nothing")
	r.wantSent(u)

	r, u = newTuned(t, nil) // who loses the right
	r.typeKeys("right enter down right")
	s = sampleOf(1, 5, time.Second)
	s.Role = client.RoleViewer
	r.answerPoll(s)
	r.hides("enter send", "u undo ")
	u.got = nil
	r.typeKeys("enter u")
	r.wantSent(u)
	r.typeKeys("esc")
	r.hides("prepared, not sent")
}

// What an endpoint says in a refusal is shown, but never obeyed.
func TestHostileRefusals(t *testing.T) {
	ours := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, words := range hostileNames() {
		r, _ := newTuned(t, &client.Failure{Words: words, Hint: words})
		r.typeKeys("right enter")
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

// Where the API's limits decide the pace, nothing is computed by the rule: neither for a draft
// nor without one, also while no lane is busy.
func TestNoForecastOfAPaceThatIsNotInForce(t *testing.T) {
	r := newRig(t, Options{Tuner: &fakeTuner{}})
	for _, lanes := range [][]client.Lane{{lane("a", queue.PaceAdaptive, 2, 0, 0)}, {}} {
		s := withLanes(sampleOf(0, 5, time.Second), lanes)
		s.Detail.Pace = client.Some(queue.PaceAdaptive)
		s.Detail.Settings = defaults()
		r.answerPoll(s)
		r.press("s")
		r.shows("the API's limits decide the pace")
		r.press("right")
		r.shows("prepared: no effect while the API's limits decide the pace")
		r.hides("between starts")
		r.press("esc", "esc")
	}
}
