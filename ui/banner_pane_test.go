package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// In an incident the verdict and what to do about it stand whole on the usual screens.
func TestTheVerdictIsWhole(t *testing.T) {
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	for _, c := range []struct {
		message, advice string
		small           bool // 50x15 has room for it, too
	}{
		{"The API cannot be reached (12 connection errors in a row)", "Check the network (connection errors), DNS, the proxy and the API's address", true},
		{"Very long wait times; cause: connection errors (41 waiting, users' p95 1m31s)", "Check the network (connection errors), DNS, the proxy and the API's address", false},
		{"Very long wait times after connection errors (19 waiting, last in 1m6s, users' p95 1m46s)", "Calls succeed again; now the spacing is the limit: use --pace adaptive", false},
		{"Very long wait times in the last minute; cause: connection errors (0 waiting, users' p95 1m42s)", "Nothing now: calls succeed again", true},
		{"Very long wait times in the last minute; cause: overload (529) (15 waiting, users' p95 42s)", "Calls succeed again; now the spacing is the limit: use --pace adaptive", false},
		{"Queue was backing up after connection errors (5 requests waiting, users' p95 of the last minute 41s)", "Nothing now: calls succeed again, and those who wait start one by one", false},
		{"Very long wait times (41 waiting, last in 3m45s, users' p95 3m34s)", "Use the adaptive pace (--pace adaptive): the API's limits are far from used", true},
		{"Very long wait times for one user, anna (27 waiting, last in 27s, users' p95 24s)", "Limit how many requests anna sends at once: they alone are the cause", true},
		{"Paused by the API until 05:20:51 (in 3 s)", "The rate limit was hit (429 rate_limit_error): raise the API tier", true},
		{"Paused by the API until Tue 1 Dec 04:17:05 (in 23 h 51 min)", "New requests are refused until then (429 rate_limit_error): if that cannot be true, end the pause; else raise the API tier", false},
		{"The API is overloaded for opus-5-5 (16 answers of 529 in a row)", "Wait: no tier helps; a few requests at a time are tried until it answers", false},
		{"No call is answered (8 running, nothing heard for 1m49s)", "Check the API and the network: do its answers arrive? Each call is cut off after 10m0s of silence (maxRun)", false},
		{"Queue is stuck (12 waiting, nothing done for 1m0s)", "All slots are held by 16 silent calls: check the API and the network; maxRun ends each after 10m0s, maxInFlight gives more slots", false},
		{"Nothing succeeds; cause: refused keys (401, 402, 403) (45 calls of 8 users failed in the last minute)", "Check the callers' keys and the API's address; the events say more", false},
		{"High failure rate (70.0% of the last 20 succeeded)", "Check the network (connection errors), DNS, the proxy and the API's address; review the failures in the events, or raise the retry attempts", false},
	} {
		for _, size := range []struct{ w, h int }{{120, 36}, {80, 24}, {50, 15}} {
			if size.w == 50 && !c.small {
				continue
			}
			l := newDashboardLayout(size.w, size.h)
			p := bannerPane{headline{severity: theme.level(2), message: c.message, advice: []string{c.advice}}}
			got := strings.Join(p.view(&state{theme: theme}, l.banner.w, l.banner.h), "\n")
			if strings.Contains(got, "…") {
				t.Errorf("%dx%d: it is cut:\n%s", size.w, size.h, got)
			}
		}
	}
}
