//go:build unix

package cli_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The terminal's own title is saved before the monitor's, and is back after it, however it
// ends.
func TestMonitorRestoresTheTitle(t *testing.T) {
	for name, end := range map[string]func(*session){
		"q":       func(s *session) { s.press("q") },
		"SIGTERM": func(s *session) { s.signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "--scene", "calm")
			s.see("(?i)healthy")
			end(s)
			s.ended(0)
			out := s.screen.all()
			saved, titled := bytes.Index(out, []byte("\x1b[22;2t")), bytes.Index(out, []byte("\x1b]2;"))
			last, restored := bytes.LastIndex(out, []byte("\x1b]2;")), bytes.LastIndex(out, []byte("\x1b[23;2t"))
			if saved < 0 || titled < saved || restored < last {
				t.Errorf("saved at byte %d, first title at %d, last at %d, restored at %d: want them in this order", saved, titled, last, restored)
			}
		})
	}
}

func TestMonitorDrawsASCIIInOtherLocales(t *testing.T) {
	s := openChanged(t, "xterm-256color", func(c *exec.Cmd) { c.Env = append(c.Env, "LC_ALL=C") }, "--scene", "calm")
	s.see("(?i)healthy")
	s.press("?")
	s.see("suspend")
	s.press("?")
	s.press("q")
	s.ended(0)
	for _, b := range s.screen.all() {
		if b >= 0x80 {
			t.Fatalf("got a byte beyond ASCII: %q", s.screen.all())
		}
	}
}

var mouseOn = []byte("\x1b[?1002h")

func TestMonitorAndTheMouse(t *testing.T) {
	s := open(t, "--scene", "calm")
	s.see("(?i)healthy")
	s.see("help")
	s.press("\x1b[<0;5;36M\x1b[<0;5;36m") // on the first key of the last row
	s.see("Reset the counters")
	s.press("\x1b")
	s.see("not reset")
	s.press("q")
	s.ended(0)
	if off := []byte("\x1b[?1002l"); !bytes.Contains(s.screen.all(), off) {
		t.Error("the mouse is not given back")
	}

	s = open(t, "--scene", "calm", "--no-mouse")
	s.see("(?i)healthy")
	s.press("q")
	s.ended(0)
	if bytes.Contains(s.screen.all(), mouseOn) {
		t.Error("--no-mouse: the mouse is taken")
	}
}

func TestMonitorCopiesASummary(t *testing.T) {
	s := open(t, "--scene", "calm")
	s.see("(?i)healthy")
	s.press("Y")
	s.see("summary copied")
	s.press("q")
	s.ended(0)
	copied := regexp.MustCompile("\x1b]52;c;([A-Za-z0-9+/=]+)").FindSubmatch(s.screen.all())
	if copied == nil {
		t.Fatal("nothing was copied")
	}
	summary, err := base64.StdEncoding.DecodeString(string(copied[1]))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(summary), "### paceline ") || !strings.Contains(string(summary), "**HEALTHY**") {
		t.Errorf("got %q, want a summary", summary)
	}
}

// turning serves a file of testdata/wire, and another one after turn.
func turning(t *testing.T, first, then string) (address string, turn func()) {
	t.Helper()
	var turned atomic.Bool
	bodies := map[bool][]byte{}
	for after, name := range map[bool]string{false: first, true: then} {
		body, err := os.ReadFile(filepath.Join("testdata", "wire", name))
		if err != nil {
			t.Fatal(err)
		}
		bodies[after] = body
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bodies[turned.Load()]) }))
	t.Cleanup(server.Close)
	return server.URL, func() { turned.Store(true) }
}

func TestMonitorTellsOfAChange(t *testing.T) {
	t.Parallel()
	address, turn := turning(t, "healthy.json", "warning.json")
	told := filepath.Join(t.TempDir(), "told")
	s := open(t, address, "--bell", "--interval", "500ms", "--on-change", `echo to the screen; echo "$PACELINE_BEFORE $PACELINE_LEVEL $PACELINE_ADDRESS" > "`+told+`"; exit 3`)
	s.see("HEALTHY")
	turn()
	s.see("\a\x1b]9;paceline [^\a]*: warning: [^\a]+\a")
	s.see("--on-change: exit status 3")
	s.press("m")
	s.see("muted")
	s.press("q")
	s.ended(0)
	if bytes.Contains(s.screen.all(), []byte("to the screen")) {
		t.Error("the command's output is on the screen")
	}
	got, err := os.ReadFile(told)
	if want := "healthy warning " + address + "\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// In a pipe it runs the command, too.
func TestPlainTellsOfAChange(t *testing.T) {
	t.Parallel()
	address, turn := turning(t, "healthy.json", "warning.json")
	s := openOn(t, "dumb", address, "--interval", "500ms", "--on-change", `exit 3`)
	s.see("healthy: ")
	turn()
	s.see("warning: ")
	s.see(`\| --on-change: exit status 3`)
	s.press("\x03")
	s.over(0)
}

// slowTerminal answers what it is asked, each a while later.
type slowTerminal struct {
	delay time.Duration
	owed  sync.WaitGroup
	asked atomic.Int32
}

// hear takes what comes to its screen. A question does not come in two parts: each is
// written at once.
func (a *slowTerminal) hear(s *session, p []byte) {
	for question, answer := range map[string]string{
		"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[?2027$p": "\x1b[?2027;2$y", "\x1b[?u": "\x1b[?0u",
		"\x1b]11;?": "\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1b[6n": "\x1b[36;3R",
		"\x1b[5n": "\x1b[0n",
	} {
		for range bytes.Count(p, []byte(question)) {
			a.asked.Add(1)
			a.owed.Add(1)
			time.AfterFunc(a.delay, func() {
				defer a.owed.Done()
				_, _ = s.master.WriteString(answer)
			})
		}
	}
}

// Whoever leaves finds no answer of the terminal typed in the shell: at once, or when the
// frame is on its way that is asked about.
func TestLeavingLeavesNoAnswerInTheShell(t *testing.T) {
	for name, c := range map[string]struct {
		delay time.Duration
		seen  string
	}{
		"at once":            {100 * time.Millisecond, regexp.QuoteMeta(string(altScreenOn))},
		"at once, far away":  {400 * time.Millisecond, regexp.QuoteMeta(string(altScreenOn))},
		"later":              {100 * time.Millisecond, "(?i)healthy"},
		"a little, far away": {400 * time.Millisecond, "(?i)healthy"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &slowTerminal{delay: c.delay}
			s := openHeard(t, "xterm-256color", func(cmd *exec.Cmd) {
				cmd.Args = append([]string{"sh", "-c", `"$0" "$@"; stty -echo; echo back; IFS= read -r typed; echo "<$typed>"`, cmd.Path}, cmd.Args[1:]...)
				cmd.Path = "/bin/sh"
				if c.delay > 200*time.Millisecond { // as behind sshd
					cmd.Env = append(cmd.Env, "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22")
				}
			}, a.hear, "--scene", "calm")
			s.see(c.seen)
			s.press("q")
			s.see("back")
			a.owed.Wait()
			if a.asked.Load() == 0 {
				t.Error("it asked nothing: this test shows nothing")
			}
			s.press("end\n")
			s.see("<end>")
			_ = s.cmd.Wait()
		})
	}
}
