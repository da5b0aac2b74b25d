package ui

import (
	"bytes"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/term"
)

// link is the way to the terminal. Behind an SSH server a write returns at once, however
// slow the line is and however long it stalls, so only the terminal can tell what it has
// shown: after a frame it is asked for its status, and it answers in turn. While the answer
// is out no other frame is sent; whoever waits for it sees the newest one next, and none of
// those in between.
//
// It is asked once before the first frame. One that does not answer that is not asked again,
// and nothing is held back. A nil link, of a program that is run by somebody else, holds
// nothing back either.
type link struct {
	to io.Writer

	mu       sync.Mutex
	closed   bool // nothing is asked any more
	answers  bool // the terminal has answered once
	frame    bool // one was announced, and is not written yet
	frameAt  time.Time
	written  int64 // bytes
	shown    int64 // of these, by the newest answer
	out      bool  // a question is
	asked    int64 // bytes until its end; zero: it is not written yet
	askedAt  time.Time
	quickest time.Duration // of the answers: what the way takes without a frame
	slow     bool
}

const (
	statusQuestion = "\x1b[5n"
	statusGood     = uv.UnknownCsiEvent("\x1b[0n")
	statusBad      = uv.UnknownCsiEvent("\x1b[3n")
)

const (
	slowRate   = 4000 // bytes a second; a line below that is slow
	slowFrame  = 960  // bytes of a frame on a slow line, at most
	measurable = 256  // bytes whose time tells the line's rate
	jitter     = 150 * time.Millisecond
	writeTime  = 3 * time.Second / framesPerSecond // a frame is written meanwhile, or changes no cell
	lostAfter  = time.Minute
	drainTime  = 3 * time.Second // for how long an answer is waited for before leaving
)

// through returns what to write to in place of out.
func (l *link) through(out io.Writer) io.Writer {
	l.to = out
	if f, ok := out.(term.File); ok {
		return &linkFile{f, l}
	}
	return l
}

// linkFile is a link to a file, which Bubble Tea asks whether it is a terminal.
type linkFile struct {
	term.File
	link *link
}

func (f *linkFile) Write(p []byte) (int, error) { return f.link.Write(p) }

// Write implements io.Writer. A question follows a frame that was announced.
func (l *link) Write(p []byte) (int, error) {
	n, err := l.to.Write(l.note(p, time.Now()))
	return min(n, len(p)), err
}

// note counts what is to be written, and returns it with the question after it, if any.
func (l *link) note(p []byte, now time.Time) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frame && !l.out && !l.closed {
		l.out = true
		p = append(p[:len(p):len(p)], statusQuestion...)
	}
	l.frame = false
	l.written += int64(len(p))
	if l.out && l.asked == 0 && bytes.Contains(p, []byte(statusQuestion)) {
		l.asked, l.askedAt = l.written, now
	}
	return p
}

// announce says that the next bytes are a frame.
func (l *link) announce(now time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frame, l.frameAt = true, now
}

// busy reports whether no frame may follow yet. On a slow line that is also until the frame
// that was announced is written: with another one in its place it would be twice as long.
// While the program leaves, none follows at all.
func (l *link) busy(now time.Time) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed || l.answers && (l.out || l.slow && l.frame && now.Sub(l.frameAt) < writeTime)
}

// frameLimit is how many bytes a frame may have; zero means any number.
func (l *link) frameLimit() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.slow {
		return 0
	}
	return slowFrame
}

// ask asks when there is no frame: at first, and after the program was suspended, when what
// was asked before was answered to somebody else.
func (l *link) ask() tea.Cmd {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out, l.asked, l.shown, l.frame = true, 0, l.written, false
	return tea.Raw(statusQuestion)
}

// answered takes the answer. It asks again if something was written after the question.
func (l *link) answered(now time.Time) tea.Cmd {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == 0 {
		return nil // it answers what somebody else has asked
	}
	l.measure(l.asked-l.shown, now.Sub(l.askedAt))
	l.answers, l.shown, l.asked = true, l.asked, 0
	if l.out = l.written > l.shown && !l.closed; l.out {
		return tea.Raw(statusQuestion)
	}
	return nil
}

// measure learns from how long it took to show so many bytes.
func (l *link) measure(bytes int64, took time.Duration) {
	if !l.answers || took < l.quickest {
		l.quickest = took
	}
	switch over := took - l.quickest; {
	case bytes < measurable:
	case float64(bytes) >= slowRate*over.Seconds():
		l.slow = false
	case over > jitter:
		l.slow = true
	}
}

// forget takes an answer for lost that has not come for long.
func (l *link) forget(now time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers && l.asked > 0 && now.Sub(l.askedAt) >= lostAfter {
		l.out, l.asked, l.shown = false, 0, l.written
	}
}

// close asks no more. It returns how long to wait for an answer that is to come.
func (l *link) close(now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if !l.answers || l.asked == 0 {
		return 0
	}
	return drainTime - now.Sub(l.askedAt)
}

// handleStatus takes the terminal's answer to a frame.
func (m *Model) handleStatus() tea.Cmd {
	limit := m.link.frameLimit()
	cmd := m.link.answered(m.now)
	if m.link.frameLimit() != limit {
		m.retheme()
		m.redraw()
	}
	if m.leaving {
		return m.leave()
	}
	return cmd
}
