package client

import (
	"strings"
	"testing"
)

// Names that differ in what cannot be seen look different, and obey nothing.
func TestNameShowsWhatCannotBeSeen(t *testing.T) {
	for raw, want := range map[string]string{
		"alice":           "alice",
		"alice b":         "alice b",
		"alice\u200b":     "alice‹200b›",
		"al\u00adice":     "al‹ad›ice",
		"alice\u00a0b":    "alice‹a0›b",
		"alice ":          "alice‹20›",
		"  ":              "‹20›‹20›",
		" alice":          "‹20›alice",
		"alice\tb":        "alice‹09›b",
		"\u202eecila":     "‹202e›ecila",
		"\x1b[31mred":     "‹1b›[31mred",
		"alice\ufe0f":     "alice‹fe0f›",
		"Jürgen 🚀 日本語":    "Jürgen 🚀 日本語",
		"⏱\ufe0f 5":       "⏱ 5",
		"👩\u200d👧 family": "👩👧 family",
		"a\xffb":          "a‹fffd›b",
		"":                "",
		"\u200b":          "‹200b›",
		"नमस्ते":          "नमस्ते",
	} {
		if got := NameOf(raw).String(); got != want || Clean(got) != got {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	if got := NameOf(strings.Repeat("\u200b", 1<<20)).String(); len(got) > 4*maxText {
		t.Errorf("got %d bytes of a name of 1 MiB", len(got))
	}
}

// Events, findings, the history and the request that waits longest name a user as the list of
// users does.
func TestUsersAreNamedAlike(t *testing.T) {
	s, err := Decode([]byte(`{"detail":{"users":[{"name":"alice\u200b"}],"oldest":{"user":"alice\u200b"},
		"findings":[{"level":"warning","message":"m","user":"alice\u200b"}],
		"slices":[{"at":"2026-11-23T14:00:00Z","lengthMs":5000,"longest":[{"user":"alice\u200b","waitedMs":1}]}],
		"events":[{"time":"2026-11-23T14:00:00Z","kind":"added","user":"alice\u200b"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	d := s.Detail
	check(t, "list", d.Users[0].Name.String(), "alice‹200b›")
	check(t, "oldest", d.Oldest.User, "alice‹200b›")
	check(t, "finding", d.Findings[0].User, "alice‹200b›")
	check(t, "longest wait", d.Slices[0].LongestWaits[0].User, "alice‹200b›")
	check(t, "event", d.Events[0].User, "alice‹200b›")
	check(t, "text", d.Events[0].Text, "Request added for alice‹200b›")
}
