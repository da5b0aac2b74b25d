package loadtest

import (
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// The figures that the published loads come to by the published rule: from start
// to start 1.5 s and 0.2 s for each that waits, answers of 1.5 s.
func TestExpectTellsTheFiguresOfThePublishedLoads(t *testing.T) {
	for _, c := range []struct {
		name               string
		average, max, took float64 // seconds
	}{
		{"light", 2.875, 3.4, 6.6},
		{"moderate", 9.567, 11.5, 32.5},
		{"heavy", 23.475, 33.0, 57},
	} {
		plan, _ := Named(c.name)
		e, err := Expect(queue.DefaultSettings(), plan, UsualService)
		if err != nil {
			t.Fatal(err)
		}
		check(t, c.name+": average", e.Average.Round(time.Millisecond), seconds(c.average))
		check(t, c.name+": max", e.Max, seconds(c.max))
		check(t, c.name+": took", e.Took, seconds(c.took))
		check(t, c.name+": answered", e.Answered, plan.Total())
		check(t, c.name+": refused", e.Refused, 0)
	}
}

func TestExpectByHand(t *testing.T) {
	fixed := queue.DefaultSettings()
	fixed.MinDelay, fixed.Step = 2*time.Second, 0
	single := fixed
	single.MinDelay, single.MaxInFlight = 0, 1
	full := fixed
	full.MaxQueue = 1
	oneAtATime := single
	oneAtATime.MaxQueue = 1
	silent := fixed
	silent.MaxRun = time.Second
	for _, c := range []struct {
		name              string
		settings          queue.Settings
		plan              Plan
		service           float64
		average, max      float64
		answered, refused int
	}{
		// starts at 0 and 2
		{"two at once", fixed, Plan{Users: 2, Messages: 1}, 1, 2, 3, 2, 0},
		// starts at 0, 2 and 4, though answered at 1: arrives at 1, starts at 2
		{"one user", fixed, Plan{Users: 1, Messages: 3}, 1, 5.0 / 3, 2, 3, 0},
		// the next one is sent at 4 and 8: nobody is before it
		{"one user with a gap", fixed, Plan{Users: 1, Messages: 3, Gap: 3 * time.Second}, 1, 1, 1, 3, 0},
		// one slot: answered at 1, 2, 3
		{"one slot", single, Plan{Users: 3, Messages: 1}, 1, 2, 3, 3, 0},
		// arrivals at 0, 1, 2, 3; starts at 0, 2, 4, 6
		{"open loop", fixed, Plan{Users: 2, Rate: 1, Arrivals: 4}, 1, 2.5, 4, 4, 0},
		// the first starts, the second waits, the third finds no place
		{"full", full, Plan{Users: 3, Messages: 1}, 1, 2, 3, 2, 1},
		// arrivals at 0, 1 and 2, answers at 1 and 2: each frees the one slot, or
		// the one place in line, for who arrives at the same instant
		{"finishes before arrivals", oneAtATime, Plan{Users: 3, Rate: 1, Arrivals: 3}, 2, 3, 4, 3, 0},
		{"longer than a call may be silent", silent, Plan{Users: 1, Messages: 2}, 1.5, 0, 0, 0, 2},
	} {
		e, err := Expect(c.settings, c.plan, seconds(c.service))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		check(t, c.name+": average", e.Average.Round(time.Millisecond), seconds(c.average).Round(time.Millisecond))
		check(t, c.name+": max", e.Max, seconds(c.max))
		check(t, c.name+": answered", e.Answered, c.answered)
		check(t, c.name+": refused", e.Refused, c.refused)
	}
}

func TestExpectRefusesNonsense(t *testing.T) {
	if _, err := Expect(queue.Settings{}, Plan{Users: 1, Messages: 1}, time.Second); err == nil || !strings.Contains(err.Error(), "maxInFlight") {
		t.Errorf("no settings: got %v, want an error that names the fields", err)
	}
	if _, err := Expect(queue.DefaultSettings(), Plan{}, time.Second); err == nil || !strings.Contains(err.Error(), "users") {
		t.Errorf("no plan: got %v, want an error that names the fields", err)
	}
}
