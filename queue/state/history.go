package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"paceline/queue"
)

// History is a file that keeps a queue's history. This process holds it until
// [History.Close]. A nil *History keeps nothing, which is no error.
type History struct {
	path string
	logf func(format string, args ...any)
	lock io.Closer // nil once closed

	mark    queue.HistoryMark // what is in the file
	file    *os.File          // open for appending; nil: the file must be rewritten first
	whole   int               // bytes of the file when it was last rewritten
	size    int               // and now
	written time.Time         // the last time
	failing bool              // the last write failed, and that was logged
}

const (
	historyInterval = 5 * time.Second // between two writes; a slice is as long
	runInterval     = time.Minute     // between two writes that say no more than that the queue runs
	historyHead     = "paceline history 1\n"
	headStart       = "paceline history " // of every version

	maxHistory     = 8 << 20 // bytes of a file that is rewritten: if need be the oldest slices are left out
	maxAppended    = 2 << 20 // bytes that are appended to it
	maxHistoryFile = 2 * maxHistory
)

// historyLine is a line of the file: one of its fields.
type historyLine struct {
	Run     *queue.Run   `json:"run,omitempty"`
	Slice   *queue.Slice `json:"slice,omitempty"`
	Trouble *queue.Event `json:"trouble,omitempty"`
}

// OpenHistory opens the file at path, makes its directory if needed, and returns its
// history: none if there is no file yet. Lines that are damaged are left out. A file of
// another version, or one that is no history, is set aside under another name. If that
// is not possible, or another process has the file, the History is nil and keeps nothing.
// logf gets each problem, in one line; none is a reason to stop.
func OpenHistory(path string, logf func(format string, args ...any)) (*History, queue.HistoryState) {
	h := &History{path: path, logf: logf}
	before, err := h.open()
	if err != nil {
		logf("the history begins now and will not outlast this run: %s: %s", queue.Escape(path), describe(err))
		h.Close()
		return nil, queue.HistoryState{}
	}
	return h, before
}

func (h *History) open() (s queue.HistoryState, err error) {
	var b []byte
	h.lock, b, err = hold(h.path, maxHistoryFile)
	lines, ok := bytes.CutPrefix(b, []byte(historyHead))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case errors.Is(err, errTooLarge): // set aside
	case err != nil:
		return s, err
	case ok:
		s, damaged := decodeHistory(lines)
		if damaged > 0 {
			h.logf("of the history in %s, lines that are damaged are left out: %d", queue.Escape(h.path), damaged)
		}
		return s, nil
	}
	kind := "damaged"
	if bytes.HasPrefix(b, []byte(headStart)) {
		kind = "other"
	}
	aside, err := setAside(h.path, kind)
	if err != nil {
		return s, fmt.Errorf("it is no history of this version, and cannot be set aside: %w", err)
	}
	h.logf("the history begins now: %s is none of this version; it is now %s", queue.Escape(h.path), queue.Escape(filepath.Base(aside)))
	return s, nil
}

// decodeHistory reads the lines of a file, and returns how many are damaged. The last one
// may be cut off, where a process was killed. What was in such lines is lost: from the slice
// before them until the next one, or until the end of the run.
func decodeHistory(lines []byte) (s queue.HistoryState, damaged int) {
	var known queue.Time // until then; zero before the first slice
	whole := 0           // lines that are damaged, when something was last read
	read := func(from, until queue.Time) {
		if damaged > whole && known.Before(from.Time) {
			s.Lost = append(s.Lost, queue.Run{Since: known, Until: from})
		}
		whole, known = damaged, until
	}
	for line := range bytes.Lines(lines) {
		line, ended := bytes.CutSuffix(line, []byte("\n"))
		sum, content, ok := bytes.Cut(line, []byte(" "))
		var l historyLine
		switch {
		case !ended:
		case !ok || string(sum) != checksum(content) || json.Unmarshal(content, &l) != nil:
			damaged++
		case l.Run != nil:
			s.Runs = append(s.Runs, *l.Run)
			if len(s.Slices) > 0 { // else it is one before them
				read(l.Run.Until, l.Run.Until)
			}
		case l.Slice != nil:
			s.Slices = append(s.Slices, *l.Slice)
			read(l.Slice.At, sliceEnd(l.Slice))
		case l.Trouble != nil:
			s.Troubles = append(s.Troubles, *l.Trouble)
		}
	}
	for i := range s.Slices { // where the end of a run was cut off, it ran when something happened
		one := &s.Slices[i]
		if n := len(s.Runs); n == 0 || !one.At.Before(s.Runs[n-1].Until.Time) {
			s.Runs = append(s.Runs, queue.Run{Since: one.At, Until: sliceEnd(one)})
		}
	}
	return s, damaged
}

// sliceEnd is when a slice ends.
func sliceEnd(s *queue.Slice) queue.Time {
	return queue.Time{Time: s.At.Add(time.Duration(s.LengthMs) * time.Millisecond)}
}

// encodeHistory returns the lines of a history, of at most so many bytes if possible: if need
// be the oldest slices are left out, and the runs begin after them: else it would look as if
// nothing had happened then.
func encodeHistory(s queue.HistoryState, size int) ([]byte, error) {
	for {
		var b []byte
		for _, l := range historyLines(s) {
			content, err := json.Marshal(l)
			if err != nil {
				return nil, err
			}
			b = fmt.Appendf(b, "%s %s\n", checksum(content), content)
		}
		if len(b) <= size || len(s.Slices) == 0 {
			return b, nil
		}
		out := (len(s.Slices) + 1) / 2
		s.Runs = runsAfter(sliceEnd(&s.Slices[out-1]), s.Runs)
		s.Slices = s.Slices[out:]
	}
}

// runsAfter returns what of some runs was after a time.
func runsAfter(t queue.Time, runs []queue.Run) (after []queue.Run) {
	for _, r := range runs {
		if r.Since.Before(t.Time) {
			r.Since = t
		}
		if r.Since.Before(r.Until.Time) {
			after = append(after, r)
		}
	}
	return after
}

// historyLines returns the lines of a history. That a queue ran until a time comes after all
// that happened until then: of what is cut off nothing is known.
func historyLines(s queue.HistoryState) (lines []historyLine) {
	last := max(len(s.Runs)-1, 0)
	for i := range s.Runs[:last] {
		lines = append(lines, historyLine{Run: &s.Runs[i]})
	}
	for i := range s.Slices {
		lines = append(lines, historyLine{Slice: &s.Slices[i]})
	}
	for i := range s.Troubles {
		lines = append(lines, historyLine{Trouble: &s.Troubles[i]})
	}
	for i := range s.Runs[last:] {
		lines = append(lines, historyLine{Run: &s.Runs[last+i]})
	}
	return lines
}

// Keep writes what is new in the history of q every 5 s, and each minute that q runs, and
// returns when ctx has ended and the rest is written. The file is rewritten when it has grown
// by 2 MiB. A failing write is reported once, and its recovery once; a panic is a
// [queue.Trouble]. For a nil History it returns at once.
func (h *History) Keep(ctx context.Context, q *queue.Queue) {
	if h == nil {
		return
	}
	timer := time.NewTicker(historyInterval)
	defer timer.Stop()
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-timer.C:
		}
		q.Guard(queue.PartState, func() { h.keep(q, last) })
	}
	h.closeFile()
}

// keep writes what is new. It logs the first failure, and the recovery.
func (h *History) keep(q *queue.Queue, last bool) {
	err := h.write(q, last)
	switch {
	case err != nil && !h.failing:
		h.logf("the history cannot be written to %s: %s", queue.Escape(h.path), describe(err))
	case err == nil && h.failing:
		h.logf("the history is written to %s again", queue.Escape(h.path))
	}
	h.failing = err != nil
}

func (h *History) write(q *queue.Queue, last bool) error {
	now := time.Now()
	if h.file == nil || h.size > h.whole+maxAppended {
		if err := h.rewrite(q.HistoryState(queue.HistoryMark{}, last)); err != nil {
			return err
		}
		h.written = now
		return nil
	}
	s, mark := q.HistoryState(h.mark, last)
	if len(s.Slices)+len(s.Troubles) == 0 && now.Sub(h.written) < runInterval && !last {
		return nil
	}
	b, err := encodeHistory(s, maxAppended)
	if err != nil {
		return err
	}
	if _, err := h.file.Write(b); err != nil {
		h.closeFile() // it may end with half a line
		return err
	}
	h.size, h.mark, h.written = h.size+len(b), mark, now
	return nil
}

// rewrite replaces the file as a whole.
func (h *History) rewrite(s queue.HistoryState, mark queue.HistoryMark) error {
	h.closeFile()
	b, err := encodeHistory(s, maxHistory)
	if err != nil {
		return err
	}
	b = append([]byte(historyHead), b...)
	if err := replaceFile(h.path, b); err != nil {
		return err
	}
	file, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND, 0)
	h.file, h.whole, h.size, h.mark = file, len(b), len(b), mark
	return err
}

func (h *History) closeFile() {
	if h.file != nil {
		_ = h.file.Close() // what was written is with the system
		h.file = nil
	}
}

// Close gives the file free for other processes. It may be called more than once, and for a
// nil History, but not while [History.Keep] runs.
func (h *History) Close() {
	if h == nil {
		return
	}
	h.closeFile()
	if h.lock != nil {
		_ = h.lock.Close() // nothing can be lost
		h.lock = nil
	}
}
