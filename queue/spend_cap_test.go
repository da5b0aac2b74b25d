package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// A spend cap pauses all lanes of its account, those to come too, until its date, and
// is never probed; other accounts go on.
func TestASpendCapHoldsItsAccountUntilItsDate(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: SpendCap, RetryAfter: 8 * 24 * time.Hour, Err: errors.New("429 spend")})
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.run(1)
	for _, second := range []float64{10, 400000, 690000} {
		s.run(second)
		for _, lane := range []string{"opus-5", "sonnet-5"} {
			name := fmt.Sprint(lane, second)
			if s.add(name, Request{Lane: LaneName("acme", lane)}); !errors.Is(s.final[name], ErrSpendCap) {
				t.Errorf("%s at %v: got %v, want it to be refused", lane, second, s.final[name])
			}
		}
	}
	s.wantVerdict("critical", "The spend cap is reached")
	s.add("other", Request{Lane: LaneName("else", "opus-5")})
	s.run(691000)
	s.run(691300)
	s.add("after", Request{Lane: LaneName("acme", "opus-5")})
	s.run(691400)
	s.wantStarts("first@0 other@690000 after@691300")
}

// Who ends the pause of a spend cap ends it for all lanes of the account: the cap was
// the account's.
func TestTheEndOfASpendCapIsOfTheAccount(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: SpendCap, RetryAfter: 8 * 24 * time.Hour, Err: errors.New("429 spend")})
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.add("second", Request{Lane: LaneName("acme", "sonnet-5")})
	s.run(10)
	if !s.m.Resume(s.now, LaneName("acme", "opus-5"), "ops") {
		t.Fatal("it was not paused")
	}
	for _, l := range s.m.Report(s.now).Detail.Lanes {
		if l.PausedUntil != nil {
			t.Errorf("%s is still paused", l.Name)
		}
	}
}

// Also where the line is empty: a spend cap fails the requests in back-off at once.
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
