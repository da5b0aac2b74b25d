package queue

import (
	"strings"
	"testing"
)

// A file's groups take the place of the published ones, all of them.
func TestAFileGroupsModels(t *testing.T) {
	groups, err := ReadModelGroups(strings.NewReader("# ours\n\nbig: claude-opus-5 claude-sonnet-5-5-20251101 # both\nfable: claude-fable-6-x\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{
		"claude-opus-5": "big", "claude-sonnet-5.5": "big", "claude-opus-5-fast": "big-fast", "claude-fable-6-3": "fable", "claude-opus-4-8": OtherModels,
	} {
		if got := groups.Of(model); got != want {
			t.Errorf("%s is in %q, want %q", model, got, want)
		}
	}
}

// A mistake in the file is told with its line, and what to write.
func TestAFileOfGroupsIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "no line has a group",
		"# nothing\n":                   "no line has a group",
		"a: x\nopus-4\n":                "line 2: want a name, a colon and models",
		"a:\n":                          "line 1: want a name",
		"a b: x\n":                      `line 1: the name "a b"`,
		"a: x\nb: y, z\n":               `line 2: the model "y,"`,
		"a: x\na: y\n":                  "line 2: the group a is on line 1 already",
		"a: claude-opus-5\nb: opus-5\n": "line 2: the model opus-5 is in the group a already",
		"other: x\n":                    `line 1: the name "other" is taken`,
		"a-fast: x\n":                   `line 1: the name "a-fast" is taken`,
		"a: x-fast\n":                   "line 1: leave x-fast out",
		"a: " + strings.Repeat("x", 70_000) + "\n": "line 1: bufio.Scanner: token too long",
	} {
		if _, err := ReadModelGroups(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: got the error %v, want %s…", text, err, want)
		}
	}
}
