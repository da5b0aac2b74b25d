package queue

import "time"

const (
	backoffBase = time.Second      // the first back-off is up to this, the next up to twice it
	backoffMax  = 30 * time.Second // and none is longer
)

// countResent counts a call that may have been sent twice.
func (m *Machine) countResent(e *Error) {
	if e.Class == NetworkError && !e.Unsent {
		m.metrics.resent++
	}
}

// retry sends t into back-off, if there is another attempt for it.
func (m *Machine) retry(l *lane, t *Ticket, e *Error) bool {
	delay := backoffBase << min(max(t.attempts, 1)-1, 10)
	delay = time.Duration(m.random.Float64() * float64(min(delay, backoffMax))) // full jitter
	delay = max(delay, e.RetryAfter)
	inTime := m.now+e.RetryAfter-t.arrived <= m.settings.MaxWait || e.RetryAfter == 0
	if !e.retriable() || int(t.attempts) >= m.settings.Attempts || !inTime {
		return false
	}
	t.charge = 0 // its next turn costs again
	m.countResent(e)
	if e.Class == RateLimited {
		m.metrics.rateLimited++
	}
	l.standAside(t, forRetry, m.now+delay)
	m.startWaiting(t)
	m.emit(&Event{Kind: KindRetry, User: t.user.name, Group: t.user.group, Lane: l.name, Millis: delay.Milliseconds(), Error: errorText(e), Class: e.Class.Name()})
	return true
}
