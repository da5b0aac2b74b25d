package ui

import (
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
	"paceline/queue"
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

// The hint says the action first, and gives up words before figures, figures before the action,
// and then itself.
func TestHintFits(t *testing.T) {
	s := adviceState(nil)
	for w, want := range map[int]string{
		80: "Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s", 51: "Raise the account to the Build tier: ≈31 s → ≈4.1 s", 49: "Raise to the Build tier: p95 wait ≈31 s → ≈4.1 s",
		39: "Raise to the Build tier: ≈31 s → ≈4.1 s", 38: "Raise to the Build tier", 23: "Raise to the Build tier", 22: "", 0: "", -5: "",
	} {
		if got := s.hint(w); got != want || width(got) > max(w, 0) {
			t.Errorf("%d cells: got %q, want %q", w, got, want)
		}
	}
	s = adviceState(func(a *client.Advice) { a.Assumed = client.Some(true) })
	for w, want := range map[int]string{76: "Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s, limits assumed", 75: "Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s"} {
		if got := s.hint(w); got != want {
			t.Errorf("assumed, %d cells: got %q, want %q", w, got, want)
		}
	}
	s = adviceState(func(a *client.Advice) { a.Remedies[0].Refused = client.Some[int64](13) })
	if got, want := s.hint(80), "Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s, 13 refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Where people do not wait for their turn, or for one user's requests alone, or where what is
// computed is not what they wait, no computed remedy is offered.
func TestNoHintWhereItWouldNotHelp(t *testing.T) {
	row := func(row string, l client.Level, user string) func(*client.Detail) {
		return func(d *client.Detail) {
			d.Findings = append(d.Findings, client.Finding{Message: "m", Recommendation: "r", Row: row, Level: l, User: user})
		}
	}
	p95 := func(seconds float64) func(*client.Detail) {
		return func(d *client.Detail) {
			d.UserWaits = &client.UserWaits{P95: client.Some(time.Duration(seconds * float64(time.Second)))}
		}
	}
	for _, c := range []struct {
		name  string
		play  func(*client.Detail)
		helps bool
	}{
		{"a line", row(queue.RowBackingUp, client.Warning, ""), true},
		{"one user's line", row(queue.RowBackingUp, client.Warning, "alice"), false},
		{"a pause of a moment", row(queue.RowPause, client.Warning, ""), true},
		{"a pause that they wait for", row(queue.RowPause, client.Critical, ""), false},
		{"nothing succeeds", row(queue.RowFailing, client.Critical, ""), false},
		{"no network", row(queue.RowNetwork, client.Critical, ""), false},
		{"a failure", func(d *client.Detail) { d.Cause = client.Some(queue.Overloaded.Name()) }, false},
		{"they wait so long", p95(30), true},
		{"they do not", p95(6.7), false},
	} {
		s := adviceState(nil)
		c.play(s.sample.Detail)
		if got := s.hint(80); (got != "") != c.helps {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

// Every remedy is an instruction, and a long one gives way to a brief one.
func TestRemediesAreInstructions(t *testing.T) {
	for kind, want := range map[string][3]string{
		"tier":       {"the Build tier: 5 a minute", "Raise the account to the Build tier", "Raise to the Build tier"},
		"adaptive":   {"start as early as the API's limits allow (--pace adaptive)", "Start as early as the API's limits allow (--pace adaptive)", "Use --pace adaptive"},
		"key":        {"a second organization's key", "Add a second organization's key", "Add a second key"},
		"haiku":      {"Haiku for small requests", "Use Haiku for small requests", "Use Haiku"},
		"cache":      {"a cache for answers", "Add a cache for answers", "Add a cache"},
		"user-limit": {"at most 4 a minute for each user", "Allow at most 4 a minute for each user", "Limit each user"},
		"in-flight":  {"twice as many calls at once (--max-in-flight 9)", "Allow twice as many calls at once (--max-in-flight 9)", "Allow more at once"},
		"new":        {"do this: and that", "Do this", "Do this"},
	} {
		long, brief := remedyAction(client.Remedy{Kind: client.Some(kind), What: want[0]})
		if long != want[1] || brief != want[2] {
			t.Errorf("%s: got %q, %q", kind, long, brief)
		}
	}
}
