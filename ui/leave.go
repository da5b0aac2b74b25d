package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// leaveMsg asks to leave the program.
type leaveMsg struct{}

// roundTrip is how long an answer of the terminal is waited for before leaving: it would be
// taken for something typed, by the shell. It holds what a question waits for its frame.
const roundTrip = 150*time.Millisecond + time.Second/framesPerSecond

// answerable is for how long an answer may still come.
const answerable = 2 * time.Second

// questions are those that the terminal was asked: at the beginning of the program, and
// whenever it goes on, Bubble Tea and the monitor ask some that not every terminal answers;
// later the position of the cursor, which nearly every terminal tells. A terminal answers
// in the order of the questions.
type questions struct {
	last    time.Time // when it was asked last
	cursors int       // questions for the cursor that have no answer yet
}

// begin is when the program begins or goes on.
func (q *questions) begin(now time.Time) { q.last, q.cursors = now, 0 }

// cursor is when the position of the cursor is asked for.
func (q *questions) cursor(now time.Time) {
	q.last = now
	q.cursors++
}

// cursorAnswered takes that answer: those of earlier questions have come before it.
func (q *questions) cursorAnswered() {
	if q.cursors = max(q.cursors-1, 0); q.cursors == 0 {
		q.last = time.Time{}
	}
}

// wait is how long to wait for answers before leaving.
func (q *questions) wait(now time.Time) time.Duration {
	if q.last.IsZero() || now.Sub(q.last) >= answerable {
		return 0
	}
	return roundTrip
}

// leave ends the program, after what the terminal may still answer has been read.
func (m *Model) leave() tea.Cmd {
	switch wait := max(m.asked.wait(m.now), m.link.close(m.now)); {
	case wait <= 0:
		return tea.Quit
	case m.leaving:
		return nil
	default:
		m.leaving = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return tea.Quit() })
	}
}
