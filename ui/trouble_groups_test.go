package ui

import (
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// Failures of one class in one lane are one line, with what was tried again for them, however
// they alternate and whatever happens between; a minute without one ends it. One by itself, and
// those of another lane, have their own.
func TestFailuresAreOneLine(t *testing.T) {
	var events []client.Event
	add := func(after int, kind queue.Kind, user, lane, cause string) {
		events = append(events, client.Event{
			At: noon().Add(time.Duration(after) * time.Second), Kind: kind, User: user, Lane: lane, Class: "network",
			Cause: cause, Text: string(kind) + " for " + user + ": " + cause,
		})
	}
	for n, user := range []string{"anna", "bob", "carol"} {
		add(10*n, queue.KindRetry, user, "sonnet", "read tcp 127.0.0.1:"+user+": connection refused")
		add(10*n+1, queue.KindFailed, user, "sonnet", "dial tcp: connection refused")
	}
	add(22, queue.KindFailed, "anna", "haiku", "connection reset")
	events = append(events, client.Event{At: noon().Add(25 * time.Second), Kind: queue.KindReset, Text: "Metrics reset"})
	add(30, queue.KindFailed, "anna", "sonnet", "EOF: connection refused")
	add(100, queue.KindRetry, "dave", "sonnet", "no route")
	add(101, queue.KindRetry, "dave", "sonnet", "no route")
	var got []string
	for _, g := range groupTroubles(events) {
		got = append(got, g.span(func(at time.Time) string { return at.Format("04:05") })+" "+string(g.Kind)+" "+g.Text)
	}
	want := []string{
		"00:22 failed failed for anna: connection reset",
		"00:25 reset Metrics reset",
		"00:00-00:30 failed connection refused: 4 requests failed, 3 tried again (3 users)",
		"01:40-01:41 retry no route: 2 tried again (dave)",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
