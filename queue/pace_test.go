package queue

import (
	"testing"
	"time"
)

// the published examples
func TestSpacingFromStartToStart(t *testing.T) {
	for _, test := range []struct {
		name     string
		arrivals []float64
		want     string
	}{
		{"three at 0", []float64{0, 0, 0}, "a@0 b@1.9 c@3.6"},
		{"one at 0 and one at 1.0", []float64{0, 1}, "a@0 b@1.7"},
		{"one at 0 and one at 1.6", []float64{0, 1.6}, "a@0 b@1.6"},
		{"one at 0 and one at 1.5: w is counted before it arrives", []float64{0, 1.5}, "a@0 b@1.5"},
		{"a late one does not change w", []float64{0, 0.5, 1.6}, "a@0 b@1.7 c@3.4"},
		{"after a rest the gate is open", []float64{0, 30, 30}, "a@0 b@30 c@31.7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScript(t, DefaultSettings(), time.Second)
			for i, when := range test.arrivals {
				s.run(when)
				s.add(string(rune('a'+i)), Request{User: "u"})
				s.step()
			}
			s.run(60)
			s.wantStarts(test.want)
		})
	}
}

func TestSpacingIsBounded(t *testing.T) {
	s := DefaultSettings()
	for _, test := range []struct {
		waiting int
		want    time.Duration
	}{{0, 1500 * time.Millisecond}, {1, 1700 * time.Millisecond}, {5, 2500 * time.Millisecond}, {42, 9900 * time.Millisecond}, {43, 10 * time.Second}, {1_000_000, 10 * time.Second}} {
		if got := s.Spacing(test.waiting); got != test.want {
			t.Errorf("%d waiting: got %v, want %v", test.waiting, got, test.want)
		}
	}
}

func TestSumSpacingIsTheSum(t *testing.T) {
	s := DefaultSettings()
	for _, step := range []time.Duration{0, 1, 200 * time.Millisecond, 333 * time.Millisecond, time.Minute} {
		s.Step = step
		for _, floor := range []time.Duration{0, time.Second, 1700 * time.Millisecond, 3456 * time.Millisecond, 10 * time.Second, 20 * time.Second} {
			for _, span := range [][2]int{{0, 0}, {0, 100}, {3, 7}, {50, 60}, {5, 4}, {42, 43}} {
				var want time.Duration
				for w := span[0]; w <= span[1]; w++ {
					want += max(s.Spacing(w), floor)
				}
				if got := s.sumSpacing(span[0], span[1], floor); got != want {
					t.Errorf("step %v, floor %v, w %v: got %v, want %v", step, floor, span, got, want)
				}
			}
		}
	}
}

func TestChangedSettingsApplyAtOnce(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.add(name, Request{})
	}
	s.run(1.6) // w is 3, the gate would open at 2.1
	fast := DefaultSettings()
	fast.MinDelay, fast.Step = 100*time.Millisecond, 0
	if err := s.m.SetSettings(s.now, fast); err != nil {
		t.Fatal(err)
	}
	s.run(10)
	s.wantStarts("a@0 b@1.6 c@1.7 d@1.8")
}

// Whoever waits keeps its place when the pace changes, and starts as soon as the new one
// allows.
func TestPaceChangesAtOnceAndKeepsPlaces(t *testing.T) {
	settings := DefaultSettings()
	s := newScript(t, settings, time.Second)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.add(name, Request{User: name})
	}
	s.run(1.6)
	settings.Adaptive = true
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	s.add("f", Request{User: "f"})
	s.run(1.7)
	settings.Adaptive = false
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	s.run(20)
	s.wantStarts("a@0 b@1.6 c@1.6 d@1.6 e@1.6 f@3.3") // nothing is known of the account: as many at once; then the spacing with one in line
}
