package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// refuses lets the first call of each attempt number below n be refused with err.
func refuses(n int, err error) func(string, int) error {
	calls := 0
	return func(string, int) error {
		if calls++; calls <= n {
			return err
		}
		return nil
	}
}

// A header that is wrong by a day locks nobody out for it: from the middle on one
// that arrives is a probe, and then another one after 1, 2, 4 minutes.
func TestALongPauseIsProbed(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(4, &Error{Class: RateLimited, RetryAfter: 10 * time.Minute, Err: errors.New("429")})
	var starts []string
	for second := 0; second <= 1500; second += 10 {
		s.run(float64(second))
		before := len(s.starts)
		s.add(fmt.Sprint(second), Request{User: fmt.Sprint(second)})
		s.run(float64(second) + 1)
		if len(s.starts) > before {
			starts = append(starts, fmt.Sprint(second))
		}
		if len(starts) == 6 {
			break
		}
	}
	// Refused at 0.5 until 600.5; its middle is at 300.5. Each probe that is refused
	// pauses for 10 minutes more. The fourth is taken in, and ends it.
	if got, want := strings.Join(starts, " "), "0 310 380 510 760 770"; got != want {
		t.Errorf("started at %s, want %s", got, want)
	}
	if r := s.m.Report(s.now); r.Detail.Lanes[0].PausedUntil != nil {
		t.Error("it is still paused after a probe was taken in")
	}
}

// Those that arrive in a long pause and are no probe are refused at once, and the
// verdict is critical and names the day.
func TestALongPauseIsCriticalWhileNobodyIsTaken(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
	s.add("a", Request{})
	s.run(1)
	if s.add("b", Request{}); !errors.Is(s.final["b"], ErrWaitTooLong) {
		t.Errorf("got %v, want it to be refused", s.final["b"])
	}
	s.wantVerdict("critical", "Paused by the API until Tue 24 Nov 14:00:00 (in 1 d 0 h)")
	if !s.m.Resume(s.now, "", "ops") || s.m.Resume(s.now, "", "ops") {
		t.Error("it can be ended once")
	}
	if s.add("c", Request{}); s.final["c"] != nil {
		t.Errorf("got %v after the end of the pause", s.final["c"])
	}
	for _, e := range s.m.Report(s.now).Detail.Events {
		if e.Kind == KindResumed && e.Line() != "▶️  [QUEUE] Pause ended by ops" {
			t.Errorf("the log says %q", e.Line())
		}
	}
}

// A short pause is a warning, without a probe.
func TestAShortPauseHasNoProbe(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 4 * time.Minute})
	s.add("a", Request{})
	s.run(30)
	s.wantVerdict("warning", "Paused by the API until 14:04:00 (in 3 min 31 s)")
	s.run(300)
	s.wantStarts("a@0 a@240.5")
}

// The end of a pause is its end: no bucket stays empty for a time that was wrong.
func TestAPauseThatIsEndedHoldsUpNobody(t *testing.T) {
	for _, told := range []bool{false, true} {
		m := newMachine(t, adaptiveSettings())
		x, err := m.Add(t0, Request{})
		if err != nil {
			t.Fatal(err)
		}
		m.Start(t0, m.Next(t0))
		if told {
			m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 1000}, Input: Limit{PerMinute: 100_000, Remaining: 100_000}})
		}
		_, _ = m.Finish(t0, x, &Error{Class: RateLimited, RetryAfter: 20 * time.Hour})
		if !m.Resume(at(5), "", "ops") {
			t.Fatal("nothing was paused")
		}
		if m.Next(at(5)) == nil {
			if _, err := m.Add(at(5), Request{}); err != nil {
				t.Fatal(err)
			}
			if m.Next(at(5.2)) == nil {
				t.Errorf("limits told %v: nobody starts", told)
			}
		}
	}
}

// A pause that is ended ends no other wait: what another failure asked for is obeyed, also
// for a request that was refused for a limit before.
func TestAPauseThatIsEndedEndsNoOtherBackoff(t *testing.T) {
	s := newScript(t, adaptiveSettings(), time.Second)
	failures := []error{
		&Error{Class: RateLimited, RetryAfter: time.Second}, &Error{Class: ServerError, RetryAfter: 2 * time.Minute},
		&Error{Class: RateLimited, RetryAfter: time.Minute}, nil, nil,
	}
	s.result = func(string, int) error {
		err := failures[0]
		failures = failures[1:]
		return err
	}
	s.add("a", Request{User: "a"})
	s.run(10) // a was refused, and has failed at 3 s
	s.add("b", Request{User: "b"})
	s.run(12)
	if !s.m.Resume(s.now, "", "ops") {
		t.Fatal("nothing was paused")
	}
	s.run(200)
	s.wantStarts("a@0 a@2 b@10 b@12 a@123")
}

// Who stands aside for a pause that is ended comes back in the order of the first starts,
// whether the requests are one user's or several users'.
func TestThoseAsideForAPauseKeepTheirOrder(t *testing.T) {
	for _, users := range []string{"abcde", "aaaaa", "aabbc"} {
		s := newScript(t, adaptiveSettings(), 10*time.Millisecond)
		s.add("before", Request{User: "z"})
		s.run(10) // a success ends the cautious beginning
		s.took = time.Second
		s.result = func(_ string, attempt int) error {
			if attempt == 1 {
				return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
			}
			return nil
		}
		s.starts = nil
		for i, user := range users {
			s.add(fmt.Sprint(i), Request{User: string(user)})
		}
		s.run(11.9) // all were refused
		s.m.Resume(s.now, "", "ops")
		s.run(60)
		if first, again := s.starts[:len(users)], s.starts[len(users):]; order1(again) != order1(first) {
			t.Errorf("of users %s: got %v again, want the order of %v", users, again, first)
		}
	}
}

// A probe whose caller leaves, or whose call is silent for too long, says nothing: the
// next one follows as after one that was refused.
func TestAProbeThatSaysNothingIsNotTheLast(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		settings := DefaultSettings()
		settings.MaxRun = 30 * time.Second
		s := newScript(t, settings, 500*time.Millisecond)
		s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
		s.add("first", Request{})
		s.run(13 * 3600)
		s.took = time.Hour
		probe := s.add("probe", Request{})
		s.step()
		if leaves {
			s.leave(probe)
		}
		s.run(13*3600 + 60)
		s.took = 500 * time.Millisecond
		s.run(13*3600 + 600)
		s.add("second", Request{})
		s.run(13*3600 + 601)
		if s.startsOf("second") != 1 || s.m.Report(s.now).Detail.Lanes[0].PausedUntil != nil {
			t.Errorf("the probe leaves %v: there was no other one", leaves)
		}
	}
}

// In a pause that takes nobody, "raise maxQueue and maxWait" helps nobody; nor does "end the
// pause" when it is over.
func TestRefusalsInAPauseNameIt(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: RateLimited, RetryAfter: 24 * time.Hour} }
	s.add("first", Request{})
	for second := range 100 {
		s.run(float64(second) + 1.5)
		s.add(fmt.Sprint(second), Request{})
		if got := s.findings(); !strings.Contains(got, "Refusing requests") || !strings.Contains(got, ": End the pause by the API if it cannot be true") || strings.Contains(got, "maxQueue") {
			t.Fatalf("at %d s:\n%s", second, got)
		}
	}
	s.m.Resume(s.now, DefaultLane, "an operator")
	s.result = nil
	for second := 100; second < 165; second++ {
		if got := s.findings(); !strings.Contains(got, "Refused requests (") || !strings.Contains(got, ": Nothing now: a pause by the API was why") || strings.Contains(strings.ToLower(got), "end the pause") {
			t.Fatalf("after it, at %d s:\n%s", second, got)
		}
		s.run(float64(second) + 1.5)
	}
}

// A pause that the API named no time for was told as the API's, until a time that it did not
// last: a request tries every few seconds.
func TestAPauseWithoutATimeIsTheQueuesOwn(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	limited := true
	s.result = func(name string, _ int) error {
		if limited && name != "first" {
			return &Error{Class: RateLimited, Err: errors.New("429")}
		}
		return nil
	}
	s.add("first", Request{})
	s.run(1)
	for i := range 5 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	told, tries := 0, 0
	for i := 4; i < 4*60; i++ {
		s.run(float64(i) / 4)
		d := s.m.Report(s.now).Detail
		f, l := s.row(RowPause), d.Lanes[0]
		if f == nil || l.PausedUntil == nil {
			continue
		}
		if !strings.HasPrefix(f.Message, "Held back after 429s without a time (") || strings.Contains(f.Recommendation, "Wait until") || l.Pause != PauseBackOff {
			t.Fatalf("at %v s: got %q, do %q, and %q", float64(i)/4, f.Message, f.Recommendation, l.Pause)
		}
		told++
		_, next, ok := strings.Cut(f.Message, "tries again at ")
		if next, _, _ = strings.Cut(next, ","); ok && *l.NextStartMs > 1000 {
			starts := len(s.starts)
			s.run(s.now.Sub(t0).Seconds() + float64(*l.NextStartMs)/1000 + 0.01)
			if len(s.starts) == starts || s.now.Format(time.TimeOnly) != next {
				t.Errorf("at %v nothing has tried, as was said: %q", s.now.Format(time.TimeOnly), f.Message)
			}
			tries++
			i = int(4*s.now.Sub(t0).Seconds()) + 1
		}
	}
	if told < 10 || tries < 3 {
		t.Errorf("told %d times, %d tries", told, tries)
	}
	for _, e := range s.eventsOf(KindPaused) {
		if !e.OwnPause {
			t.Errorf("the event %+v does not say whose pause it is", e)
		}
	}
	limited = false
	s.run(200)
	if len(s.final) != 6 {
		t.Errorf("%d have ended, want 6", len(s.final))
	}
}
