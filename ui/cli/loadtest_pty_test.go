//go:build unix

package cli_test

import (
	"bytes"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
)

// endedInline is ended for a program that draws among the lines of the terminal
// and not on a screen of its own.
func (s *session) endedInline(code int) {
	s.t.Helper()
	kill := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	_ = s.cmd.Wait() // the exit code is compared below
	after, err := term.GetState(s.tty.Fd())
	if err != nil {
		s.t.Fatal(err)
	}
	_ = s.tty.Close()
	<-s.drawn
	out := s.screen.all()
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("got exit code %d, want %d; the screen:\n%q", got, code, out)
	}
	if !reflect.DeepEqual(after, s.before) {
		s.t.Errorf("the terminal's mode: got %+v, want %+v as before", after, s.before)
	}
	if hidden, shown := bytes.LastIndex(out, cursorOff), bytes.LastIndex(out, cursorOn); shown < hidden {
		s.t.Errorf("cursor: hidden at byte %d, shown at %d; want it shown last", hidden, shown)
	}
	if bytes.Contains(out, altScreenOn) {
		s.t.Error("it took the whole screen, want a few lines of it")
	}
}

func TestLoadtestOnATerminalIsStoppedAndReports(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(*session)
	}{
		{"ctrl-c", func(s *session) { s.press("\x03") }},
		{"SIGINT", func(s *session) { s.signal(syscall.SIGINT) }},
		{"SIGTERM", func(s *session) { s.signal(syscall.SIGTERM) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, "loadtest", "all", "--min-delay", "30m", "--max-delay", "30m", "--max-wait", "2h")
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
	s := open(t, "loadtest", "--users", "1", "--min-delay", "0s", "--max-delay", "0s")
	s.see("Total requests:    1")
	s.see("Verdict: ")
	s.endedInline(0)
}
