package ui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Leaving waits for answers that may still come, and not for longer.
func TestLeaveWaitsForAnswers(t *testing.T) {
	at := func(ms int) time.Time { return noon().Add(time.Duration(ms) * time.Millisecond) }
	for name, c := range map[string]struct {
		happens func(*questions)
		leave   int // ms after the beginning
		want    time.Duration
	}{
		"at once":                  {func(*questions) {}, 0, roundTrip},
		"a little later":           {func(*questions) {}, 60, roundTrip},
		"long after":               {func(*questions) {}, 2000, 0},
		"the cursor was asked for": {func(q *questions) { q.cursor(at(300)) }, 500, roundTrip},
		"and answered":             {func(q *questions) { q.cursor(at(300)); q.cursorAnswered() }, 310, 0},
		"and is never answered":    {func(q *questions) { q.cursor(at(300)) }, 2300, 0},
		"an answer to nothing":     {func(q *questions) { q.cursorAnswered() }, 310, 0},
		"it went on, and asked":    {func(q *questions) { q.cursor(at(300)); q.begin(at(5000)) }, 5010, roundTrip},
	} {
		var q questions
		q.begin(at(0))
		c.happens(&q)
		if got := q.wait(at(c.leave)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// While it leaves, keys do nothing and nothing is asked; the answer ends it.
func TestLeaving(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	if cmd := r.send(askEmojiMsg{}); cmd == nil {
		t.Fatal("the terminal is not asked")
	}
	quits := func(cmd tea.Cmd) bool {
		for _, msg := range run(cmd) {
			if _, ok := msg.(tea.QuitMsg); ok {
				return true
			}
		}
		return false
	}
	if r.press("q"); !r.leaving {
		t.Error("it does not wait for the answer")
	}
	r.press("?")
	if r.helping {
		t.Error("a key works while it leaves")
	}
	if !quits(r.send(tea.CursorPositionMsg{X: 2})) {
		t.Error("it does not leave with the answer")
	}
}

// While it is suspended, the terminal has the shell's title; afterwards the monitor's.
func TestSuspendGivesTheTitleBack(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	want := []string{"\x1b]2;paceline queue.example:3000 – ● healthy: Queue is processing normally\a"}
	if got := rings(r.send(tea.ResumeMsg{})); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNeedsASCII(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		want bool
	}{
		"nothing is set":         {nil, false},
		"C":                      {[]string{"LC_ALL=C"}, true},
		"POSIX":                  {[]string{"LANG=POSIX"}, true},
		"UTF-8":                  {[]string{"LANG=de_CH.UTF-8"}, false},
		"utf8":                   {[]string{"LC_CTYPE=en_US.utf8"}, false},
		"Latin":                  {[]string{"LANG=de_CH.ISO-8859-1"}, true},
		"LC_ALL before LANG":     {[]string{"LANG=en_US.UTF-8", "LC_ALL=C"}, true},
		"LC_ALL before LC_CTYPE": {[]string{"LC_CTYPE=C", "LC_ALL=C.UTF-8"}, false},
		"LC_CTYPE before LANG":   {[]string{"LANG=C", "LC_CTYPE=C.UTF-8"}, false},
		"empty is not set":       {[]string{"LC_ALL=", "LANG=C.UTF-8"}, false},
		"empty, all of them":     {[]string{"LC_ALL=", "LC_CTYPE=", "LANG="}, false},
		"the last one counts":    {[]string{"LC_ALL=C", "LC_ALL=C.UTF-8"}, false},
		"the Linux console":      {[]string{"TERM=linux", "LANG=C.UTF-8"}, true},
		"another variable":       {[]string{"LC_TIME=C"}, false},
	} {
		if got := NeedsASCII(c.env); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
