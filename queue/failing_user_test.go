package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Who gets nothing but failures is no part of a healthy queue, though the others succeed.
func TestEveryRequestOfAUserFails(t *testing.T) {
	refused := &Error{Class: ClientError, Retry: RetryNo}
	for _, c := range []struct {
		name  string
		fails func(name string) bool // by "user second"
		want  string                 // after 40 s; empty: nothing of a user
	}{
		{"all of dave's", func(n string) bool { return strings.HasPrefix(n, "dave") }, "warning: Every request of dave fails (8 of 8 in the last minute): mistakes of the callers (400/404/413)"},
		{"all of dave's but one", func(n string) bool { return strings.HasPrefix(n, "dave") && n != "dave 20" }, ""},
		{"four", func(n string) bool { return n == "dave 5" || n == "dave 10" || n == "dave 15" || n == "dave 20" }, ""},
		{"all of two users'", func(n string) bool { return !strings.HasPrefix(n, "anna") }, "warning: Every request of dave and of 1 other fails (8 of 8 in the last minute)"},
		{"everybody's", func(string) bool { return true }, "critical: Nothing succeeds; cause: mistakes of the callers (400/404/413) (54 calls of 3 users failed in the last minute)"},
	} {
		s := newScript(t, boundless(), 100*time.Millisecond)
		s.result = func(name string, _ int) error {
			if c.fails(name) {
				return refused
			}
			return nil
		}
		for second := 1; second <= 40; second++ {
			call := func(user string, every int) {
				if second%every == 0 {
					s.add(fmt.Sprint(user, " ", second), Request{User: user})
				}
			}
			call("dave", 5)
			call("anna", 1)
			call("eve", 6)
			s.run(float64(second) + 0.5)
		}
		got := s.findings()
		if c.want == "" && got != "" || c.want != "" && !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got\n%s\nwant %s", c.name, got, c.want)
		}
		if n := s.m.Report(s.now).Detail.Recent.Mistakes; c.name == "all of dave's" && n != 8 {
			t.Errorf("%d of the last minute are in no rate, want 8", n)
		}
		if c.name != "all of dave's" {
			continue
		}
		s.result = nil
		s.add("dave 41", Request{User: "dave"})
		s.run(42)
		if got := s.findings(); !strings.Contains(got, "Every request of dave failed until just now") {
			t.Errorf("one succeeds: got\n%s", got)
		}
		s.run(53)
		s.wantVerdict("healthy", "Queue is processing normally")
	}
}

// That all is refused is critical while it is tried, and known as the last that was when it is
// not.
func TestAllAreRefused(t *testing.T) {
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: KeyRefused, CallerKey: true} }
	for second := range 20 {
		s.add("x", Request{User: fmt.Sprint(second % 7)})
		s.run(float64(second) + 0.5)
	}
	s.wantVerdict("critical", "Nothing succeeds; cause: refused keys (401, 402, 403) (20 calls of 7 users failed in the last minute)")
	s.run(90)
	s.wantVerdict("warning", "Nothing has succeeded, and nobody calls now")
}
