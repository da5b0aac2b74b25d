package logging

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"paceline/queue"
)

const (
	maxWaiting    = 1 << 20               // bytes of lines that wait for the writer; those beyond are dropped
	maxWrite      = 4 << 10               // bytes of a write: a pipe takes so many in one piece, without another process's in between
	maxKept       = 64 << 10              // a larger buffer is given back once it is written
	gatherTime    = 20 * time.Millisecond // how long a line waits for others, to be written with them
	flushTimeout  = time.Second           // how long the end waits for the last lines
	retryPause    = 10 * time.Millisecond // after a failed write; it doubles with each further one
	maxRetryPause = time.Second           // what it grows to, for a log that stays broken
)

// AsyncWriter is a log that never keeps its callers waiting: one goroutine writes the
// lines, in order and many at a time, until Close: a line waits for gatherTime, since to
// wake a thread for each costs more than to write it. While the writer behind it is
// blocked or fails, up to 1 MiB of lines waits, beside as much that is being written.
// Further lines are dropped, and their number is written when the log flows again. It
// is safe for concurrent use.
type AsyncWriter struct {
	format string
	w      io.Writer

	mu      sync.Mutex
	waiting []byte // whole lines
	dropped int64  // lines that came after those, and found no room
	closed  bool

	added     chan struct{} // holds one element while there may be lines to take
	closing   chan struct{} // closed by Close
	abandoned atomic.Bool   // Close waits no longer
	done      chan struct{} // closed when the goroutine has ended
}

// NewAsyncWriter returns a log in front of w. format is the form of the line that says
// how many lines were dropped.
func NewAsyncWriter(format string, w io.Writer) *AsyncWriter {
	q := &AsyncWriter{
		format: format, w: w,
		added: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go q.run()
	return q
}

// Write takes one line, with its end; it never blocks and never fails. It
// implements io.Writer. After Close it drops the line.
func (w *AsyncWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return len(line), nil
	}
	// While some are missing all are dropped, so that the number stands where
	// they would have stood.
	if w.dropped > 0 || len(w.waiting)+len(line) > maxWaiting {
		w.dropped++
	} else {
		w.waiting = append(w.waiting, line...)
	}
	select {
	case w.added <- struct{}{}:
	default: // the goroutine knows already
	}
	return len(line), nil
}

// Close returns when all lines that were taken are written, or after a second. It is safe to
// call twice.
func (w *AsyncWriter) Close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.closing)
	}
	w.mu.Unlock()
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
		w.abandoned.Store(true) // the write under way may never return
	}
}

// run writes the lines that come until Close.
func (w *AsyncWriter) run() {
	defer close(w.done)
	var lines []byte
	for last := false; !last; {
		select {
		case <-w.added:
			last = w.gather()
		case <-w.closing:
			last = true
		}
		lines = w.takeWaiting(lines)
		if !w.write(lines) {
			return
		}
	}
}

// gather waits for lines to come beside the first. It reports true if the log was closed
// first.
func (w *AsyncWriter) gather() (closed bool) {
	select {
	case <-time.After(gatherTime):
		return false
	case <-w.closing:
		return true
	}
}

// takeWaiting returns the lines that wait and, after them, the line that says how many
// were dropped. used is a buffer to write into next.
func (w *AsyncWriter) takeWaiting(used []byte) []byte {
	if cap(used) > maxKept {
		used = nil
	}
	w.mu.Lock()
	lines, dropped := w.waiting, w.dropped
	w.waiting, w.dropped = used[:0], 0
	w.mu.Unlock()
	if dropped == 0 {
		return lines
	}
	var lost bytes.Buffer
	Observer(w.format, &lost)(queue.Event{Time: queue.Time{Time: time.Now()}, Kind: queue.KindLost, Millis: dropped})
	return append(lines, lost.Bytes()...)
}

// write writes the lines, and tries again while that fails. It reports false if the
// log was closed first.
func (w *AsyncWriter) write(lines []byte) bool {
	pause := retryPause
	for last := false; len(lines) > 0; {
		n, err := w.w.Write(lines[:chunkSize(lines)])
		lines = lines[n:] // what was cut within a line goes on there
		if n > 0 {
			pause = retryPause
		}
		switch {
		case w.abandoned.Load(), err != nil && last:
			return false
		case err == nil:
			continue
		}
		select {
		case <-time.After(pause):
		case <-w.closing:
			last = true
		}
		pause = min(2*pause, maxRetryPause)
	}
	return true
}

// chunkSize returns how many bytes of the lines to write at once: whole lines, at most
// maxWrite, or one line that is longer.
func chunkSize(lines []byte) int {
	if len(lines) <= maxWrite {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:maxWrite], '\n'); end >= 0 {
		return end + 1
	}
	if end := bytes.IndexByte(lines, '\n'); end >= 0 {
		return end + 1
	}
	return len(lines)
}
