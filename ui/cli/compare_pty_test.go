//go:build unix

package cli_test

import (
	"bytes"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestCompareOnATerminalHasColoursWhereThereAreSome(t *testing.T) {
	for _, c := range []struct {
		name, kind, noColour string
		colours, escapes     bool
	}{
		{"colours", "xterm-256color", "", true, true},
		{"NO_COLOR", "xterm-256color", "1", false, true}, // bold is none
		{"dumb", "dumb", "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColour)
			s := openOn(t, c.kind, "simulate", "compare", "--load", "5")
			out := s.over(0)
			if got := bytes.Contains(out, []byte("\x1b[31m")); got != c.colours {
				t.Errorf("colours: %t, want %t, in\n%q", got, c.colours, out)
			}
			if got := bytes.ContainsRune(out, '\x1b'); got != c.escapes {
				t.Errorf("escapes: %t, want %t, in\n%q", got, c.escapes, out)
			}
			if plain := ansi.Strip(string(out)); !bytes.Contains([]byte(plain), []byte("A  adaptive")) {
				t.Errorf("the letter of the adaptive pace is missing in\n%s", plain)
			}
		})
	}
}

func TestCompareIsAsWideAsTheTerminal(t *testing.T) {
	wide := openOn(t, "dumb", "simulate", "compare", "--load", "5").over(0)
	if !bytes.Contains(wide, []byte("a min")) || longestLine(wide) != 120 {
		t.Errorf("in 120 cells the longest line has %d, in\n%s", longestLine(wide), wide)
	}
}

func longestLine(text []byte) (longest int) {
	for line := range bytes.Lines(text) {
		longest = max(longest, ansi.StringWidth(string(bytes.TrimRight(line, "\r\n"))))
	}
	return longest
}
