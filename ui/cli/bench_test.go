//go:build linux

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
)

// What a monitor costs whoever leaves it open: until the first picture with figures, as the
// median of nine starts, bytes written to a terminal of 120x36 that answers nothing, share of
// one core, voluntary context switches of all threads, resident memory. Measured on the program
// as it is put on a server, one static file, from 5 s after its start, for 30 s:
//
//	go test -run '^$' -bench Monitor -benchtime 1x ./ui/cli
//
// The floor is a demo in which nothing happens; "elsewhere" is the monitor alone, of a queue
// in another process. The peers are those that are installed, at the same pace.
func BenchmarkMonitor(b *testing.B) {
	paceline := buildProgram(b)
	address := serveCalm(b, paceline)
	for _, program := range []struct {
		name string
		args []string
	}{
		{"steady", []string{paceline, "--scene", "calm", "--seed", "1"}},
		{"busy", []string{paceline, "--scene", "busy", "--seed", "1"}},
		{"nothing", []string{paceline, "--users", "0"}},
		{"elsewhere", []string{paceline, address}},
		{"peer=top", []string{"top", "-d", "1"}},
		{"peer=btop", []string{"btop", "--update", "1000"}},
	} {
		b.Run(program.name, func(b *testing.B) {
			path, err := exec.LookPath(program.args[0])
			if err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				watch(b, path, program.args[1:]...)
			}
		})
	}
}

// buildProgram builds the program as README does for a server, and returns its path.
func buildProgram(b *testing.B) (path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "paceline")
	build := exec.Command("go", "build", "-o", path, "paceline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// serveCalm runs a server in which a little happens, and returns its address.
func serveCalm(b *testing.B, paceline string) (address string) {
	b.Helper()
	cmd := exec.Command(paceline, "serve", "--addr", "127.0.0.1:0", "--no-state", "--scene", "calm", "--seed", "1")
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

// starts is how often a program is started to see how soon its first picture is there.
const starts = 9

// watch runs a program on a terminal and reports what it costs.
func watch(b *testing.B, path string, args ...string) {
	b.Helper()
	if first := firstPicture(b, path, args); first > 0 {
		b.ReportMetric(float64(first)/1e6, "ms-first")
	}
	w := startWatched(b, path, args)
	defer w.end()
	time.Sleep(settle)
	pid := w.cmd.Process.Pid
	bytesBefore, cpuBefore, switchesBefore := w.written.Load(), cpuTime(b, pid), switches(b, pid)
	time.Sleep(watched)
	bytesAfter, cpuAfter, switchesAfter := w.written.Load(), cpuTime(b, pid), switches(b, pid)
	b.ReportMetric(float64(bytesAfter-bytesBefore)/watched.Seconds(), "B/s")
	b.ReportMetric(100*(cpuAfter-cpuBefore).Seconds()/watched.Seconds(), "%core")
	b.ReportMetric(float64(switchesAfter-switchesBefore)/watched.Seconds(), "switches/s")
	b.ReportMetric(residentMB(b, pid), "MB")
	b.ReportMetric(0, "ns/op") // it takes as long as it is told to
}

// firstPicture returns the median of how long some starts take until the first picture with
// figures; zero if there is none.
func firstPicture(b *testing.B, path string, args []string) time.Duration {
	b.Helper()
	took := make([]time.Duration, starts)
	for i := range took {
		w := startWatched(b, path, args)
		select {
		case took[i] = <-w.first:
			w.end()
		case <-time.After(settle):
			w.end()
			return 0
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// watchedProgram is a program on a terminal that answers nothing.
type watchedProgram struct {
	cmd      *exec.Cmd
	terminal *os.File
	written  atomic.Int64
	first    chan time.Duration // until the first picture with figures
	done     chan struct{}
}

func startWatched(b *testing.B, path string, args []string) *watchedProgram {
	b.Helper()
	w := &watchedProgram{cmd: exec.Command(path, args...), first: make(chan time.Duration, 1), done: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	start := time.Now()
	var err error
	if w.terminal, err = pty.StartWithSize(w.cmd, &pty.Winsize{Rows: 36, Cols: 120}); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(w.done)
		buffer := make([]byte, 64<<10)
		var begin []byte
		for seen := false; ; {
			n, err := w.terminal.Read(buffer)
			w.written.Add(int64(n))
			if begin = append(begin, buffer[:n]...); !seen && verdict.Match(begin) {
				seen = true
				w.first <- time.Since(start)
			}
			begin = begin[:min(len(begin), 64<<10)]
			if err != nil {
				return
			}
		}
	}()
	return w
}

func (w *watchedProgram) end() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait() // it was killed
	_ = w.terminal.Close()
	<-w.done
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
