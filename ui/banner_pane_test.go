package ui

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"

	"github.com/charmbracelet/colorprofile"
)

// incident is a load on a queue in virtual time.
type incident struct {
	settings func(s *queue.Settings)
	arrivals func(second int) (n int, user string) // of one user; empty: each has its own
	call     func(second int) (took time.Duration, err error)
	lasts    int      // seconds
	want     []string // beginnings of what the queue says of it
}

// verdicts returns what a queue says of the incident in the course of time, with its advice.
func (c *incident) verdicts(t *testing.T) map[string]string {
	t.Helper()
	settings := queue.DefaultSettings()
	c.settings(&settings)
	epoch := time.Date(2026, 11, 30, 23, 55, 0, 0, time.UTC)
	m, err := queue.NewMachine(settings, epoch, 1)
	if err != nil {
		t.Fatal(err)
	}
	type call struct {
		ticket *queue.Ticket
		ends   time.Time
		err    error
	}
	var running []call
	said := map[string]string{}
	for tenth := range 10 * c.lasts {
		now, second := epoch.Add(time.Duration(tenth)*100*time.Millisecond), tenth/10
		running = slices.DeleteFunc(running, func(one call) bool {
			if one.ends.After(now) {
				return false
			}
			_, _ = m.Finish(now, one.ticket, one.err)
			return true
		})
		if tenth%10 == 0 {
			n, user := c.arrivals(second)
			for i := range n {
				r := queue.Request{User: user, Lane: "opus-5-5"}
				if user == "" {
					r.User = fmt.Sprintf("user_%d_%d", second, i)
				}
				_, _ = m.Add(now, r)
			}
		}
		for next := m.Next(now); next != nil; next = m.Next(now) {
			m.Start(now, next)
			took, err := c.call(second)
			running = append(running, call{next, now.Add(took), err})
		}
		if h := m.Report(now).Health; h.Recommendation != nil {
			said[h.Message] = *h.Recommendation
		}
	}
	return said
}

// In an incident the verdict and what to do about it stand whole on the usual screens: all that
// a queue says of some incidents, from the first second to the last.
func TestTheVerdictIsWhole(t *testing.T) {
	spaced, adaptive := func(*queue.Settings) {}, func(s *queue.Settings) { s.Adaptive = true }
	once := func(n int, user string) func(int) (int, string) {
		return func(second int) (int, string) {
			if second > 0 {
				return 0, ""
			}
			return n, user
		}
	}
	eachSecond := func(int) (int, string) { return 1, "" }
	seldom := func(second int) (int, string) {
		if second%12 > 0 {
			return 0, ""
		}
		return 1, ""
	}
	// Calls take a second, and those from the 10th second to the 60th fail with an error.
	failing := func(e queue.Error) func(int) (time.Duration, error) {
		return func(second int) (time.Duration, error) {
			if second < 10 || second >= 60 {
				return time.Second, nil
			}
			e := e
			return time.Second, &e
		}
	}
	of := func(class queue.Class) queue.Error {
		return queue.Error{Class: class, Retry: queue.RetryYes, Err: errors.New("it failed")}
	}
	refused := func(after time.Duration) queue.Error { return queue.Error{Class: queue.RateLimited, RetryAfter: after} }
	hanging := func(int) (time.Duration, error) { return time.Hour, nil }
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	for name, c := range map[string]incident{
		"no connection": {spaced, eachSecond, failing(of(queue.NetworkError)), 240, []string{"The API cannot be reached", "Very long wait times after connection errors"}},
		"overload":      {adaptive, eachSecond, failing(of(queue.Overloaded)), 240, []string{"The API is overloaded", "Very long wait times in the last minute; cause: overload"}},
		"server errors": {adaptive, eachSecond, failing(of(queue.ServerError)), 240, []string{"High failure rate", "Nothing succeeds"}},
		"refused keys":  {adaptive, eachSecond, failing(queue.Error{Class: queue.KeyRefused}), 240, []string{"Every API key was refused"}},
		"a crowd":       {spaced, once(60, ""), failing(of(queue.NetworkError)), 240, []string{"Very long wait times"}},
		"one user":      {spaced, once(40, "anna.schmidt"), failing(of(queue.NetworkError)), 240, []string{"Very long wait times for one user, anna.schmidt"}},
		"a pause":       {adaptive, seldom, failing(refused(30 * time.Second)), 120, []string{"Paused by the API until"}},
		"a long pause":  {spaced, eachSecond, failing(refused(24 * time.Hour)), 120, []string{"Paused by the API until"}},
		"silence":       {spaced, once(8, ""), hanging, 240, []string{"No call is answered"}},
		"no slots":      {func(s *queue.Settings) { s.MaxInFlight = 2 }, eachSecond, hanging, 240, []string{"Queue is stuck"}},
	} {
		said := c.verdicts(t)
		for _, want := range c.want {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(said)), func(message string) bool { return strings.HasPrefix(message, want) }) {
				t.Errorf("%s: the queue never says %q", name, want)
			}
		}
		for message, advice := range said {
			for _, size := range []struct{ w, h int }{{120, 36}, {80, 24}, {50, 15}} {
				l := newDashboardLayout(size.w, size.h)
				p := bannerPane{headline{severity: theme.level(2), message: message, advice: []string{advice}}}
				if size.w == 50 { // it has no room for what to do
					p.headline.advice = nil
				}
				if got := strings.Join(p.view(&state{theme: theme}, l.banner.w, l.banner.h), "\n"); strings.Contains(got, "…") {
					t.Errorf("%s, %dx%d: it is cut:\n%s", name, size.w, size.h, got)
				}
			}
		}
	}
}
