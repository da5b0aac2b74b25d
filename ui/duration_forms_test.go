package ui

import (
	"regexp"
	"testing"
	"time"

	"paceline/client"
)

// A duration has two forms: with blanks in a sentence and beside a label, and without in a column
// and on an axis. No third one is on any screen.
func TestDurationsHaveTwoForms(t *testing.T) {
	other := regexp.MustCompile(`\d+m\d\d?(?:[^s\d]|$)|\d+h\d\d?(?:[^m\d]|$)|-\d+ (?:s|min|h)\b|\d{2,}s (?:left|ago)\b`)
	for _, s := range scenes() {
		r := played(t, s, Options{Line: &fakeLine{}})
		for _, size := range [][2]int{{120, 36}, {80, 24}, {200, 60}} {
			r.size(size[0], size[1])
			if found := other.FindString(r.text()); found != "" {
				t.Errorf("%s, %v: %q", s.name, size, found)
			}
		}
	}
	r := newRig(t, Options{})
	s := incident(60)
	long := client.Some(96 * time.Second)
	s.Detail.OldestWait, s.Detail.Oldest.Waited, s.Detail.Users[0].Oldest, s.Detail.Crowd.OldestWait = long, long, long, long
	r.answerPoll(s)
	r.shows("oldest 1 min 36 s", " 1m36s ", " -5m ")
}
