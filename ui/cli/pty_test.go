//go:build unix

package cli_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

// What a terminal is told at the beginning and at the end.
var (
	altScreenOn  = []byte("\x1b[?1049h")
	altScreenOff = []byte("\x1b[?1049l")
	cursorOff    = []byte("\x1b[?25l")
	cursorOn     = []byte("\x1b[?25h")
)

// session is a program on a terminal of its own, 120 columns by 36 rows, that
// answers no question.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	screen transcript
	master *os.File
	tty    *os.File
	before *term.State
	drawn  chan struct{} // closed when nothing more can come from the program
}

// open starts paceline on a terminal that knows colours.
func open(t *testing.T, args ...string) *session {
	t.Helper()
	return openOn(t, "xterm-256color", args...)
}

// openOn starts paceline on a terminal of the given kind.
func openOn(t *testing.T, kind string, args ...string) *session {
	t.Helper()
	return openChanged(t, kind, func(*exec.Cmd) {}, args...)
}

// openChanged starts paceline on a terminal of the given kind, after change has
// made of the command what it wants.
func openChanged(t *testing.T, kind string, change func(*exec.Cmd), args ...string) *session {
	t.Helper()
	return openHeard(t, kind, change, nil, args...)
}

// openHeard is openChanged with a terminal that hears what comes to its screen.
func openHeard(t *testing.T, kind string, change func(*exec.Cmd), heard func(*session, []byte), args ...string) *session {
	t.Helper()
	path, err := exec.LookPath("paceline")
	if err != nil {
		t.Fatal(err)
	}
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 36, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, cmd: exec.Command(path, args...), master: master, tty: tty, drawn: make(chan struct{})}
	if s.before, err = term.GetState(tty.Fd()); err != nil {
		t.Fatal(err)
	}
	s.cmd.Env = environment(t, "TERM="+kind, "LC_ALL=C.UTF-8")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	change(s.cmd)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.drawn)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			_, _ = s.screen.Write(b[:n])
			if heard != nil {
				heard(s, b[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		_ = tty.Close()
		<-s.drawn
		_ = master.Close()
	})
	return s
}

// see returns when the screen's text since the last time matches.
func (s *session) see(pattern string) {
	s.t.Helper()
	s.screen.until(s.t.Fatalf, regexp.MustCompile(pattern))
}

// press types keys.
func (s *session) press(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// signal sends one to the program.
func (s *session) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// ended waits for the program, and checks its exit code and that the terminal is
// as it was before: a screen of its own was entered and left.
func (s *session) ended(code int) {
	s.t.Helper()
	out := s.over(code)
	if on, off := bytes.LastIndex(out, altScreenOn), bytes.LastIndex(out, altScreenOff); on < 0 || off < on {
		s.t.Errorf("alternate screen: entered at byte %d, left at %d; want it entered, then left", on, off)
	}
}

// over waits for the program, and checks its exit code and that the terminal is as
// it was before. It returns what came to the screen.
func (s *session) over(code int) []byte {
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
	return out
}

func TestMonitorOverTheDemoOnATerminal(t *testing.T) {
	log := t.TempDir() + "/demo.log"
	s := open(t, "--scene", "calm", "--log-file", log)
	s.see("(?i)healthy")
	s.press("?")
	s.see("suspend") // only the help says that
	s.press("?")     // closes the help; an escape just before the q would make it alt-q
	s.press("q")
	s.ended(0)
	if got := s.screen.all(); bytes.Contains(got, []byte("[QUEUE]")) {
		t.Errorf("the log is on the screen: %q", got)
	}
	info, err := os.Stat(log)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the log's mode: got %v, want only its owner to read it", got)
	}
}

func TestMonitorEndsInOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*session)
	}{
		{"q", func(s *session) { s.press("q") }},
		{"ctrl-c", func(s *session) { s.press("\x03") }},
		{"SIGTERM", func(s *session) { s.signal(syscall.SIGTERM) }},
		{"SIGINT", func(s *session) { s.signal(os.Interrupt) }},
		{"SIGHUP", func(s *session) { s.signal(syscall.SIGHUP) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, "--scene", "calm")
			s.see("(?i)healthy")
			c.end(s)
			s.ended(0)
		})
	}
}

func TestMonitorOfAQueueElsewhere(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/wire/warning.json")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer server.Close()
	s := open(t, server.URL)
	s.see("(?i)warning")
	server.Close()
	s.see("(?i)unreachable")
	s.press("q")
	s.ended(0)
}

// The first picture does not wait for an answer, and the keys are alive without
// one.
func TestMonitorOfAnEndpointThatNeverAnswers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // connections are made, but nobody takes them
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	s := open(t, "http://"+ln.Addr().String())
	s.see(regexp.QuoteMeta(string(altScreenOn)))
	s.see(regexp.QuoteMeta(ln.Addr().String()))
	s.press("q")
	s.ended(0)
}

func TestLogHasNowhereToGoOnATerminal(t *testing.T) {
	s := open(t, "--log", "json")
	s.see("add --log-file FILE")
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != 64 {
		t.Errorf("got exit code %d, want 64", got)
	}
}

func TestDumbTerminalGetsPlainLines(t *testing.T) {
	s := openOn(t, "dumb", "--scene", "calm")
	s.see("(?i)healthy")
	s.press("\x03")
	_ = s.cmd.Wait()
	if got := s.screen.all(); bytes.ContainsRune(got, '\x1b') {
		t.Errorf("got escapes on a terminal that knows none: %q", got)
	}
}
