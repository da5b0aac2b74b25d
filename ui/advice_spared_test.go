package ui

import (
	"testing"
	"time"

	"paceline/client"
)

// What the queue has spared is said on the screen of a queue that is well, in as many
// words as there is room for.
func TestSparedLine(t *testing.T) {
	const long = "Without the queue ≈212 of 812 would have failed, with it 12; it cost ≈29 s at the p95"
	for _, c := range []struct {
		name   string
		w      int
		change func(*client.Advice)
		want   string
	}{
		{"all", 100, nil, long},
		{"just all", width(long), nil, long},
		{"less", width(long) - 1, nil, "Without the queue ≈212 of 812 would have failed, with it 12"},
		{"least", 55, nil, "Without the queue ≈212 would have failed, with it 12"},
		{"no room", 51, nil, ""},
		{"more lost than spared", 100, func(a *client.Advice) { a.Spared.Lost = client.Some[int64](212) }, ""},
		{"none lost", 100, func(a *client.Advice) { a.Spared.Lost = client.Some[int64](0) }, "Without the queue ≈212 of 812 would have failed; it cost ≈29 s at the p95"},
		{"only the number", 100, func(a *client.Advice) {
			a.Requests, a.Spared = client.Opt[int64]{}, &client.Spared{Failed: client.Some[int64](1)}
		}, "Without the queue ≈1 would have failed"},
		{"nothing spared", 100, func(a *client.Advice) { a.Spared.Failed = client.Some[int64](0) }, ""},
		{"not told", 100, func(a *client.Advice) { a.Spared = nil }, ""},
		{"told in part", 100, func(a *client.Advice) { a.Spared.Failed = client.Opt[int64]{} }, ""},
		{"in doubt", 100, func(a *client.Advice) { a.CannotTell = client.Some("a storm") }, ""},
		{"long ago", 100, func(a *client.Advice) { a.At = client.Some(noon().Add(-2 * time.Hour)) }, ""},
	} {
		if got := adviceState(c.change).sparedLine(c.w); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	s := adviceState(nil)
	s.sample.Detail.Advice = nil
	if got := s.sparedLine(100); got != "" {
		t.Errorf("no advice: got %q", got)
	}
}
