package ui

import (
	"testing"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

// What a remedy is called, and the rest of what it says of itself.
func TestRemedyName(t *testing.T) {
	for _, c := range []struct{ what, name, more string }{
		{"the Scale tier: 4,000 requests a minute", "The Scale tier", "4,000 requests a minute"},
		{"a cache", "A cache", ""},
		{"éa\x1b[2Jb: c: d", "Éab", "c: d"},
		{"", "–", ""},
		{" : c", "–", "c"},
	} {
		if name, more := newTheme(true, colorprofile.TrueColor, false, false).remedyName(client.Remedy{What: c.what}); name != c.name || more != c.more {
			t.Errorf("%q: got %q, %q, want %q, %q", c.what, name, more, c.name, c.more)
		}
	}
}

// The hint gives up words before figures, and then itself.
func TestHintFits(t *testing.T) {
	s := adviceState(nil)
	for w, want := range map[int]string{
		80: "Build tier: p95 wait ≈31 s → 4.1 s", 34: "Build tier: p95 wait ≈31 s → 4.1 s", 33: "Build tier: ≈31 s → 4.1 s", 25: "Build tier: ≈31 s → 4.1 s",
		24: "Build ti…: ≈31 s → 4.1 s", 23: "Build t…: ≈31 s → 4.1 s", 22: "", 0: "", -5: "",
	} {
		if got := s.hint(w); got != want || width(got) > max(w, 0) {
			t.Errorf("%d cells: got %q, want %q", w, got, want)
		}
	}
	s = adviceState(func(a *client.Advice) { a.Assumed = client.Some(true) })
	for w, want := range map[int]string{50: "Build tier: p95 wait ≈31 s → 4.1 s, limits assumed", 49: "Build tier: p95 wait ≈31 s → 4.1 s"} {
		if got := s.hint(w); got != want {
			t.Errorf("assumed, %d cells: got %q, want %q", w, got, want)
		}
	}
	s = adviceState(func(a *client.Advice) { a.Remedies[0].Refused = client.Some[int64](13) })
	if got, want := s.hint(80), "Build tier: p95 wait ≈31 s → 4.1 s, 13 refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// In an outage nothing that would help the pace is offered.
func TestNoHintInAnOutage(t *testing.T) {
	s := adviceState(nil)
	s.sample.Detail.Cause = client.Some("network")
	if got := s.hint(80); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

// A long name gives way to a brief one.
func TestHintBriefly(t *testing.T) {
	for kind, want := range map[string]string{
		"adaptive": "Adaptive pace", "key": "Second key", "haiku": "Haiku", "cache": "Cache", "user-limit": "User limit", "in-flight": "More at once",
	} {
		s := adviceState(func(a *client.Advice) { a.Remedies[0].Kind = client.Some(kind) })
		if got := s.hint(34); got != "Build tier: p95 wait ≈31 s → 4.1 s" {
			t.Errorf("%s: got %q, though there is room for the name", kind, got)
		}
		s.sample.Detail.Advice.Remedies[0].What = "a name that is much too long for a line as short as this"
		if got := s.hint(45); got != want+": p95 wait ≈31 s → 4.1 s" {
			t.Errorf("%s: got %q", kind, got)
		}
		if got := s.hint(28); got != want+": ≈31 s → 4.1 s" {
			t.Errorf("%s: got %q", kind, got)
		}
	}
}
