package queue

import (
	"fmt"
	"time"
)

// The breaker of a lane whose API is overloaded (529): after so many such answers
// in a row, and no success, one request at a time is tried, with a pause before
// each that grows; the first success lets the rest go on. It is part of the
// adaptive pace.
const (
	breaksAfter  = 5
	breakerPause = time.Second
	breakerMost  = 30 * time.Second
)

// broken reports whether the breaker is open.
func (l *lane) broken(s *Settings) bool { return s.Adaptive && l.overloads >= breaksAfter }

// room is how many calls may run at the same time.
func (l *lane) room(s *Settings) int {
	switch {
	case l.broken(s):
		return 1
	case l.adapts(s):
		return s.AdaptiveInFlight
	default:
		return s.MaxInFlight
	}
}

// overloaded counts an answer of 529, and pauses the lane while the breaker is
// open.
func (m *Machine) overloaded(l *lane, e *Error) {
	l.overloads++
	if !l.broken(&m.settings) {
		return
	}
	pause := min(breakerPause<<min(l.overloads-breaksAfter, 10), breakerMost)
	pause = max(pause, min(e.RetryAfter, pauseLimit))
	if until := m.now + pause; until > l.pausedUntil {
		l.pausedUntil, l.pausedAt, l.pauseWords = until, m.now, brief(e)
		m.emit(Event{Kind: KindPaused, Lane: l.name, Millis: pause.Milliseconds(), Error: l.pauseWords, Class: e.Class.String()})
	}
}

// judgeOverload adds a finding for the lane whose API is overloaded most.
func (m *Machine) judgeOverload(add func(l level, message, recommendation string)) {
	most := 0
	for _, l := range m.lanes {
		if l.broken(&m.settings) {
			most = max(most, l.overloads)
		}
	}
	if most > 0 {
		add(levelWarning, fmt.Sprintf("The API is overloaded (%d answers of 529 in a row)", most),
			"Wait: it is overloaded for everybody, and no tier helps; one request at a time is tried until it answers again")
	}
}
