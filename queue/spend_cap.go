package queue

import "time"

// spentCap is a spend cap that was reached.
type spentCap struct {
	until time.Duration
	err   *Error
}

// pauseAccount pauses all present and later lanes of an account that has reached its
// spend cap.
func (m *Machine) pauseAccount(l *lane, e *Error) {
	if e.RetryAfter <= 0 {
		return
	}
	account, _ := CutLane(l.name)
	until := m.now + min(e.RetryAfter, spendLimit)
	if len(m.spentCaps) >= maxLaneMemories {
		clear(m.spentCaps)
	}
	m.spentCaps[account] = spentCap{until, e}
	for _, other := range m.lanes {
		if a, _ := CutLane(other.name); a == account {
			m.pauseLane(other, until, e)
			m.shed(other)
			m.reschedule(other)
		}
	}
}
