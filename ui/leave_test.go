package ui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// While it leaves, keys do nothing and nothing is asked; the answer ends it.
func TestLeaving(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.link = &link{}
	r.link.ask()
	r.link.note([]byte(statusQuestion), r.at)
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
	if quits(r.send(tea.CursorPositionMsg{X: 2})) {
		t.Error("it leaves with another answer")
	}
	if !quits(r.send(statusGood)) {
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
