package ui

import (
	"flag"
	"os"
	"strings"
	"testing"
)

// The picture in words of README is what the program draws: one user's flood, in 80 columns.
func TestREADMEShowsTheScreen(t *testing.T) {
	const page, begins, ends = "../README.md", "```text\n", "```\n"
	for _, s := range scenes() {
		if s.name != "incident" {
			continue
		}
		r := played(t, s, Options{Line: &fakeLine{}})
		r.size(80, 24)
		frame := ""
		for _, line := range r.lines() {
			frame += strings.TrimRight(line, " ") + "\n"
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(text), begins)
		shown, after, closed := strings.Cut(rest, ends)
		switch {
		case !found || !closed:
			t.Fatal("README has no frame")
		case shown == frame:
		case flag.Lookup("update").Value.String() == "true":
			if err := os.WriteFile(page, []byte(before+begins+frame+ends+after), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("README shows\n%s\nwhat is drawn is\n%s\ngo test ./ui -update puts it there", shown, frame)
		}
		return
	}
	t.Error("there is no such scene")
}
