//go:build unix

package cli

import (
	"os/exec"
	"syscall"
	"time"
)

// detach gives a command a session of its own: it has no terminal, and ends with all that it
// has started.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
}
