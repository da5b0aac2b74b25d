package queue

import "time"

// admit returns the error that refuses r if it cannot start in time. Where no limit is
// known, the ETA is a guess and refuses nothing: then the longest wait of the requests in
// line counts instead. A user that is not known yet is nil. Who comes back was admitted
// before: outside a pause it needs only room.
func (m *Machine) admit(l *lane, r *Request, u *user, before bool) error {
	n := l.inLine() + 1
	position, amount := l.order.worstPosition(r, u)
	position += l.head.Len
	amount.Add(l.head.amount)
	wait := m.eta(l, position, n, amount) - m.now
	if m.provisional(l) {
		wait = max(m.earliestStart(l)-m.now, l.pause.until-m.now, m.now-l.oldest(m.now))
	}
	patience := m.settings.MaxWait
	if r.MaxWait > 0 {
		patience = min(patience, r.MaxWait)
	}
	reason := ErrWaitTooLong
	if l.pause.active(m.now) && l.pause.final {
		reason = ErrSpendCap
	}
	switch {
	case m.arrivals.Len >= m.settings.MaxQueue:
		reason = ErrQueueFull
	case before && !l.pause.active(m.now), wait <= patience, l.pause.active(m.now) && l.pause.opens() <= m.now && l.inLine() == 0: // or it is the probe
		return nil
	}
	return &RefusedError{Reason: reason, Position: position, ETA: wait}
}

// provisional reports whether the ETAs of a lane are guesses.
func (m *Machine) provisional(l *lane) bool { return m.settings.Adaptive && !l.limits.Known() }

// oldest returns the earliest arrival of the requests in line; now if the line is empty.
func (l *lane) oldest(now time.Duration) time.Duration {
	if n := l.head.First; n != nil {
		now = min(now, n.Item.arrived)
	}
	for i := range l.order.classes {
		if n := l.order.classes[i].users.First; n != nil {
			now = min(now, n.Item.line.first().arrived)
		}
	}
	return now
}
