//go:build linux

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
)

// What a monitor costs whoever leaves it open: until the first picture with figures, bytes
// written to a terminal of 120x36 that answers nothing, share of one core, voluntary context
// switches of all threads, resident memory. Measured on the real program from 5 s after its
// start, for 30 s:
//
//	go test -run '^$' -bench Monitor -benchtime 1x ./ui/cli
//
// The floor is a demo in which nothing happens; "elsewhere" is the monitor alone, of a queue
// in another process. The peers are those that are installed, at the same pace.
func BenchmarkMonitor(b *testing.B) {
	address := serveCalm(b)
	for _, program := range []struct {
		name string
		args []string
	}{
		{"steady", []string{"paceline", "--scene", "calm", "--seed", "1"}},
		{"busy", []string{"paceline", "--scene", "busy", "--seed", "1"}},
		{"nothing", []string{"paceline", "--users", "0"}},
		{"elsewhere", []string{"paceline", address}},
		{"peer=top", []string{"top", "-d", "1"}},
		{"peer=btop", []string{"btop", "--update", "1000"}},
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

// serveCalm runs a server in which a little happens, and returns its address.
func serveCalm(b *testing.B) (address string) {
	b.Helper()
	path, err := exec.LookPath("paceline")
	if err != nil {
		b.Skip(err)
	}
	cmd := exec.Command(path, "serve", "--addr", "127.0.0.1:0", "--no-state", "--scene", "calm", "--seed", "1")
	var output transcript
	cmd.Stderr = &output
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	return output.until(b.Fatalf, regexp.MustCompile(`ANTHROPIC_BASE_URL=(\S+)`))[1]
}

// verdict is what the first picture with figures says.
var verdict = regexp.MustCompile("HEALTHY|WARNING|CRITICAL")

const (
	settle  = 5 * time.Second
	watched = 30 * time.Second
)

// watch runs a program on a terminal and reports what it costs.
func watch(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	start := time.Now()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 36, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	var written, first atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 64<<10)
		var begin []byte
		for {
			n, err := terminal.Read(buffer)
			written.Add(int64(n))
			if begin = append(begin, buffer[:n]...); first.Load() == 0 && verdict.Match(begin) {
				first.Store(int64(time.Since(start)))
			}
			begin = begin[:min(len(begin), 64<<10)]
			if err != nil {
				return
			}
		}
	}()
	time.Sleep(settle)
	pid := cmd.Process.Pid
	bytesBefore, cpuBefore, switchesBefore := written.Load(), cpuTime(b, pid), switches(b, pid)
	time.Sleep(watched)
	bytesAfter, cpuAfter, switchesAfter := written.Load(), cpuTime(b, pid), switches(b, pid)
	if first := first.Load(); first > 0 {
		b.ReportMetric(float64(first)/1e6, "ms-first")
	}
	b.ReportMetric(float64(bytesAfter-bytesBefore)/watched.Seconds(), "B/s")
	b.ReportMetric(100*(cpuAfter-cpuBefore).Seconds()/watched.Seconds(), "%core")
	b.ReportMetric(float64(switchesAfter-switchesBefore)/watched.Seconds(), "switches/s")
	b.ReportMetric(residentMB(b, pid), "MB")
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

// switches returns how often a process's threads have given the processor away so far.
func switches(b *testing.B, pid int) (sum int) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, thread := range threads {
		sum += statusField(b, thread, "voluntary_ctxt_switches:")
	}
	return sum
}

// residentMB returns the memory that a process has resident.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	return float64(statusField(b, fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")) / 1024
}

// statusField returns a number of a status file in /proc.
func statusField(b *testing.B, path, name string) int {
	b.Helper()
	status, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("no %s in %s", name, path)
	return 0
}
