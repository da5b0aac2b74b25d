package ui

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// link is the way to the terminal. Behind an SSH server a write returns at once, however
// slow the line is and however long it stalls, so only the terminal can tell what it has
// shown: after a frame it is asked for its status, and it answers in turn. While the answer
// is out no other frame is sent; whoever waits for it sees the newest one next, and none of
// those in between.
//
// It is asked once before the first frame, and after it. One that does not answer that is not
// asked again, and nothing is held back. A nil link, of a program that is run by somebody
// else, holds nothing back either.
//
// A terminal answers in turn, so the answer to the last question tells that all have come:
// what has another answer that is not counted is followed by a question for the status.
type link struct {
	to io.Writer

	mu       sync.Mutex
	near     bool // the terminal is on this machine
	closed   bool // no frame follows any more
	answers  bool // the terminal has answered once
	frame    bool // one was announced, and is not written yet
	frameAt  time.Time
	written  int64         // bytes
	shown    int64         // of these, by the newest answer
	due      bool          // a question is to be written
	owed     []statusAsked // written and not answered, the oldest first
	quickest time.Duration // of the answers: what the way takes without a frame
	slow     bool
}

// statusAsked is a question that was written.
type statusAsked struct {
	at    time.Time
	end   int64 // bytes until its end
	bytes int64 // of these, not known to be shown when it was asked
}

const (
	statusQuestion = "\x1b[5n"
	statusGood     = uv.UnknownCsiEvent("\x1b[0n")
	statusBad      = uv.UnknownCsiEvent("\x1b[3n")
)

// otherQuestions returns what Bubble Tea and the monitor ask besides: two modes, the
// background, the keyboard, the position of the cursor.
func otherQuestions() []string {
	return []string{
		ansi.RequestModeSynchronizedOutput, ansi.RequestModeUnicodeCore, ansi.RequestBackgroundColor,
		ansi.RequestKittyKeyboard, ansi.RequestCursorPositionReport,
	}
}

const (
	slowRate   = 4000 // bytes a second; a line below that is slow
	slowFrame  = 760  // bytes of a frame on a slow line, as they are estimated: of 960 the largest took 1,198
	measurable = 256  // bytes whose time tells the line's rate
	jitter     = 150 * time.Millisecond
	writeTime  = 3 * time.Second / framesPerSecond // a frame is written meanwhile, or changes no cell
	lostAfter  = time.Minute
	answerTime = 1200 * time.Millisecond // a terminal that has not answered by then does not
	nearTime   = 200 * time.Millisecond  // nor does one on this machine that has not by then
	drainTime  = 3 * time.Second         // for how long one on a slow line is waited for before leaving
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
	if l.frame && !l.isOut() && !l.closed || asksLast(p) && !l.isSilent(now) {
		p = append(p[:len(p):len(p)], statusQuestion...)
	}
	l.frame = false
	for rest := p; ; {
		_, after, found := bytes.Cut(rest, []byte(statusQuestion))
		if !found {
			break
		}
		rest, l.due = after, false
		end := l.written + int64(len(p)-len(after))
		l.owed = append(l.owed, statusAsked{now, end, end - l.shown})
	}
	l.written += int64(len(p))
	return p
}

// asksLast reports whether p asks something after it has asked for the status.
func asksLast(p []byte) bool {
	asked := bytes.LastIndex(p, []byte(statusQuestion))
	return slices.ContainsFunc(otherQuestions(), func(q string) bool { return bytes.LastIndex(p, []byte(q)) > asked })
}

// isOut reports whether an answer is to come, or never does. It requires that mu is held.
func (l *link) isOut() bool { return l.due || len(l.owed) > 0 }

// isSilent reports whether the terminal does not answer. It requires that mu is held.
func (l *link) isSilent(now time.Time) bool {
	return !l.answers && len(l.owed) > 0 && now.Sub(l.owed[0].at) >= answerTime
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
	return l.closed || l.answers && (l.isOut() || l.slow && l.frame && now.Sub(l.frameAt) < writeTime)
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
	l.due, l.owed, l.shown, l.frame = true, nil, l.written, false
	return tea.Raw(statusQuestion)
}

// answered takes the answer. It asks again if something was written after the question.
func (l *link) answered(now time.Time) tea.Cmd {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.owed) == 0 {
		return nil // it answers what somebody else has asked
	}
	q := l.owed[0]
	l.owed = l.owed[1:]
	l.measure(q.bytes, now.Sub(q.at))
	l.answers, l.shown = true, q.end
	if l.isOut() || l.closed || l.written == l.shown {
		return nil
	}
	l.due = true
	return tea.Raw(statusQuestion)
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
	if l.answers && len(l.owed) > 0 && now.Sub(l.owed[0].at) >= lostAfter {
		l.owed, l.shown = nil, l.written
	}
}

// close has no frame follow. It returns how long to wait for the answer to the last question,
// which would be taken for something typed, by the shell.
func (l *link) close(now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	wait := answerTime
	switch {
	case l.slow:
		wait = drainTime
	case l.near && !l.answers:
		wait = nearTime
	}
	switch {
	case l.due:
		return wait
	case len(l.owed) == 0 || l.isSilent(now):
		return 0
	default:
		return wait - now.Sub(l.owed[len(l.owed)-1].at)
	}
}

// isNear says whether the terminal is on this machine, as the environment tells.
func (l *link) isNear(near bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.near = near
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
