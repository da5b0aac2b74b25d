package ui

import (
	"testing"

	"paceline/client"
	"paceline/queue"
)

// How many may run is the lane's, as things are; where limits may decide and there is
// no lane, nobody can say.
func TestInFlightSaysWhatMayRun(t *testing.T) {
	adapting, old := lane("org/sonnet-5", queue.PaceAdaptive, 0, 3, 0), lane("org/sonnet-5", queue.PaceSpaced, 0, 3, 0)
	broken := adapting
	adapting.MaxInFlight, broken.MaxInFlight = client.Some(1000), client.Some(1)
	for _, c := range []struct {
		name, pace string
		lanes      []client.Lane
		want       string
	}{
		{"an older endpoint", "", nil, "3/16"},
		{"an older endpoint's lane", "", []client.Lane{old}, "3/16"},
		{"spaced", queue.PaceSpaced, nil, "3/16"},
		{"adaptive", queue.PaceAdaptive, []client.Lane{adapting}, "3"},
		{"an overloaded API", queue.PaceAdaptive, []client.Lane{broken}, "3/1"},
		{"adaptive, no lane", queue.PaceAdaptive, nil, "3"},
		{"two lanes", queue.PaceAdaptive, []client.Lane{adapting, old}, "3"},
	} {
		r := newRig(t, Options{})
		s := sampleOf(0, 0, 0)
		s.Detail.Lanes = c.lanes
		if c.pace != "" {
			s.Detail.Pace = client.Some(c.pace)
		}
		r.answerPoll(s)
		if got := inFlight(r.state()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
