package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// The pace changes while users wait, again and again, and nobody is lost: all that arrived
// are answered, wait, run, or have left by themselves.
func TestPaceOfADemoChangesLive(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			s := play(t, adaptive(), DemoOptions{Users: DefaultUsers, Scene: "burst", Seed: seed}, queue.Seed(seed))
			defer s.end()
			if s.Spaced() {
				t.Fatal("it begins by the rule")
			}
			for i := range 20 {
				time.Sleep(7 * time.Second)
				synctest.Wait()
				before := s.q.Report()
				spaced := i%2 == 0
				s.SetSpaced(spaced)
				after := s.q.Report()
				want := queue.PaceAdaptive
				if spaced {
					want = queue.PaceSpaced
				}
				if s.Spaced() != spaced || after.Detail.Pace != want {
					t.Fatalf("change %d: got spaced %t, pace %s, want %s", i, s.Spaced(), after.Detail.Pace, want)
				}
				held := func(r queue.Report) int { return r.Metrics.CurrentQueueLength + r.Detail.Running }
				if held(before) != held(after) {
					t.Errorf("change %d: got %d in the queue, want the %d of before", i, held(after), held(before))
				}
				if m, d := after.Metrics, after.Detail; m.TotalRequests != m.Successful+m.Failed+d.Cancelled+int64(held(after)) || d.Refused > 0 || m.Failed > 0 {
					t.Errorf("change %d: got %d requests, of which %d successful, %d failed, %d cancelled, %d in the queue, %d refused", i, m.TotalRequests, m.Successful, m.Failed, d.Cancelled, held(after), d.Refused)
				}
			}
		})
	}
}

// A change of the pace is no other change: settings that somebody else has changed stay.
func TestPaceOfADemoLeavesOtherSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, adaptive(), DemoOptions{})
		defer s.end()
		want, err := s.q.ChangeSettings(map[string]float64{"minDelayMs": 700}, "", "ops")
		if err != nil {
			t.Fatal(err)
		}
		s.SetSpaced(true)
		want.Adaptive = false
		if got := s.q.Settings(); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
