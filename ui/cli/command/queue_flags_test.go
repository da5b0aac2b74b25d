package command

import (
	"strings"
	"testing"

	"paceline/queue"
)

// Serve and the demo follow the limits that the API tells, a load test the published rule.
// One figure given for the calls in flight holds for both.
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
		f := NewQueueFlags(c.pace)
		if err := f.Pace.Parse(c.args); err != nil {
			t.Fatal(err)
		}
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		s := f.Settings
		if s.Adaptive != c.adaptive || s.MaxInFlight != c.spaced || s.AdaptiveInFlight != c.adapting {
			t.Errorf("%s, %q: got adaptive %v, %d in flight, %d adaptive, want %v, %d, %d",
				c.pace, c.args, s.Adaptive, s.MaxInFlight, s.AdaptiveInFlight, c.adaptive, c.spaced, c.adapting)
		}
	}
}

// Each setting has its flag, under its own name, in its own unit, and its mistakes are
// told with that name.
func TestEverySettingHasAFlag(t *testing.T) {
	f := NewQueueFlags(queue.PaceSpaced)
	for _, row := range queue.SettingTable() {
		flag := f.Pace.Lookup(flagOf(row.Name))
		if flag == nil {
			t.Errorf("there is no flag for %s", row.Name)
			continue
		}
		before := flag.DefValue
		if err := flag.Value.Set(before); err != nil || row.Value(f.Settings) != row.Default {
			t.Errorf("%s: set to its default, %s, got %v, %v, want %v", flag.Name, before, row.Value(f.Settings), err, row.Default)
		}
		if err := flag.Value.Set("much"); err == nil {
			t.Errorf("%s: got no error for what is no value", flag.Name)
		}
		row.Set(&f.Settings, -1)
		if err := f.Check(); err == nil || !strings.HasPrefix(err.Error(), "--"+flag.Name+" is -1") {
			t.Errorf("%s: got %v, want an error that names the flag", row.Name, err)
		}
		row.Set(&f.Settings, row.Default)
	}
}
