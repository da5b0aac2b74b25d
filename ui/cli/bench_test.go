//go:build linux

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
)

// What a monitor costs whoever leaves it open: bytes written to a terminal of
// 120x36, share of one core, resident memory. Measured on the real program from
// 5 s after its start, for 30 s:
//
//	go test -run '^$' -bench Monitor -benchtime 1x ./ui/cli
//
// The floor is a demo in which nothing happens; the peer is top, at the same
// pace, where there is one.
func BenchmarkMonitor(b *testing.B) {
	for _, program := range []struct {
		name string
		args []string
	}{
		{"steady", []string{"paceline", "--scene", "calm", "--seed", "1"}},
		{"busy", []string{"paceline", "--scene", "busy", "--seed", "1"}},
		{"nothing", []string{"paceline", "--users", "0"}},
		{"peer=top", []string{"top", "-d", "1"}},
	} {
		b.Run(program.name, func(b *testing.B) {
			path, err := exec.LookPath(program.args[0])
			if err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				watch(b, exec.Command(path, program.args[1:]...))
			}
		})
	}
}

const (
	settle  = 5 * time.Second
	watched = 30 * time.Second
)

// watch runs a program on a terminal and reports what it costs.
func watch(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 36, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	var written atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 64<<10)
		for {
			n, err := terminal.Read(buffer)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	time.Sleep(settle)
	bytesBefore, cpuBefore := written.Load(), cpuTime(b, cmd.Process.Pid)
	time.Sleep(watched)
	bytesAfter, cpuAfter := written.Load(), cpuTime(b, cmd.Process.Pid)
	b.ReportMetric(float64(bytesAfter-bytesBefore)/watched.Seconds(), "B/s")
	b.ReportMetric(100*(cpuAfter-cpuBefore).Seconds()/watched.Seconds(), "%core")
	b.ReportMetric(residentMB(b, cmd.Process.Pid), "MB")
	b.ReportMetric(0, "ns/op") // it takes as long as it is told to
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	_ = terminal.Close()
	<-done
}

// cpuTime returns how long a process's threads have run so far, to the
// nanosecond, as the scheduler counts it.
func cpuTime(b *testing.B, pid int) (sum time.Duration) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			b.Fatal(err)
		}
		ran, _, _ := strings.Cut(string(stat), " ")
		ns, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

// residentMB returns the memory that a process has resident.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kB) / 1024
		}
	}
	b.Fatal("no VmRSS in /proc")
	return 0
}
