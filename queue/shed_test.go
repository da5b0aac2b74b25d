package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAPauseBeyondMaxWaitFailsAtOnce(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 30 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "a" {
			return &Error{Class: RateLimited, RetryAfter: 28 * time.Second, Err: errors.New("429")}
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		s.add(name, Request{User: name})
	}
	s.run(1)
	// The pause ends at 28.5: a starts then, one more could by 30.2 or so.
	if got := fmt.Sprint(s.dropped); got != "[d c b]" && got != "[c d b]" && got != "[b c d]" && got != "[d b c]" && got != "[c b d]" {
		t.Errorf("dropped %s", got)
	}
	for _, name := range []string{"b", "c", "d"} {
		if !errors.Is(s.final[name], ErrWaitTooLong) {
			t.Errorf("%s: got %v, want ErrWaitTooLong", name, s.final[name])
		}
		if refused, ok := errors.AsType[*RefusedError](s.final[name]); !ok || refused.ETA < 28*time.Second || refused.Position < 1 {
			t.Errorf("%s: got %+v, want its place and when it would start", name, refused)
		}
	}
	if s.add("late", Request{User: "late"}); s.final["late"] != nil {
		t.Errorf("at 1 s one more is in time, got %v", s.final["late"])
	}
	s.run(29)
	s.run(60)
	// The second refusal would make a wait for 57 s in all.
	if err := s.final["a"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("a: got %v", err)
	}
	r := s.m.Report(s.now)
	if sum := r.Metrics.Successful + r.Metrics.Failed + r.Detail.Cancelled + int64(r.Metrics.CurrentQueueLength+r.Detail.Running); sum != r.Metrics.TotalRequests {
		t.Errorf("counted %d of %d", sum, r.Metrics.TotalRequests)
	}
}

// A pause leaves those in back-off no more time than those in line: who cannot start
// within MaxWait fails at once, the others keep their place.
func TestAPauseShedsThoseInBackoff(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 30 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		switch {
		case attempt > 1:
			return nil
		case name == "limited":
			return &Error{Class: RateLimited, RetryAfter: 24 * time.Second, Err: errors.New("429")}
		default:
			return &Error{Class: Overloaded, RetryAfter: 20 * time.Second}
		}
	}
	s.add("late", Request{User: "late"})
	s.run(10)
	s.add("early", Request{User: "early"})
	s.run(12)
	if got := s.m.Report(s.now).Detail; got.InBackoff != 2 {
		t.Fatalf("%d are in back-off, want 2", got.InBackoff)
	}
	s.add("limited", Request{User: "limited"})
	s.run(13) // refused at 12.5: nothing starts before 36.5
	if got := fmt.Sprint(s.dropped); got != "[late]" {
		t.Fatalf("dropped %s, want the one alone that has waited for more than 30 s when the pause ends", got)
	}
	refused, ok := errors.AsType[*RefusedError](s.final["late"])
	if !ok || !errors.Is(refused, ErrWaitTooLong) || refused.ETA != 24*time.Second {
		t.Errorf("late: got %v, want ErrWaitTooLong and that it would start in 24 s", s.final["late"])
	}
	if r := s.m.Report(s.now); r.Metrics.Failed != 1 || r.Metrics.CurrentQueueLength != 2 || r.Detail.InBackoff != 1 {
		t.Errorf("got %d failed, %d waiting, %d in back-off, want 1, 2 and 1", r.Metrics.Failed, r.Metrics.CurrentQueueLength, r.Detail.InBackoff)
	}
	s.run(60)
	s.wantStarts("late@0 early@10 limited@12 limited@36.5 early@38.2")
	if len(s.dropped) != 1 || s.final["early"] != nil || s.final["limited"] != nil {
		t.Errorf("dropped %v; early %v, limited %v: want both to succeed", s.dropped, s.final["early"], s.final["limited"])
	}
}

// With each that goes the rest is faster, so not all go that seem too late.
func TestAPauseShedsNoMoreThanItMust(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 100 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "first" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 60 * time.Second}
		}
		return nil
	}
	s.add("first", Request{User: "f"})
	s.step()
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(300)
	if kept := len(s.starts) - 2; kept+len(s.dropped) != 20 || len(s.dropped) == 0 {
		t.Fatalf("%d were kept and %d dropped", kept, len(s.dropped))
	}
	// From 60.5 on, n more after the first take the sum of 1.5 + 0.2·w for w = 1 … n,
	// and have 39.5 s: 13 need 37.7, 14 need 42.
	if kept := len(s.starts) - 2; kept != 13 {
		t.Errorf("%d were kept, want 13; the last starts: %v", kept, s.starts[len(s.starts)-1])
	}
}

// A pause is projected once, and only where somebody may be too late: a refusal
// more of the same pause costs nothing.
func TestAPauseIsProjectedOnce(t *testing.T) {
	settings := adaptiveSettings()
	settings.MaxQueue = 10_000
	m := newMachine(t, settings)
	a := newAccount(6000, 0, 0, Cost{}, time.Second)
	a.early = true
	drive(t, m, a, atOnce(0, 1), time.Minute)
	var running []*Ticket
	for range 100 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for x := m.Next(at(60)); x != nil; x = m.Next(at(60)) {
		m.Start(at(60), x)
		running = append(running, x)
	}
	for range 5000 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, x := range running {
		now := at(60.1 + float64(i)/1000)
		m.ReportLimits(now, x, Limits{Requests: Limit{PerMinute: 6000}})
		if _, err := m.Finish(now, x, &Error{Class: RateLimited, RetryAfter: 5 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if m.projections > 1 {
		t.Errorf("%d refusals were projected %d times, want once at most", len(running), m.projections)
	}
}

// After a long pause that an operator has ended, the next one sheds as any other.
func TestAPauseShedsAfterALongerOneThatWasEnded(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
	s.add("first", Request{})
	s.run(1)
	s.m.Resume(s.now, "", "ops")
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 20 * time.Minute, Err: errors.New("429")})
	for i := range 3 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(5)
	for i := range 3 {
		if name := fmt.Sprint(i); !errors.Is(s.final[name], ErrWaitTooLong) {
			t.Errorf("%s: got %v, want ErrWaitTooLong at once", name, s.final[name])
		}
	}
}
