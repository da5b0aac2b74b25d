package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Failures are the cause of waits only in their own lane, and only of those who waited meanwhile.
func TestFailuresAreTheCauseWhereTheyHappen(t *testing.T) {
	const blames = "cause: server errors"
	for _, c := range []struct {
		name     string
		fails    string  // the lane whose calls fail from 10 s
		until    float64 // seconds
		flood    float64 // when many arrive in sonnet
		at       float64
		blamed   bool
		unblamed string // must not be said
	}{
		{"in their lane", "sonnet", 200, 20, 60, true, "no-such-words"},
		{"in another one", "opus", 200, 20, 60, false, blames},
		{"in another one, and over", "opus", 40, 20, 60, false, "after server errors"},
		{"over before they came", "sonnet", 40, 50, 60, false, "after server errors"},
	} {
		settings := every(time.Second)
		settings.Attempts, settings.MaxWait = 1, time.Hour
		s := newScript(t, settings, 100*time.Millisecond)
		s.result = func(name string, _ int) error {
			if at := s.now.Sub(t0).Seconds(); strings.HasPrefix(name, c.fails) && at >= 10 && at < c.until {
				return final(ServerError)
			}
			return nil
		}
		said := ""
		for second := 0.; second <= c.at; second++ {
			if second == c.flood {
				for i := range 60 {
					s.add("sonnet", Request{User: fmt.Sprint("u", i%12), Lane: "sonnet"})
				}
			}
			for _, l := range []string{"sonnet", "opus", "opus"} {
				if second < 56 {
					s.add(l, Request{User: "of " + l, Lane: l})
				}
			}
			s.run(second + 0.9)
			said = s.findings()
		}
		if blamed := strings.Contains(said, blames) && s.m.Report(s.now).Detail.Cause == ServerError.Name(); blamed != c.blamed || strings.Contains(said, c.unblamed) {
			t.Errorf("%s: got\n%s", c.name, said)
		}
		if !strings.Contains(said, "Very long wait times") {
			t.Errorf("%s: nobody waits long:\n%s", c.name, said)
		}
	}
}

// A refused key makes nobody wait: what it is refused for is its own finding.
func TestRefusedKeysMakeNobodyWait(t *testing.T) {
	s := newScript(t, every(time.Second), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: KeyRefused, CallerKey: true} }
	for i := range 70 {
		s.add("x", Request{User: fmt.Sprint("u", i%12)})
	}
	s.run(40)
	got := s.findings()
	if !strings.Contains(got, "Very long wait times (") || strings.Contains(got, "tier") {
		t.Errorf("got\n%s", got)
	}
}
