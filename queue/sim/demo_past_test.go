package sim

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// A demo in virtual time is the same as one in real time: event for event, to the
// nanosecond.
func TestThePastIsPlayedAsTheDemoIs(t *testing.T) {
	const lasts = 8 * time.Minute
	for _, pace := range []bool{true, false} {
		s := adaptive()
		s.Adaptive = pace
		for seed := range uint64(4) {
			var live, past []string
			line := func(into *[]string, start time.Time) func(queue.Event) {
				return func(e queue.Event) {
					*into = append(*into, fmt.Sprintf("%v %s %s %s", e.Time.Sub(start), e.Kind, e.Lane, e.Line()))
				}
			}
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				d := play(t, s, DemoOptions{Users: DefaultUsers, Seed: seed}, queue.Seed(seed), queue.Observe(line(&live, start)))
				time.Sleep(lasts)
				played := live
				d.end()
				live = played

				p, err := newPast(s, d.script, seed, start)
				if err != nil {
					t.Fatal(err)
				}
				p.observe = line(&past, start)
				p.begin(seed, DefaultUsers)
				p.runUntil(lasts)
			})
			for i := range min(len(live), len(past)) {
				if live[i] != past[i] {
					t.Fatalf("adaptive %t, seed %d, event %d: got %s, want %s", pace, seed, i, past[i], live[i])
				}
			}
			if len(live) != len(past) || len(live) < 300 {
				t.Errorf("adaptive %t, seed %d: got %d and %d events, want as many, and some hundred", pace, seed, len(past), len(live))
			}
		}
	}
}

// The past of a tour ends where the tour begins, whatever its length, and that of one
// scene has that scene only.
func TestThePastEndsWhereTheTourBegins(t *testing.T) {
	tour := mustScript(t, "")
	for _, length := range []time.Duration{30 * time.Minute, tour.cycle(), 0, 10 * time.Second, time.Hour + 7*time.Second} {
		before := tour.endingAfter(length)
		if got := before.cycle(); got != tour.cycle() {
			t.Errorf("%v: the tour takes %v, want %v", length, got, tour.cycle())
		}
		for since := time.Duration(0); since < tour.cycle(); since += time.Second {
			want, _ := tour.at(since)
			if got, _ := before.at(length + since); got.scene.name != want.scene.name {
				t.Errorf("%v: got %s %v after the past, want %s", length, got.scene.name, since, want.scene.name)
			}
		}
	}
	if a, _ := mustScript(t, "busy").endingAfter(time.Hour).at(time.Minute); a.scene.name != "busy" {
		t.Errorf("of one scene: got %s, want it", a.scene.name)
	}
}

// A past is that of its seed, its scenes and its settings, and ends when it is to end.
func TestPlayPastRepeats(t *testing.T) {
	end := time.Date(2026, 11, 30, 14, 2, 0, 0, time.UTC)
	run := func(s queue.Settings, o DemoOptions) string {
		m, err := PlayPast(s, o, end, 30*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		r := m.Report(end)
		if got := r.Timestamp; !got.Equal(end) {
			t.Errorf("it ends at %v, want %v", got, end)
		}
		return fmt.Sprintf("%+v", r.Metrics)
	}
	o := DemoOptions{Users: DefaultUsers, Seed: 3}
	first := run(adaptive(), o)
	if again := run(adaptive(), o); again != first {
		t.Errorf("the second time: got %s, want %s", again, first)
	}
	for _, other := range []string{
		run(queue.DefaultSettings(), o),
		run(adaptive(), DemoOptions{Users: DefaultUsers, Seed: 4}),
		run(adaptive(), DemoOptions{Users: DefaultUsers, Seed: 3, Scene: "calm"}),
	} {
		if other == first {
			t.Errorf("others have the same past: %s", other)
		}
	}
	if _, err := PlayPast(adaptive(), DemoOptions{Users: -1}, end, time.Minute); err == nil {
		t.Error("got no error for -1 users")
	}
	if _, err := PlayPast(adaptive(), DemoOptions{Scene: "noon"}, end, time.Minute); err == nil {
		t.Error("got no error for a scene that there is not")
	}
}
