package queue

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is too long to keep is cut between two characters, never within one.
func TestShortenKeepsCharactersWhole(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "longe…"},
		{"ab界", 5, "ab界"},
		{"ab界面", 5, "ab界…"},
		{"abc界", 5, "abc…"},
		{"abcd界", 5, "abcd…"},
		{"界", 2, "…"},
	} {
		if got := shorten(c.text, c.most); got != c.want {
			t.Errorf("%q in %d bytes: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
	for shift := range 4 {
		text := strings.Repeat("a", shift) + strings.Repeat("🚧", 100)
		if got := errorText(errors.New(text)); !utf8.ValidString(got) || len(got) > maxErrorText+len("…") {
			t.Errorf("an error of %d bytes became %d, valid %v", len(text), len(got), utf8.ValidString(got))
		}
	}
}
