package ui

import (
	"regexp"
	"strconv"
	"testing"

	"paceline/queue/human"
)

// The figures of one screen agree with each other: how many wait is the same in each title,
// in the list, among the users, in the lanes, and where the plot ends.
func TestFiguresAgree(t *testing.T) {
	titles := regexp.MustCompile(`(?:─ Waiting|\(|line [^ ]* |with) ([0-9]+)(?: waiting| requests waiting| |$)`)
	for _, sc := range scenes() {
		r := played(t, sc, Options{Demo: &fakeDemo{}, Line: &fakeLine{}})
		if r.current != r.home || !r.live.known || r.isStale() {
			continue
		}
		s := r.state()
		if !s.known { // a moment of which nothing is known
			continue
		}
		waiting := s.sample.Waiting.Value
		for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
			r.size(size[0], size[1])
			for _, m := range titles.FindAllStringSubmatch(r.text(), -1) {
				if n, _ := strconv.Atoi(m[1]); n != waiting && r.question == nil && !r.helping {
					t.Errorf("%s at %v: %q, but %d wait in\n%s", sc.name, size, m[0], waiting, r.text())
				}
			}
		}
		columns, at := s.lineColumns(60), len(s.lineColumns(60))-1
		if !s.cursor.IsZero() {
			at = s.history.ColumnAt(s.cursor, s.end, s.window, 60)
		}
		if last := columns[at]; !last.Known || int(last.Value) != waiting {
			t.Errorf("%s: the plot is at %+v, but %d wait", sc.name, last, waiting)
		}
		if s.sample.Detail == nil {
			continue
		}
		users, lanes := 0, 0
		for _, u := range s.detail().Users {
			users += u.Waiting.Value
		}
		for _, l := range s.detail().Lanes {
			lanes += l.Waiting.Value
		}
		if users != waiting || lanes != waiting || !s.past && (s.line == nil || len(s.line.Waiting) != waiting) {
			t.Errorf("%s: %d wait, %d of users, %d in lanes, %+v in the list", sc.name, waiting, users, lanes, s.line)
		}
		points := s.waitPoints(60)
		if oldest := s.detail().OldestWait; oldest.Known && points[at].Value < oldest.Value.Seconds() {
			t.Errorf("%s: the oldest has waited %s, but the plot of waits is at %v s", sc.name, human.Duration(oldest.Value), points[at].Value)
		}
	}
}
