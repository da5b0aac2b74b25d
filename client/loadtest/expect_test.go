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
		e, err := Expect(queue.DefaultSettings(), plan, UsualService, Account{})
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
		e, err := Expect(c.settings, c.plan, seconds(c.service), Account{})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		check(t, c.name+": average", e.Average.Round(time.Millisecond), seconds(c.average).Round(time.Millisecond))
		check(t, c.name+": max", e.Max, seconds(c.max))
		check(t, c.name+": answered", e.Answered, c.answered)
		check(t, c.name+": refused", e.Refused, c.refused)
	}
}

// Where limits decide, each starts as soon as the account has one free: the first
// answer tells how many, unless the queue knew it.
func TestExpectOfAnAccount(t *testing.T) {
	adaptive := queue.DefaultSettings()
	adaptive.Adaptive = true
	heavy, _ := Named("heavy")
	single := adaptive
	single.AdaptiveInFlight = 5
	for _, c := range []struct {
		name         string
		settings     queue.Settings
		plan         Plan
		account      Account
		average, max float64
	}{
		{"known, and enough", adaptive, heavy, Account{50, 50, true}, 1.5, 1.5},
		// four start at once and the other six at 0.2; ten more take 1.5
		{"to be learned", adaptive, heavy, Account{50, 50, false}, 1.56, 1.7},
		// three are free, one more comes every 6 s, from nine tenths of a second before
		{"little left", adaptive, Plan{Users: 5, Messages: 1}, Account{10, 3, true}, 1.5 + (5.1+11.1)/5, 12.6},
		{"slots", single, Plan{Users: 10, Messages: 1}, Account{1000, 1000, true}, 2.25, 3},
		{"nothing known", adaptive, heavy, Account{}, 1.56, 1.7},
		{"not adaptive", queue.DefaultSettings(), heavy, Account{50, 50, true}, 23.475, 33},
	} {
		e, err := Expect(c.settings, c.plan, UsualService, c.account)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		check(t, c.name+": average", e.Average.Round(time.Millisecond), seconds(c.average).Round(time.Millisecond))
		check(t, c.name+": max", e.Max.Round(time.Millisecond), seconds(c.max))
		check(t, c.name+": answered", e.Answered, c.plan.Total())
	}
}

func TestExpectRefusesNonsense(t *testing.T) {
	if _, err := Expect(queue.Settings{}, Plan{Users: 1, Messages: 1}, time.Second, Account{}); err == nil || !strings.Contains(err.Error(), "maxInFlight") {
		t.Errorf("no settings: got %v, want an error that names the fields", err)
	}
	if _, err := Expect(queue.DefaultSettings(), Plan{}, time.Second, Account{}); err == nil || !strings.Contains(err.Error(), "users") {
		t.Errorf("no plan: got %v, want an error that names the fields", err)
	}
}
