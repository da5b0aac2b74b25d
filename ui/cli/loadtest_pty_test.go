//go:build unix

package cli_test

import (
	"bytes"
	"syscall"
	"testing"
)

// endedInline is ended for a program that draws among the lines of the terminal
// and not on a screen of its own.
func (s *session) endedInline(code int) {
	s.t.Helper()
	out := s.over(code)
	if bytes.Contains(out, altScreenOn) {
		s.t.Error("it took the whole screen, want a few lines of it")
	}
}

func TestLoadtestOnATerminalIsStoppedAndReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		stop func(*session)
	}{
		{"ctrl-c", func(s *session) { s.press("\x03") }},
		{"SIGINT", func(s *session) { s.signal(syscall.SIGINT) }},
		{"SIGTERM", func(s *session) { s.signal(syscall.SIGTERM) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, "loadtest", "all", "--seed", "1", "--min-delay", "30m", "--max-delay", "30m", "--max-wait", "2h")
			s.see("ctrl-c stops it")
			s.see("longest ") // one was answered, and the others wait for long
			c.stop(s)
			s.see("Load test light")
			s.see("Stopped before its end: this is what ran.")
			s.see("Verdict: not to be compared: it was stopped")
			s.endedInline(1)
			if bytes.Contains(s.screen.all(), []byte("moderate")) {
				t.Error("the next load was begun")
			}
		})
	}
}

func TestLoadtestOnATerminalReportsInTheEnd(t *testing.T) {
	s := open(t, "loadtest", "--seed", "1", "--users", "1", "--min-delay", "0s", "--max-delay", "0s")
	s.see("Total requests:    1")
	s.see("Verdict: ")
	s.endedInline(0)
}
