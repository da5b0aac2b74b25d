package advice

import (
	"testing"
	"time"

	"paceline/queue"
)

// The requests of a count come evenly, the last at its end, and the users take turns.
func TestCountedTraffic(t *testing.T) {
	begin := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	s := Counted{
		Counts: []Count{{at(0), at(10), 2}, {at(20), at(26), 3}},
		Input:  3000, Output: 600, Users: 2, Took: time.Second, Tier: "tier1", Settings: queue.DefaultSettings(),
	}.Situation()
	if !s.Since.Equal(at(0)) || !s.Now.Equal(at(26)) || s.Active != 2 || s.Tier != "tier1" {
		t.Errorf("got the situation from %v to %v, %d users, tier %s", s.Since, s.Now, s.Active, s.Tier)
	}
	want := []struct {
		at   int
		user string
	}{{5, "user_0"}, {10, "user_1"}, {22, "user_0"}, {24, "user_1"}, {26, "user_0"}}
	if len(s.Traffic) != len(want) {
		t.Fatalf("got %d requests, want %d", len(s.Traffic), len(want))
	}
	for i, p := range s.Traffic {
		if !p.Arrived.Equal(at(want[i].at)) || p.User != want[i].user {
			t.Errorf("request %d: got %v of %s, want %v of %s", i, p.Arrived, p.User, at(want[i].at), want[i].user)
		}
		if p.Cost != (queue.Cost{Input: 3000, Output: 600}) || !p.Ended || p.Took != time.Second {
			t.Errorf("request %d: got %+v", i, p)
		}
	}
}

// Limits that are told are not assumed.
func TestCountedTrafficWithToldLimits(t *testing.T) {
	c := Counted{Counts: []Count{{now.Add(-time.Second), now, 60}}, Input: 200, Output: 40, Users: 3, Took: time.Second, Tier: "start", Settings: adaptiveSettings(), Limits: tier1}
	if a := compute(t, c.Situation()); a.Assumed || a.Binds != "requests" || a.Account != "50 requests, 30,000 input tokens, 8,000 output tokens a minute" {
		t.Errorf("%q binds, on %q, assumed %v", a.Binds, a.Account, a.Assumed)
	}
}

// Of more than can be replayed the latest are kept.
func TestCountedTrafficIsBounded(t *testing.T) {
	begin := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	end := begin.Add(2 * time.Minute)
	c := Counted{Counts: []Count{{begin, begin.Add(time.Minute), 10}, {begin.Add(time.Minute), end, 2 * maxReplayed}}, Users: 3}
	all := c.Situation().Traffic
	if len(all) != maxReplayed || all[0].Arrived.Before(begin.Add(time.Minute)) || end.Sub(all[len(all)-1].Arrived) > time.Second {
		t.Errorf("got %d requests from %v to %v, want %d of the second minute", len(all), all[0].Arrived, all[len(all)-1].Arrived, maxReplayed)
	}
}
