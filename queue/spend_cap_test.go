package queue

import (
	"errors"
	"fmt"
	"strings"
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

// Where nobody knows when an end of credit ends, the account is left alone for an hour,
// and then a request tries it: no date is made up.
func TestACapWithoutAKnownEndIsTriedOnceAnHour(t *testing.T) {
	calls := 0
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(string, int) error {
		if calls++; calls > 2 {
			return nil
		}
		return &Error{Class: SpendCap, Cap: OnHold, RetryAfter: CapRetry, Undated: true, Err: errors.New("400 on hold")}
	}
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.run(1)
	for _, second := range []float64{10, 3500, 3700, 7000} {
		s.run(second)
		s.add(fmt.Sprint("at", second), Request{Lane: LaneName("acme", "opus-5")})
	}
	refused, ok := errors.AsType[*RefusedError](s.final["at3500"])
	if !ok || !errors.Is(refused, ErrSpendCap) || !refused.Guess || refused.Cap != OnHold || refused.ETA > CapRetry {
		t.Errorf("after 3500 s: got %+v, want it to be refused with no known end", s.final["at3500"])
	}
	if got := fmt.Sprint(refused); !strings.Contains(got, "(hold on the organization): it has no known end; it is tried again in 1m") {
		t.Errorf("got the words %q", got)
	}
	s.wantVerdict("critical", "The organization is on hold")
	want := "critical: The organization is on hold: Ask Anthropic why, or appeal: the organization is disabled, then end the pause; there is no known end, and a request tries it once an hour\n" +
		"critical: Refused by the API with no known end; tries again at 16:01:40 (in 5 min 01 s): Ask Anthropic why, or appeal: the organization is disabled, then end the pause: the API refuses everything, and a request tries it once an hour (400 on hold)\n" +
		"warning: Refusing requests; cause: the hold on the organization (1 in the last minute): Ask Anthropic why, or appeal: the organization is disabled, then end the pause"
	if got := s.findings(); !strings.Contains(got, want) {
		t.Errorf("the verdict: got\n%s\nwant\n%s", got, want)
	}
	s.run(7400)
	s.add("after", Request{Lane: LaneName("acme", "opus-5")})
	s.run(7410)
	s.wantStarts("first@0 at3700@3700 after@7400")
}

// An end of credit that is of who asks holds up nobody else, and is no fault of the queue.
func TestACapOfOneCallerHoldsUpNobodyElse(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "capped" {
			return &Error{Class: SpendCap, Cap: WorkspaceCap, RetryAfter: time.Hour, RequestScoped: true}
		}
		return nil
	}
	s.add("capped", Request{User: "a", Lane: LaneName("acme", "opus-5")})
	s.run(5)
	s.add("other", Request{User: "b", Lane: LaneName("acme", "opus-5")})
	s.run(10)
	s.wantStarts("capped@0 other@5")
	s.wantVerdict("healthy", "Queue is processing normally")
}

// What an end of credit is outlasts a restart, as its pause does.
func TestACapOutlastsARestart(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: SpendCap, Cap: ContractCap, RetryAfter: CapRetry, Undated: true})
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.run(1)
	for _, l := range s.m.limitStates() {
		if !l.Final || l.Cap != ContractCap || !l.Undated {
			t.Errorf("kept: %+v", l)
		}
		memory := l.memory(s.m)
		if !memory.pause.final || memory.pause.cap != ContractCap || !memory.pause.undated {
			t.Errorf("restored: %+v", memory.pause)
		}
	}
}
