package cli

import (
	"testing"

	"paceline/queue"
)

// Serve follows the limits that the API tells, and the demo, whose users are told
// none, the published rule. One figure given for the calls in flight holds for both.
func TestPaceWithoutFlags(t *testing.T) {
	for _, c := range []struct {
		pace             string // without a flag
		args             []string
		adaptive         bool
		spaced, adapting int // in flight
	}{
		{queue.PaceAdaptive, nil, true, 16, 1000},
		{queue.PaceAdaptive, []string{"--pace", "spaced"}, false, 16, 1000},
		{queue.PaceAdaptive, []string{"--max-in-flight", "3"}, true, 3, 3},
		{queue.PaceSpaced, nil, false, 16, 1000},
		{queue.PaceSpaced, []string{"--pace", "adaptive"}, true, 16, 1000},
		{queue.PaceSpaced, []string{"--pace", "adaptive", "--max-in-flight", "16"}, true, 16, 16},
	} {
		f := newQueueFlags(c.pace)
		if err := f.pace.Parse(c.args); err != nil {
			t.Fatal(err)
		}
		if err := f.check(); err != nil {
			t.Fatal(err)
		}
		s := f.settings
		if s.Adaptive != c.adaptive || s.MaxInFlight != c.spaced || s.AdaptiveInFlight != c.adapting {
			t.Errorf("%s, %q: got adaptive %v, %d in flight, %d adaptive, want %v, %d, %d",
				c.pace, c.args, s.Adaptive, s.MaxInFlight, s.AdaptiveInFlight, c.adaptive, c.spaced, c.adapting)
		}
	}
}
