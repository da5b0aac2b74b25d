package advice

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue/replay"
	"paceline/queue/sim"
)

// Limits count as changed from the third answer in a row on that tells others.
func TestHistory(t *testing.T) {
	usual := sim.Limits{RequestsPerMinute: 90, InputTokensPerMinute: 1000}
	of := func(requests int) sim.Limits {
		return sim.Limits{RequestsPerMinute: requests, InputTokensPerMinute: 1000}
	}
	at := func(second int, requests int) groupLimits {
		l := groupLimits{at: time.Duration(second) * time.Second, group: "sonnet-5", Limits: of(requests)}
		if second > 0 {
			l.missing = amounts{float64(second)}
		}
		return l
	}
	for _, c := range []struct {
		name string
		told []float64 // requests a minute, one answer a second; zero: not told
		want []groupLimits
	}{
		{"nothing", nil, nil},
		{"one limit", []float64{60, 60, 60, 60}, []groupLimits{at(0, 60)}},
		{"two", []float64{60, 60, 60, 30, 30, 30, 30, 90, 90, 90}, []groupLimits{at(0, 60), at(3, 30), at(7, 90)}},
		{"now and then another", []float64{60, 60, 60, 30, 30, 60, 60, 60, 30}, []groupLimits{at(0, 60)}},
		{"too few", []float64{60, 60}, nil},
		{"not always told", []float64{60, 60, 60, 0, 0, 0, 30, 30, 30}, []groupLimits{at(0, 60), at(6, 30)}},
	} {
		lane := &laneCalls{}
		for i, requests := range c.told {
			lane.reports = append(lane.reports, report{at: time.Duration(i) * time.Second, perMinute: amounts{requests}, taken: amounts{float64(i)}})
		}
		got := historyOf(lane, "sonnet-5", usual)
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
		}
	}
}

// The account of a replay has at each time what its lanes were told then.
func TestLimitsOverTime(t *testing.T) {
	l := func(n int) sim.Limits { return sim.Limits{RequestsPerMinute: n} }
	tr := &traffic{
		limits:  map[string]sim.GroupLimits{"org": {"": l(9), "a": l(9), "b": l(8)}},
		history: map[string][]groupLimits{"org": {{0, "b", l(5), amounts{}}, {time.Minute, "b", l(8), amounts{7}}, {0, "a", l(6), amounts{}}, {time.Second, "a", l(9), amounts{3}}}},
	}
	if got, want := fmt.Sprint(tr.uses()), fmt.Sprint(map[string][]sim.Use{"org": {
		{At: replay.WarmUp + time.Minute, Group: "b", Requests: 7, InAll: true}, {At: replay.WarmUp + time.Second, Group: "a", Requests: 3, InAll: true},
	}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	first, changes := tr.limitsOver("org")
	if first["a"] != l(6) || first["b"] != l(5) || len(changes) != 2 {
		t.Fatalf("got %v, then %v", first, changes)
	}
	if one, two := changes[0].Limits, changes[1].Limits; one["a"] != l(9) || one["b"] != l(5) || two["a"] != l(9) || two["b"] != l(8) || two[""] != l(9) {
		t.Errorf("got %v, then %v", one, two)
	}
	if tr.limits["org"]["b"] != l(8) {
		t.Error("the limits of now have changed")
	}
}

// Answers that tell one limit or the other in turn tell both.
func TestLimitsThatAreToldInTurnChangeTogether(t *testing.T) {
	lane := &laneCalls{}
	for i := range 20 {
		r := report{at: time.Duration(i) * time.Second}
		if r.perMinute[ofRequests] = 60; i >= 10 {
			r.perMinute[ofRequests] = 30
		}
		if i%2 == 0 {
			r.perMinute[ofInput] = 1000
		}
		lane.reports = append(lane.reports, r)
	}
	got := historyOf(lane, "g", sim.Limits{RequestsPerMinute: 90, InputTokensPerMinute: 1000})
	if len(got) != 2 || got[0].RequestsPerMinute != 60 || got[1].RequestsPerMinute != 30 || got[1].at != 10*time.Second {
		t.Errorf("got %+v, want 60 a minute, and 30 from 10 s on", got)
	}
}
