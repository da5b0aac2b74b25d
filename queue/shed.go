package queue

// shed fails the requests that, because of a pause, cannot start within MaxWait. Each
// that goes lets the others start earlier; so the later half goes first, and then shed
// computes again. It ignores a pause that grows by less than pauseBase.
func (m *Machine) shed(l *lane) {
	if l.pause.until-l.pause.shed < pauseBase && l.pause.shed > m.now {
		return
	}
	l.pause.shed = l.pause.until
	for m.maybeLate(l) {
		late := m.late(l)
		if len(late) == 0 {
			return
		}
		for _, p := range late[len(late)/2:] {
			t := p.ticket
			m.end(t)
			class, reason := RateLimited, ErrWaitTooLong
			if l.pause.final {
				class, reason = SpendCap, ErrSpendCap
			}
			e := &Error{Class: class, Retry: RetryNo, Err: reason}
			m.noteFailure(t, e)
			m.failed(t, e)
			m.dropped = append(m.dropped, Drop{t, &RefusedError{Reason: reason, Position: p.position, ETA: p.at - m.now}})
		}
	}
}

// maybeLate reports, cheaply, whether a request may be unable to start within MaxWait. A
// false is certain.
func (m *Machine) maybeLate(l *lane) bool {
	if l.waiting() == 0 {
		return false
	}
	return m.emptyAt(l)-m.arrivals.First.Item.arrived > m.settings.MaxWait
}

// latecomer is a request that cannot start in time, with its position.
type latecomer struct {
	planned
	position int
}

// late returns the requests of a lane that cannot start within MaxWait.
func (m *Machine) late(l *lane) []latecomer {
	var late []latecomer
	for i, p := range m.project(l).entries {
		if p.at-p.ticket.arrived > m.settings.MaxWait {
			late = append(late, latecomer{p, i + 1})
		}
	}
	for t := range l.aside.All {
		if l.pause.until-t.arrived > m.settings.MaxWait {
			late = append(late, latecomer{planned{t, l.pause.until}, l.inLine() + 1})
		}
	}
	return late
}
