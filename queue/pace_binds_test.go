package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Where the spacing makes requests wait, and the API told limits that have room,
// no higher tier is recommended: twice the limits would change nothing.
func TestNoTierIsRecommendedWhereTheSpacingBinds(t *testing.T) {
	for _, c := range []struct {
		name     string
		adaptive bool
		learn    Limits
		pace     bool
	}{
		{"far from used", false, Limits{Requests: Limit{PerMinute: 120, Remaining: 110}, Output: Limit{PerMinute: 80_000, Remaining: 79_000}}, true},
		{"a third is free", false, Limits{Requests: Limit{PerMinute: 1000, Remaining: 360}, Output: Limit{PerMinute: 400_000, Remaining: 139_000}}, true},
		{"one is nearly used", false, Limits{Requests: Limit{PerMinute: 120, Remaining: 110}, Output: Limit{PerMinute: 80_000, Remaining: 9000}}, false},
		{"used by others", false, Limits{Requests: Limit{PerMinute: 120, Remaining: 10}}, false},
		{"not told", false, Limits{}, false},
		{"another pace", true, Limits{Requests: Limit{PerMinute: 120, Remaining: 110}}, false},
	} {
		for _, waiting := range []int{10, 40} {
			settings := DefaultSettings()
			settings.Adaptive, settings.MaxQueue, settings.Attempts = c.adaptive, waiting, 1
			settings.AdaptiveInFlight = 1
			s := newScript(t, settings, time.Second)
			s.learn = c.learn
			for i := range waiting + 3 { // one starts at once, and two are refused
				s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 10)})
				s.step()
			}
			s.run(1.2)
			for _, f := range s.m.Report(s.now).Detail.Findings {
				if pace, tier := strings.Contains(f.Recommendation, "(--pace adaptive)"), strings.Contains(f.Recommendation, "tier"); pace != c.pace || tier == c.pace {
					t.Errorf("%s, %d waiting: got %q: %s", c.name, waiting, f.Message, f.Recommendation)
				}
			}
			if got := len(s.m.Report(s.now).Detail.Findings); got < 2 && !c.adaptive {
				t.Errorf("%s, %d waiting: %d findings, want that many wait and that some are refused", c.name, waiting, got)
			}
		}
	}
}
