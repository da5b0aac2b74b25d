//go:build linux

package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// What a monitor is like over a slow line, and over one that stalls, on a terminal that
// answers. As behind an SSH server, what is written is taken at once and shown later. The
// line of 960 bytes a second shows a key's effect so long after the key, of which the frame
// that was on its way took so long, and its longest frame has so many bytes; over a fast
// line so much comes after a stall of 45 s:
//
//	go test -run '^$' -bench SlowLine -benchtime 1x ./ui/cli
func BenchmarkSlowLine(b *testing.B) {
	b.Run("960Bps", func(b *testing.B) {
		for b.Loop() {
			l := openLine(b, 960)
			time.Sleep(30 * time.Second) // the first picture is there
			settled := l.position()
			var waited, owed time.Duration
			for _, key := range []struct{ open, effect, close string }{{"?", "This view", "?"}, {"s", "minDelay", "s"}, {"r", "Reset the counters", "\x1b"}} {
				w, o := l.press(b, key.open, key.effect)
				b.Logf("%s: %v, of which the line was busy for %v", key.open, w, o)
				waited, owed = max(waited, w), max(owed, o)
				time.Sleep(8 * time.Second)
				_, _ = l.terminal.WriteString(key.close)
				time.Sleep(8 * time.Second)
			}
			b.ReportMetric(waited.Seconds(), "s/key")
			b.ReportMetric(owed.Seconds(), "s-on-its-way/key")
			b.ReportMetric(float64(l.longest(settled)), "B/frame")
			b.ReportMetric(0, "ns/op")
			l.close()
		}
	})
	b.Run("stall", func(b *testing.B) {
		for b.Loop() {
			l := openLine(b, 1<<20)
			time.Sleep(settle)
			l.hold(true)
			time.Sleep(45 * time.Second)
			b.ReportMetric(float64(l.waiting()), "B-replayed")
			b.ReportMetric(0, "ns/op")
			l.close()
		}
	})
}

var (
	statusQuestion = []byte("\x1b[5n")
	statusAnswer   = "\x1b[0n"
)

// line is a terminal of 120x36 behind a line that takes so many bytes a second.
type line struct {
	cmd      *exec.Cmd
	terminal *os.File
	rate     int
	over     chan struct{}

	mu      sync.Mutex
	written []byte
	shown   int
	times   []shownAt
	held    bool
}

// shownAt is until when so many bytes were shown.
type shownAt struct {
	bytes int
	at    time.Time
}

const lineTick = 10 * time.Millisecond

func openLine(b *testing.B, rate int) *line {
	b.Helper()
	path, err := exec.LookPath("paceline")
	if err != nil {
		b.Skip(err)
	}
	l := &line{cmd: exec.Command(path, "--scene", "busy", "--seed", "1"), rate: rate, over: make(chan struct{})}
	l.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	if l.terminal, err = pty.StartWithSize(l.cmd, &pty.Winsize{Rows: 36, Cols: 120}); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(l.over)
		buffer := make([]byte, 64<<10)
		for {
			n, err := l.terminal.Read(buffer)
			l.mu.Lock()
			l.written = append(l.written, buffer[:n]...)
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go l.show()
	return l
}

// show takes from the line what its rate allows, and answers.
func (l *line) show() {
	began, held, ticks := time.Now(), time.Duration(0), time.NewTicker(lineTick)
	defer ticks.Stop()
	budget := 0.0
	for before := began; ; {
		select {
		case <-l.over:
			return
		case <-ticks.C:
		}
		now := time.Now()
		l.mu.Lock()
		if l.held {
			held += now.Sub(before)
		} else {
			budget = min(budget+now.Sub(before).Seconds()*float64(l.rate), float64(len(l.written)-l.shown))
		}
		before = now
		n := int(budget)
		if l.held {
			n = 0
		}
		budget -= float64(n)
		questions := bytes.Count(l.written[:l.shown+n], statusQuestion) - bytes.Count(l.written[:l.shown], statusQuestion)
		if l.shown += n; n > 0 {
			l.times = append(l.times, shownAt{l.shown, now})
		}
		l.mu.Unlock()
		if questions > 0 {
			_, _ = l.terminal.WriteString(strings.Repeat(statusAnswer, questions))
		}
	}
}

func (l *line) hold(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = on
}

// position returns how many bytes were written.
func (l *line) position() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written)
}

// waiting returns how many bytes were written and are not shown.
func (l *line) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written) - l.shown
}

// press types a key, and returns after how long the frame begins that shows its effect, and
// for how long the line was busy when the key was typed.
func (l *line) press(b *testing.B, key, effect string) (waited, owed time.Duration) {
	b.Helper()
	l.mu.Lock()
	at := len(l.written)
	owed = time.Duration(float64(at-l.shown) / float64(l.rate) * float64(time.Second))
	l.mu.Unlock()
	pressed := time.Now()
	_, _ = l.terminal.WriteString(key)
	for time.Since(pressed) < patience {
		time.Sleep(lineTick)
		l.mu.Lock()
		found := bytes.Index(l.written[at:], []byte(effect))
		if found >= 0 {
			begins := at
			if last := bytes.LastIndex(l.written[at:at+found], statusQuestion); last >= 0 {
				begins = at + last + len(statusQuestion)
			}
			for _, t := range l.times {
				if t.bytes > begins && !t.at.Before(pressed) {
					l.mu.Unlock()
					return t.at.Sub(pressed), owed
				}
			}
		}
		l.mu.Unlock()
	}
	b.Errorf("%s: %q was not shown in %v", key, effect, patience)
	return patience, owed
}

// longest returns the bytes of the longest frame after a position.
func (l *line) longest(from int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for frame := range bytes.SplitSeq(l.written[from:], statusQuestion) {
		n = max(n, len(frame)+len(statusQuestion))
	}
	return n
}

func (l *line) close() {
	_ = l.cmd.Process.Kill()
	_ = l.cmd.Wait() // it was killed
	_ = l.terminal.Close()
	<-l.over
}
