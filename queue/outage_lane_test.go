package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// oneLaneDown lets users ask in two lanes, of which the calls of one fail from the 10th second
// on: as overloaded, and from the 20th on for a rate limit of 90 s. Those of the other lane
// succeed. Calls look every second.
func oneLaneDown(t *testing.T, adaptive bool, look func(s *script, second int)) {
	t.Helper()
	settings := every(400 * time.Millisecond)
	settings.Attempts, settings.MaxWait = 20, time.Hour
	if settings.Adaptive = adaptive; adaptive {
		settings.AdaptiveInFlight = 1000
	}
	s := newScript(t, settings, 200*time.Millisecond)
	s.result = func(name string, _ int) error {
		switch since := s.now.Sub(t0); {
		case !strings.HasPrefix(name, "sonnet") || since < 10*time.Second || since >= 110*time.Second:
			return nil
		case since < 20*time.Second:
			return &Error{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")}
		default:
			return &Error{Class: RateLimited, RetryAfter: 110*time.Second - since, Err: errors.New("429")}
		}
	}
	for second := range 200 {
		if second < 100 {
			for u := range 2 {
				s.add(fmt.Sprint("sonnet", u, second), Request{User: fmt.Sprint("u", second%5+u), Lane: "sonnet"})
			}
		}
		s.add(fmt.Sprint("haiku", second), Request{User: "v", Lane: "haiku"})
		s.run(float64(second) + 0.9)
		look(s, second)
	}
}

// An outage of one lane is not over because calls of another one succeed, and where the API
// pauses that lane, the pause is why its users wait, and until when.
func TestAnOutageOfALaneIsNotOverInAnother(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		headlines := 0
		oneLaneDown(t, adaptive, func(s *script, second int) {
			got := s.findings()
			d := s.m.Report(s.now).Detail
			if second < 10 || second > 109 {
				return
			}
			for _, never := range []string{"calls succeed again", "tier, prioritize", "upgrading API tier", "--pace adaptive"} {
				if strings.Contains(got, never) {
					t.Errorf("adaptive %v, at %d s:\n%s", adaptive, second, got)
				}
			}
			if len(s.eventsOf(KindRecovered)) > 0 {
				t.Errorf("adaptive %v, at %d s: it is told as over", adaptive, second)
			}
			if second < 30 {
				return
			}
			first := d.Findings[0]
			if d.Cause != "" || first.Row != RowPause || !strings.HasPrefix(first.Message, "Paused by the API until 14:01:50") || !strings.HasPrefix(first.Recommendation, "Wait until 14:01:50, or end the pause if") {
				t.Errorf("adaptive %v, at %d s: cause %q\n%s", adaptive, second, d.Cause, got)
			}
			if first.Level == "critical" && strings.Contains(got, "Very long wait times; cause: a pause by the API (") {
				headlines++
			}
		})
		if headlines < 50 {
			t.Errorf("adaptive %v: the pause was the critical headline for %d s", adaptive, headlines)
		}
	}
}

// A pause that goes on is not said to be over when those who waited for it have left.
func TestAPauseIsNotOverBecauseNobodyWaits(t *testing.T) {
	settings := every(400 * time.Millisecond)
	settings.MaxWait = time.Hour
	s := newScript(t, settings, 200*time.Millisecond)
	s.result = func(string, int) error {
		return &Error{Class: RateLimited, RetryAfter: 5 * time.Minute, Err: errors.New("429")}
	}
	var waiting []*Ticket
	for i := range 30 {
		waiting = append(waiting, s.add(fmt.Sprint(i), Request{User: fmt.Sprint("u", i%10)}))
	}
	s.run(60)
	if got := s.findings(); !strings.Contains(got, "Very long wait times; cause: a pause by the API") {
		t.Fatalf("the pause is not the cause:\n%s", got)
	}
	for _, one := range waiting {
		s.leave(one)
	}
	for second := range 20 {
		s.run(61 + float64(second))
		if got := s.findings(); !strings.Contains(got, "Paused by the API until") || strings.Contains(got, "the pause by the API is over") {
			t.Errorf("at %d s:\n%s", 61+second, got)
		}
	}
}
