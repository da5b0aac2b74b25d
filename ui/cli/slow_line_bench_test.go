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
// line of 960 bytes a second begins to show a key's effect so long after the key, of which it
// was busy with so many frames before for so long, and its longest frame has so many bytes; over
// a fast line so much comes after a stall of 45 s:
//
//	go test -run '^$' -bench SlowLine -benchtime 1x ./ui/cli
func BenchmarkSlowLine(b *testing.B) {
	b.Run("960Bps", func(b *testing.B) {
		for b.Loop() {
			l := openLine(b, 960)
			settled := l.settle(b)
			var waited, busy time.Duration
			frames := 0
			for _, key := range []struct{ open, effect, close string }{{"?", "This view", "?"}, {"s", "minDelay", "s"}, {"r", "Reset the counters", "\x1b"}} {
				k := l.press(b, key.open, key.effect)
				b.Logf("%s: after %v, of which the line was busy for %v with %d frames before", key.open, k.waited, k.busy, k.frames)
				waited, busy, frames = max(waited, k.waited), max(busy, k.busy), max(frames, k.frames)
				l.awaitFrames(b, 2) // the key's are there
				_, _ = l.terminal.WriteString(key.close)
				l.awaitFrames(b, 3)
			}
			b.ReportMetric(waited.Seconds(), "s/key")
			b.ReportMetric(busy.Seconds(), "s-busy/key")
			b.ReportMetric(float64(frames), "frames-before/key")
			b.ReportMetric(float64(l.longest(settled)), "B/frame")
			b.ReportMetric(0, "ns/op")
			l.close()
		}
	})
	b.Run("stall", func(b *testing.B) {
		for b.Loop() {
			l := openLine(b, 1<<20)
			l.settle(b)
			l.hold(true)
			time.Sleep(45 * time.Second) // so long is the stall
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
	ticks := time.NewTicker(lineTick)
	defer ticks.Stop()
	budget := 0.0
	for before := time.Now(); ; {
		select {
		case <-l.over:
			return
		case <-ticks.C:
		}
		now := time.Now()
		l.mu.Lock()
		if !l.held {
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

// settle waits until the first picture is shown, and returns how many bytes were written
// until then.
func (l *line) settle(b *testing.B) int {
	b.Helper()
	l.await(b, "the first picture", func() bool { return bytes.Contains(l.written[:l.shown], []byte("quit")) })
	l.awaitFrames(b, 2)
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written)
}

// awaitFrames waits until so many more frames are shown.
func (l *line) awaitFrames(b *testing.B, n int) {
	b.Helper()
	frames := func() int { return bytes.Count(l.written[:l.shown], statusQuestion) }
	l.mu.Lock()
	before := frames()
	l.mu.Unlock()
	l.await(b, "the next frames", func() bool { return frames() >= before+n })
}

// await waits for what is so while the line is locked.
func (l *line) await(b *testing.B, what string, is func() bool) {
	b.Helper()
	for begun := time.Now(); time.Since(begun) < 2*patience; time.Sleep(lineTick) {
		l.mu.Lock()
		so := is()
		l.mu.Unlock()
		if so {
			return
		}
	}
	b.Fatalf("%s did not come in %v", what, 2*patience)
}

// waiting returns how many bytes were written and are not shown.
func (l *line) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written) - l.shown
}

// keyShown is how a key's effect came to be shown.
type keyShown struct {
	waited time.Duration // until the frame began
	busy   time.Duration // of that, how long the line had other bytes to take
	frames int           // those that the bytes were of
}

// press types a key, and returns how its effect came to be shown.
func (l *line) press(b *testing.B, key, effect string) (k keyShown) {
	b.Helper()
	l.mu.Lock()
	at, shown := len(l.written), l.shown
	l.mu.Unlock()
	pressed := time.Now()
	_, _ = l.terminal.WriteString(key)
	l.await(b, key+": "+effect, func() bool {
		found := bytes.Index(l.written[at:], []byte(effect))
		if found < 0 {
			return false
		}
		begins := at
		if last := bytes.LastIndex(l.written[at:at+found], statusQuestion); last >= 0 {
			begins = at + last + len(statusQuestion)
		}
		for _, t := range l.times {
			if t.bytes > begins && !t.at.Before(pressed) {
				k = keyShown{
					t.at.Sub(pressed), time.Duration(float64(begins-shown) / float64(l.rate) * float64(time.Second)),
					bytes.Count(l.written[shown:begins], statusQuestion),
				}
				return true
			}
		}
		return false
	})
	return k
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
