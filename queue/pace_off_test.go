package queue

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// switchOff switches the pace off, or on again.
func (s *script) switchOff(off bool, by string) {
	s.t.Helper()
	settings := s.m.Settings()
	settings.Off = off
	if err := s.m.setSettings(s.now, settings, by); err != nil {
		s.t.Fatal(err)
	}
}

// Whatever keeps requests waiting, all start at once when the pace is switched off, and so do
// those that come; when it is on again, they wait.
func TestPaceOffLetsAllStart(t *testing.T) {
	limited := &Error{Class: RateLimited, Retry: RetryYes, RetryAfter: time.Hour, Err: errors.New("429")}
	first := func(e *Error) func(string, int) error {
		return func(name string, attempt int) error {
			if attempt == 1 && strings.HasPrefix(name, "0") {
				return e
			}
			return nil
		}
	}
	for what, c := range map[string]struct {
		adaptive bool
		result   func(string, int) error
		inFlight int
	}{
		"the spacing":         {false, nil, 16},
		"calls in flight":     {false, nil, 1},
		"a pause":             {false, first(limited), 16},
		"a spend cap":         {true, first(&Error{Class: SpendCap, RetryAfter: time.Hour, Err: errors.New("429")}), 1},
		"a back-off":          {false, first(&Error{Class: ServerError, Retry: RetryYes, RetryAfter: time.Minute, Err: errors.New("500")}), 16},
		"a breaker":           {true, func(string, int) error { return &Error{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")} }, 16},
		"no connection":       {true, func(string, int) error { return &Error{Class: NetworkError, Retry: RetryYes, Err: errors.New("dial")} }, 16},
		"limits that explore": {true, nil, 16},
	} {
		settings := DefaultSettings()
		settings.Adaptive, settings.MaxInFlight, settings.AdaptiveInFlight = c.adaptive, c.inFlight, c.inFlight
		settings.MaxWait, settings.MaxQueue = 24*time.Hour, 40
		s := newScript(t, settings, 100*time.Millisecond)
		s.result = c.result
		for i := range 40 {
			s.add(string(rune('0'+i)), Request{User: string(rune('a' + i%5))})
		}
		s.run(0.15)
		before := s.m.arrivals.Len
		s.switchOff(true, "ops")
		s.result = nil
		for i := range 50 { // the door held 40
			s.add("late", Request{User: string(rune('a' + i%5))})
		}
		s.step()
		if before < 5 || s.m.arrivals.Len != 0 || len(s.refused) > 0 {
			t.Errorf("%s: %d waited, and %d do once the pace is off; refused: %v", what, before, s.m.arrivals.Len, s.refused)
		}
		s.run(10)
		r := s.m.Report(s.now)
		if m := r.Metrics; m.TotalRequests != m.Successful+m.Failed+r.Detail.Cancelled {
			t.Errorf("%s: the counters do not add up: %+v", what, m)
		}
		s.switchOff(false, "ops")
		for range 20 {
			s.add("again", Request{})
		}
		s.run(10.01)
		if s.m.arrivals.Len == 0 {
			t.Errorf("%s: nothing waits when the pace is on again", what)
		}
	}
}

// While the pace is off each answer is passed on as it is, and pauses nothing; what it tells
// is learned all the same.
func TestPaceOffPassesEachAnswerOn(t *testing.T) {
	settings := DefaultSettings()
	settings.Adaptive = true
	s := newScript(t, settings, 100*time.Millisecond)
	s.switchOff(true, "")
	for i, e := range []*Error{
		{Class: RateLimited, Retry: RetryYes, RetryAfter: time.Hour, Err: errors.New("429")},
		{Class: RateLimited, Err: errors.New("429")},
		{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")},
		{Class: ServerError, Retry: RetryYes, Err: errors.New("500")},
		{Class: NetworkError, Retry: RetryYes, Err: errors.New("dial")},
		{Class: SpendCap, RetryAfter: time.Hour, Err: errors.New("429")},
	} {
		name := string(rune('a' + i))
		s.result = func(string, int) error { return e }
		s.add(name, Request{})
		s.run(float64(i + 1))
		if got := s.final[name]; !errors.Is(got, e) {
			t.Errorf("%s: got %v, want the answer of the first attempt", name, got)
		}
	}
	d := s.m.Report(s.now).Detail
	if d.Retries != 0 || d.Running != 0 || s.m.arrivals.Len != 0 {
		t.Errorf("got %d retries, %d running, %d waiting, want none", d.Retries, d.Running, s.m.arrivals.Len)
	}
	for _, l := range d.Lanes {
		if l.PausedUntil != nil {
			t.Errorf("the lane %s is paused", l.Name)
		}
	}
	s.result, s.learn = nil, Limits{Requests: Limit{PerMinute: 50, Remaining: 12}}
	s.add("told", Request{})
	s.run(8)
	s.switchOff(false, "")
	if lanes := s.m.Report(s.now).Detail.Lanes; len(lanes) != 1 || !strings.HasSuffix(strings.Fields(limitWords(lanes[0]))[0], "/50") {
		t.Errorf("got %+v, want the limit of 50 that was told meanwhile", lanes)
	}
}

// The verdict says that the pace is off, since when, who has done it, and how it is undone;
// a viewer of another group is not told the name.
func TestVerdictOfAPaceThatIsOff(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.run(30)
	s.switchOff(true, "ops\x1b[2J")
	s.run(90)
	r := s.m.Report(s.now)
	f := s.row(RowOff)
	if f == nil || f.Level != "warning" || f.Over || !strings.HasPrefix(f.Message, "The pace is off since 14:00:30 (ops") || strings.Contains(f.Message, "\x1b") {
		t.Fatalf("got %+v", f)
	}
	if want := `PATCH /api/queue/settings {"pace": "spaced"}`; !strings.Contains(f.Recommendation, want) || r.Detail.Pace != PaceOff {
		t.Errorf("got %q and the pace %s, want %s", f.Recommendation, r.Detail.Pace, want)
	}
	if off := r.Detail.PaceOff; off == nil || off.Rule != PaceSpaced || !off.Since.Equal(at(30)) || off.By != "ops\x1b[2J" {
		t.Errorf("got %+v", off)
	}
	if seen := r.SeenBy(Viewer{OwnOnly: true, Group: "mine"}); strings.Contains(seen.Health.Message, "ops") || seen.Detail.PaceOff.By != AnOperator {
		t.Errorf("another group sees %q and %+v", seen.Health.Message, seen.Detail.PaceOff)
	}
	s.switchOff(false, "ops")
	if r := s.m.Report(s.now); s.row(RowOff) != nil || r.Detail.PaceOff != nil || r.Status != "healthy" {
		t.Errorf("on again: got %s, %+v", s.findings(), r.Detail.PaceOff)
	}
}

// What is remembered of lanes that are not there holds up nobody while the pace is off: a pause
// from before a restart, and a spend limit that another lane of the account has met.
func TestPaceOffForgetsPausesOfOtherLanes(t *testing.T) {
	settings := DefaultSettings()
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error {
		return &Error{Class: RateLimited, Retry: RetryYes, RetryAfter: 4 * time.Minute, Err: errors.New("429")}
	}
	s.add("paused", Request{Lane: "acme/sonnet"})
	s.run(1)
	restarted := newScript(t, settings, 100*time.Millisecond)
	if err := restarted.m.Restore(s.m.State(s.now)); err != nil {
		t.Fatal(err)
	}
	restarted.now = s.now
	restarted.switchOff(true, "ops")
	restarted.add("at once", Request{Lane: "acme/sonnet"})
	restarted.run(1.5)
	restarted.wantStarts("at once@1")

	s = newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error {
		return &Error{Class: SpendCap, RetryAfter: time.Hour, Err: errors.New("429")}
	}
	s.add("capped", Request{Lane: "acme/sonnet"})
	s.run(1)
	s.switchOff(true, "ops")
	s.add("at once", Request{Lane: "acme/opus"})
	s.run(1.5)
	s.wantStarts("capped@0 at once@1")
}
