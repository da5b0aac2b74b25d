//go:build unix

package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// stdins are what a program may find as its stdin beside a terminal.
func stdins(t *testing.T) map[string]func(*exec.Cmd) {
	t.Helper()
	pipe, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pipe.Close()
		_ = end.Close()
	})
	if _, err := end.WriteString("q\n"); err != nil { // no key
		t.Fatal(err)
	}
	file, err := os.Open("testdata/wire/warning.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return map[string]func(*exec.Cmd){
		"/dev/null": func(c *exec.Cmd) { c.Stdin = nil },
		"a pipe":    func(c *exec.Cmd) { c.Stdin = pipe },
		"a file":    func(c *exec.Cmd) { c.Stdin = file },
		"closed": func(c *exec.Cmd) {
			c.Args = append([]string{"sh", "-c", `exec "$0" "$@" 0<&-`, c.Path}, c.Args[1:]...)
			c.Path = "/bin/sh"
		},
	}
}

// In a loop over the lines of a file, and with </dev/null, the monitor could not
// begin; in a pipe it heard no key.
func TestMonitorReadsKeysFromTheControllingTerminal(t *testing.T) {
	for name, change := range stdins(t) {
		t.Run(name, func(t *testing.T) {
			s := openChanged(t, "xterm-256color", change, "--scene", "calm")
			s.see("(?i)healthy")
			s.press("?")
			s.see("suspend") // only the help says that
			s.press("?")
			s.press("q")
			s.ended(0)
		})
	}
}

func TestMonitorOfAQueueElsewhereReadsKeysFromTheControllingTerminal(t *testing.T) {
	s := openChanged(t, "xterm-256color", stdins(t)["/dev/null"], "http://127.0.0.1:1")
	s.see("(?i)unreachable")
	s.press("q")
	s.ended(0)
}

func TestLoadTestReadsKeysFromTheControllingTerminal(t *testing.T) {
	s := openChanged(t, "xterm-256color", stdins(t)["/dev/null"], "loadtest", "--users", "2", "--messages", "20")
	s.see("ctrl-c stops it")
	s.press("q")
	s.endedInline(1)
}

// Without any terminal to read keys from, the monitor prints lines, which need
// none.
func TestMonitorWithoutAControllingTerminal(t *testing.T) {
	t.Parallel()
	for name, change := range stdins(t) {
		t.Run(name, func(t *testing.T) {
			s := openChanged(t, "xterm-256color", func(c *exec.Cmd) {
				change(c)
				c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			}, "--scene", "calm", "--log", "pretty")
			s.see("(?i) healthy: ")
			s.see("📥") // and the log has somewhere to go
			s.signal(syscall.SIGTERM)
			if out := s.over(0); bytes.ContainsRune(out, '\x1b') {
				t.Errorf("got escapes where no monitor is drawn: %q", out)
			}
		})
	}
}
