package sim

import (
	"context"
	"errors"
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
				synctest.Wait()
				played := live
				d.end()
				live = played

				p, err := newPast(s, d.script, seed, start)
				if err != nil {
					t.Fatal(err)
				}
				p.observe = line(&past, start)
				p.begin(seed, DefaultUsers)
				if err := p.runUntil(t.Context(), lasts); err != nil {
					t.Fatal(err)
				}
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
		m, err := PlayPast(t.Context(), s, o, end, 30*time.Minute)
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
	if _, err := PlayPast(t.Context(), adaptive(), DemoOptions{Users: -1}, end, time.Minute); err == nil {
		t.Error("got no error for -1 users")
	}
	if _, err := PlayPast(t.Context(), adaptive(), DemoOptions{Scene: "noon"}, end, time.Minute); err == nil {
		t.Error("got no error for a scene that there is not")
	}
}

// A demo with a past has a history of it from the beginning: the scenes, up to the first
// slice of its own, and nothing else of it. The counters, the users and the verdict begin at
// zero.
func TestADemoBeginsWithItsPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(7 * time.Second) // not at the beginning of a slice
		began := time.Now()
		s := play(t, adaptive(), DemoOptions{Users: DefaultUsers, Seed: 5, Past: 30 * time.Minute})
		defer s.end()
		if err := s.AwaitPast(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := s.q.Report()
		if m, d := r.Metrics, r.Detail; m.TotalRequests > 1 || d.RateLimited > 0 || len(d.Users) > 1 || r.Status != healthy {
			t.Errorf("it begins with %+v, %d 429s, %d users, %s", m, d.RateLimited, len(d.Users), r.Status)
		}
		h := s.q.History(began.Add(-35*time.Minute), time.Time{}, 0)
		levels := map[string]int{}
		arrivals := int64(0)
		for _, one := range h.Slices {
			levels[one.Level]++
			arrivals += one.Arrivals
		}
		first, last := h.Slices[0], h.Slices[len(h.Slices)-1]
		if age := began.Sub(first.At.Time); age < 29*time.Minute || age > 31*time.Minute || last.At.After(began) {
			t.Errorf("it goes from %v to %v, want half an hour until %v", first.At, last.At, began)
		}
		if levels[healthy] < 60 || levels[warning] < 10 || levels[critical] < 30 || arrivals < 500 {
			t.Errorf("got %v of %d slices, and %d arrivals, want some of each level, and hundreds", levels, len(h.Slices), arrivals)
		}
		kinds := map[queue.Kind]int{}
		for _, e := range h.Troubles {
			kinds[e.Kind]++
		}
		if kinds[queue.KindPaused] == 0 || kinds[queue.KindFailed] == 0 || kinds[queue.KindRestarted] > 0 {
			t.Errorf("got the troubles %v, want pauses and failures, and no restart", kinds)
		}
		for _, gap := range h.Gaps {
			if gap.Until.After(first.At.Time.Add(time.Minute)) {
				t.Errorf("there is a gap from %v to %v", gap.Since, gap.Until)
			}
		}
	})
}

// A demo that is closed early does not wait for its past.
func TestADemoIsClosedBeforeItsPast(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := PlayPast(ctx, adaptive(), DemoOptions{Users: maxUsers}, noon, 24*time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
}
