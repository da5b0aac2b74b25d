package queue

import (
	"errors"
	"testing"
	"time"
)

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

func TestOnlyBrokenConnectionsCountAsSentTwice(t *testing.T) {
	for class, want := range map[Class]int64{NetworkError: 1, Overloaded: 0, ServerError: 0, RateLimited: 0, ClientError: 0} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.result = func(_ string, attempt int) error {
			if class == RateLimited && attempt > 2 {
				return nil
			}
			return &Error{Class: class, Unsent: attempt == 2}
		}
		s.add("a", Request{})
		s.run(200)
		if got := s.m.Report(s.now).Detail.Resent; got != want {
			t.Errorf("%v, three attempts, of which the second was not sent: got %d sent again, want %d", class, got, want)
		}
		s.m.Reset(s.now, "")
		if got := s.m.Report(s.now).Detail.Resent; got != 0 {
			t.Errorf("%v after a reset: got %d, want 0", class, got)
		}
	}
}
