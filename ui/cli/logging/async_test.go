package logging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// logSink is what a log is written to. Its zero value takes everything at once.
type logSink struct {
	mu     sync.Mutex
	got    bytes.Buffer
	writes int
	slow   time.Duration               // of each write
	stuck  chan struct{}               // if not nil, a write returns once it is closed
	fail   func(p []byte) (int, error) // if not nil, it says how a write fails; a nil error lets it succeed
}

// Write implements io.Writer.
func (s *logSink) Write(p []byte) (int, error) {
	time.Sleep(s.slow) // virtual
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.fail != nil {
		if n, err := s.fail(p); err != nil {
			s.got.Write(p[:n])
			return n, err
		}
	}
	return s.got.Write(p)
}

// count returns how many writes there were.
func (s *logSink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// lines returns what was written, by lines.
func (s *logSink) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.SplitAfter(strings.TrimSuffix(s.got.String(), "\n"), "\n")
}

// numbered writes the lines "0 xxx…" to "n-1 xxx…", each so many bytes long.
func numbered(t *testing.T, w io.Writer, n, size int) {
	t.Helper()
	for i := range n {
		line := strconv.Itoa(i) + " "
		line += strings.Repeat("x", size-len(line)-1) + "\n"
		if got, err := io.WriteString(w, line); got != size || err != nil {
			t.Fatalf("line %d: got %d, %v; want %d and no error", i, got, err, size)
		}
	}
}

// inOrder fails the test unless the lines are whole and numbered from 0 on.
func inOrder(t *testing.T, lines []string, size int) {
	t.Helper()
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\n")
		if number, _, _ := strings.Cut(line, " "); number != strconv.Itoa(i) || len(line) != size-1 {
			t.Fatalf("line %d: got %q of %d bytes, want number %d and %d bytes", i, cutAt(line, 40), len(line), i, size-1)
		}
	}
}

func cutAt(s string, n int) string { return s[:min(n, len(s))] }

// A terminal that was halted, or a log driver that reads no more, kept every
// request waiting, and the end of the process, too.
func TestBlockedLogKeepsNobodyWaiting(t *testing.T) {
	for format, want := range map[string]string{
		Pretty: "❗ [QUEUE] %d log lines lost: the log is too slow",
		JSON:   `{"time":"2000-01-01T00:00:01Z","level":"WARN","msg":"lost","waiting":0,"lines":%d}`,
		Text:   "time=2000-01-01T00:00:01.000Z level=WARN msg=lost waiting=0 lines=%d",
	} {
		t.Run(format, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const size = 1000
				sink := &logSink{stuck: make(chan struct{})}
				q := NewAsyncWriter(format, sink)
				begin := time.Now()
				_, _ = io.WriteString(q, "first\n")
				time.Sleep(gatherTime)
				synctest.Wait() // it is being written
				start := time.Now()
				numbered(t, q, 3000, size)
				if took := time.Since(start); took != 0 {
					t.Errorf("the lines took %v, want no time", took)
				}
				if room := cap(q.waiting); room > 2*maxWaiting {
					t.Errorf("got %d bytes of memory, want at most %d", room, 2*maxWaiting)
				}

				time.Sleep(time.Second - gatherTime - time.Since(begin))
				close(sink.stuck)
				time.Sleep(gatherTime)
				synctest.Wait()
				_, _ = io.WriteString(q, "last\n")
				q.Close()

				lines := sink.lines()
				const kept = maxWaiting / size
				if len(lines) != 1+kept+2 || lines[0] != "first\n" || lines[len(lines)-1] != "last" {
					t.Fatalf("got %d lines, the first %q, the last %q; want %d, first and last", len(lines), lines[0], lines[len(lines)-1], 1+kept+2)
				}
				inOrder(t, lines[1:1+kept], size)
				got, want := strings.TrimSuffix(lines[1+kept], "\n"), fmt.Sprintf(want, 3000-kept)
				if local := begin.Format("Z07:00"); local != "Z" {
					got = strings.Replace(got, local, "Z", 1)
				}
				if got != want {
					t.Errorf("where lines are missing: got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestStuckLogDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &logSink{stuck: make(chan struct{})}
		q := NewAsyncWriter(Pretty, sink)
		numbered(t, q, 100, 100)
		start := time.Now()
		q.Close()
		if took := time.Since(start); took != flushTimeout {
			t.Errorf("close took %v, want %v", took, flushTimeout)
		}
		if n, err := io.WriteString(q, "late\n"); n != 5 || err != nil {
			t.Errorf("after close: got %d, %v; want the line dropped in silence", n, err)
		}
		close(sink.stuck)
		q.Close()
		if lines := sink.lines(); len(lines) == 100 || lines[len(lines)-1] == "late" {
			t.Errorf("%d lines were written, the last %q; want no more than the write that was stuck", len(lines), lines[len(lines)-1])
		}
	})
}

// failUntil fails the writes until the time; before, there is room for a few bytes.
func failUntil(until time.Time, err error, room int) func(p []byte) (int, error) {
	return func(p []byte) (int, error) {
		if !time.Now().Before(until) {
			return len(p), nil
		}
		n := min(room, len(p))
		room -= n
		return n, err
	}
}

func TestFailingLogIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		room  int // bytes that are taken yet
		lines int // written while it fails
	}{
		{"the reader went and another came", syscall.EPIPE, 0, 200},
		{"a disk that was full takes half a line", syscall.ENOSPC, 7, 200},
		{"one line fails", syscall.EIO, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const size = 100
				sink := &logSink{fail: failUntil(time.Now().Add(10*time.Second), c.err, c.room)}
				q := NewAsyncWriter(Pretty, sink)
				numbered(t, q, c.lines, size)
				time.Sleep(10 * time.Second)
				if writes := sink.count(); writes > 50 {
					t.Errorf("%d writes failed in 10 s: want it to pause between them", writes)
				}
				time.Sleep(maxRetryPause)
				synctest.Wait()
				lines := sink.lines()
				if len(lines) != c.lines {
					t.Fatalf("got %d lines, want %d", len(lines), c.lines)
				}
				inOrder(t, lines, size)
				q.Close()
			})
		})
	}
}

// A log that fails to the end is tried once more, and then ends nothing and
// delays nothing.
func TestLogThatFailsForEverEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &logSink{fail: func([]byte) (int, error) { return 0, errors.New("gone") }}
		q := NewAsyncWriter(Pretty, sink)
		for range 5 {
			numbered(t, q, 3000, 1000)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		before, start := sink.count(), time.Now()
		q.Close()
		if took, writes := time.Since(start), sink.count()-before; took != 0 || writes != 1 {
			t.Errorf("close took %v and %d writes, want no time and one", took, writes)
		}
	})
}

// A thread was woken for each line of a request.
func TestLinesOfAMomentAreOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &logSink{}
		q := NewAsyncWriter(Pretty, sink)
		numbered(t, q, 3, 80)
		time.Sleep(gatherTime)
		synctest.Wait()
		if lines, writes := sink.lines(), sink.count(); len(lines) != 3 || writes != 1 {
			t.Errorf("after %v: got %d lines in %d writes, want 3 in one", gatherTime, len(lines), writes)
		}
		_, _ = io.WriteString(q, "last\n")
		start := time.Now()
		q.Close()
		if took := time.Since(start); took != 0 || len(sink.lines()) != 4 {
			t.Errorf("close took %v and left %d lines, want no time and 4", took, len(sink.lines()))
		}
	})
}

// Each line was a write of its own.
func TestSlowLogIsWrittenInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size = 1000, 80
		most := 0
		sink := &logSink{slow: 10 * time.Millisecond, fail: func(p []byte) (int, error) {
			most = max(most, len(p))
			return 0, nil
		}}
		q := NewAsyncWriter(Pretty, sink)
		numbered(t, q, n, size)
		long := strings.Repeat("y", 3*maxWrite)
		_, _ = io.WriteString(q, long+"\n")
		q.Close()
		lines := sink.lines()
		if len(lines) != n+1 || lines[n] != long {
			t.Fatalf("got %d lines, the last of %d bytes; want %d and %d", len(lines), len(lines[len(lines)-1]), n+1, len(long))
		}
		inOrder(t, lines[:n], size)
		if writes := sink.count(); writes > n*size/maxWrite+5 {
			t.Errorf("got %d writes, want about %d", writes, n*size/maxWrite)
		}
		if most != len(long)+1 {
			t.Errorf("the longest write had %d bytes, want the one long line, %d", most, len(long)+1)
		}
	})
}

// Nothing is lost, torn or out of order, whoever writes at the same time.
func TestLogOfMany(t *testing.T) {
	const writers, n = 8, 500
	sink := &logSink{}
	q := NewAsyncWriter(Pretty, sink)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range n {
				_, _ = fmt.Fprintf(q, "writer %d line %d\n", w, i)
			}
		})
	}
	all.Wait()
	q.Close()
	next := make([]int, writers)
	for _, line := range sink.lines() {
		var w, i int
		if _, err := fmt.Sscanf(line, "writer %d line %d", &w, &i); err != nil || next[w] != i {
			t.Fatalf("got %q, %v; want line %d of writer %d", line, err, next[w], w)
		}
		next[w]++
	}
	for w, got := range next {
		if got != n {
			t.Errorf("writer %d: got %d lines, want %d", w, got, n)
		}
	}
}
