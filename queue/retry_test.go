package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestRateLimitPausesTheLaneAndCostsNoAttempt(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a" && attempt <= 2 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c"} {
		s.add(name, Request{User: name})
	}
	s.run(100)
	// After each pause the one that was refused goes first, and the rest spaced.
	s.wantStarts("a@0 a@20.5 a@41 b@42.9 c@44.6")
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 3 || r.Metrics.Failed != 0 || r.Detail.RateLimited != 2 || r.Detail.Retries != 2 {
		t.Errorf("got %+v, %d rate limited, %d retries", r.Metrics, r.Detail.RateLimited, r.Detail.Retries)
	}
}

func TestPauseHoldsOnlyItsLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a1" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 30 * time.Second}
		}
		return nil
	}
	for _, name := range []string{"a1", "a2", "b1", "b2"} {
		s.add(name, Request{Lane: name[:1]})
	}
	s.run(10)
	if r := s.m.Report(s.now); r.Status != "warning" || r.Health.Message != "Paused by the API until 14:00:30 (in 21 s)" {
		t.Errorf("got %s: %s", r.Status, r.Health.Message)
	}
	s.run(60)
	s.wantStarts("a1@0 b1@0 b2@1.7 a1@30.5 a2@32.2")
}

func TestSeveralRefusedTogetherComeBackInOrderAndSpaced(t *testing.T) {
	s := newScript(t, DefaultSettings(), 10*time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited} // and no time: 1 s, for all of them
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c"} {
		s.add(name, Request{User: name})
	}
	s.run(100)
	// Refused at 10, at 11.9 and at 13.6. All had started before the first pause,
	// so the pause stays at 1 s.
	s.wantStarts("a@0 b@1.9 c@3.6 a@11 b@12.9 c@14.6")
}

func TestPauseWithoutATimeDoubles(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if attempt <= 8 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	s.add("a", Request{})
	s.run(290)
	s.wantStarts("a@0 a@1.7 a@4.2 a@8.7 a@17.2 a@33.7 a@66.2 a@126.7 a@187.2")
}

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

func TestOtherFailures(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		tries int
	}{
		{"529 is tried three times", &Error{Class: Overloaded}, 3},
		{"a connection error, too", &Error{Class: NetworkError}, 3},
		{"a 5xx", &Error{Class: ServerError}, 3},
		{"a time-out", &Error{Class: Timeout}, 3},
		{"the API says no", &Error{Class: Overloaded, Retry: RetryNo}, 1},
		{"a caller's mistake is final", &Error{Class: ClientError}, 1},
		{"unless the API says again", &Error{Class: ClientError, Retry: RetryYes}, 3},
		{"a refused key is final", &Error{Class: KeyRefused}, 1},
		{"a spend cap is final, whatever is said", &Error{Class: SpendCap, Retry: RetryYes}, 1},
		{"an error of another kind is final", errors.New("?"), 1},
		{"a time that is too long is final", &Error{Class: Overloaded, RetryAfter: time.Hour}, 1},
		{"429 that says no", &Error{Class: RateLimited, Retry: RetryNo}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScript(t, DefaultSettings(), time.Second)
			s.result = func(string, int) error { return test.err }
			s.add("a", Request{})
			s.run(120)
			if len(s.starts) != test.tries {
				t.Errorf("tried %d times, want %d", len(s.starts), test.tries)
			}
			if !errors.Is(s.final["a"], test.err) {
				t.Errorf("got %v", s.final["a"])
			}
			if r := s.m.Report(s.now); r.Metrics.Failed != 1 || r.Metrics.TotalRequests != 1 {
				t.Errorf("got %+v", r.Metrics)
			}
		})
	}
}

func TestBackoffCountsAsWaitingButHoldsNothing(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		if name == "a1" && attempt == 1 {
			return &Error{Class: Overloaded, RetryAfter: 10 * time.Second}
		}
		return nil
	}
	s.add("a1", Request{User: "a"})
	s.run(1.2)
	r := s.m.Report(s.now)
	if r.Metrics.CurrentQueueLength != 1 || r.Detail.InBackoff != 1 || r.Detail.Running != 0 {
		t.Errorf("got %d waiting, %d in back-off, %d running", r.Metrics.CurrentQueueLength, r.Detail.InBackoff, r.Detail.Running)
	}
	if w := s.m.Waiting(s.now); len(w) != 1 || !w[0].Backoff || w[0].Position != 0 || *w[0].EtaMs != 9800 || w[0].Attempt != 2 {
		t.Errorf("got %+v", w)
	}
	s.run(10.5)
	s.add("b1", Request{User: "b"})
	s.step()
	s.add("b2", Request{User: "b"})
	s.add("a2", Request{User: "a"})
	s.run(60)
	// b1 had an open gate. a1 returns at 11, before a2, but behind b in the ring.
	s.wantStarts("a1@0 b1@10.5 b2@12.6 a1@14.5 a2@16.2")
}

func TestOneInBackoffCanLeave(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: Overloaded, RetryAfter: 10 * time.Second} }
	a := s.add("a", Request{})
	s.run(5)
	s.leave(a)
	s.run(60)
	s.wantStarts("a@0")
	if r := s.m.Report(s.now); r.Metrics.CurrentQueueLength != 0 || r.Detail.Cancelled != 1 {
		t.Errorf("got %+v", r.Metrics)
	}
}

func TestARateLimitLeavesTheAttempts(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 2
	s := newScript(t, settings, time.Second)
	s.result = func(_ string, attempt int) error {
		return []error{&Error{Class: RateLimited, RetryAfter: time.Second}, &Error{Class: Overloaded}, nil}[attempt-1]
	}
	s.add("a", Request{})
	s.run(60)
	if err := s.final["a"]; err != nil || len(s.starts) != 3 {
		t.Errorf("got %v after %v", err, s.starts)
	}
}

func TestASuccessEndsTheDoublingOfPauses(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	for i := range 3 {
		s.run(float64(20 * i))
		s.add(fmt.Sprint(i), Request{})
		s.step()
	}
	s.run(60)
	s.wantStarts("0@0 0@1.7 1@20 1@21.7 2@40 2@41.7")
}

func TestTheRefusedComeBackInTheOrderOfTheirStarts(t *testing.T) {
	s := newScript(t, DefaultSettings(), 10*time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	a := s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.step()
	s.ends[a] = at(15) // b is refused at 11.7, a at 15
	s.run(100)
	s.wantStarts("a@0 b@1.7 a@35 b@36.7")
}

func TestBackoffsEndWhenTheyAreDue(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		if attempt > 1 {
			return nil
		}
		return &Error{Class: Overloaded, RetryAfter: map[string]time.Duration{"a": 50 * time.Second, "b": 20 * time.Second}[name]}
	}
	for _, name := range []string{"a", "b"} {
		s.add(name, Request{User: name})
	}
	s.run(10)
	s.add("c", Request{User: "c", Lane: "another"})
	if got := *s.m.Report(s.now).Detail.OldestWaitMs; got != 10_000 {
		t.Errorf("the oldest waits for %d ms, want 10000", got)
	}
	s.result = nil
	s.run(100)
	s.wantStarts("a@0 b@1.7 c@10 b@22.7 a@51")
}

// A pause leaves those in back-off no more time than those in line: who cannot start
// within MaxWait is told at once, the others keep their place.
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

// Also where nobody is left in line: a spend cap is told to those in back-off at once.
func TestASpendCapShedsThoseInBackoff(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "capped" {
			return &Error{Class: SpendCap, RetryAfter: 24 * time.Hour}
		}
		return &Error{Class: Overloaded, RetryAfter: 20 * time.Second}
	}
	s.add("backoff", Request{User: "backoff"})
	s.add("capped", Request{User: "capped"})
	s.run(3)
	if err := s.final["backoff"]; !errors.Is(err, ErrSpendCap) {
		t.Errorf("the one in back-off: got %v, want ErrSpendCap at once", err)
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

// The same in a lane that is never idle, and so never forgotten.
func TestASuccessEndsTheDoublingInABusyLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name != "long" && attempt == 1 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	long := s.add("long", Request{})
	s.step()
	s.ends[long] = at(1000)
	for i := range 3 {
		s.run(float64(20 * (i + 1)))
		s.add(fmt.Sprint(i), Request{})
		s.step()
	}
	s.run(100)
	s.wantStarts("long@0 0@20 0@21.7 1@40 1@41.7 2@60 2@61.7")
}

func TestTheOldestIsTheFirstThatArrived(t *testing.T) {
	s := newScript(t, DefaultSettings(), 200*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "high" && attempt == 1 {
			return &Error{Class: Overloaded, RetryAfter: 30 * time.Second}
		}
		return nil
	}
	s.add("first", Request{User: "z"})
	s.step()
	s.add("low", Request{User: "low", Priority: Low})
	s.run(1)
	s.add("high", Request{User: "high", Priority: High})
	s.run(2.5) // high ran from 1.9 to 2.1, and is in back-off
	if got := *s.m.Report(s.now).Detail.OldestWaitMs; got != 2500 {
		t.Errorf("the oldest waits for %d ms, want 2500", got)
	}
}
