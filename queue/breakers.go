package queue

import "paceline/queue/internal/limiter"

// try is the set of open breakers that a call tries.
type try uint8

const (
	tryOverload try = 1 << iota
	tryNetwork
)

// startTry records at the start of t whether it probes a pause or tries open breakers.
func (m *Machine) startTry(t *Ticket) {
	l := t.lane
	t.try = 0
	if t.probe = l.pause.active(m.now); t.probe {
		l.pause.probes++
		l.pause.nextProbe = never
	}
	if !m.settings.adaptive() {
		return
	}
	if l.overload.Open() {
		if l.overload.Start(m.now) {
			t.try |= tryOverload
		} else {
			l.limits.SlowStart()
		}
	} else {
		l.overload.Start(m.now)
	}
	if !l.countsForNetwork() {
		return
	}
	wasOpen := m.network.Open()
	if m.network.Start(m.now) {
		t.try |= tryNetwork
		l.triedAt = m.now
	}
	switch {
	case wasOpen && !m.network.Open(): // the silence of the last tries has closed it
		m.reconnected(l)
	case wasOpen: // there is one try fewer
		m.rescheduleOthers(l)
	}
}

// tryNow lets the next try of the breakers that hold back l start at once. It reports whether
// one of them had it wait.
func (m *Machine) tryNow(l *lane) bool {
	if !m.settings.adaptive() {
		return false
	}
	overload, network := l.overload.TryNow(m.now), l.networkHolds() && m.network.TryNow(m.now)
	if overload || network {
		m.reschedule(l)
	}
	if network {
		m.rescheduleOthers(l) // after l, so that it is l that tries
	}
	return overload || network
}

// apiReached records that the call of t has reached the API, whatever the answer is.
// The caller reschedules the lane of t.
func (m *Machine) apiReached(t *Ticket) {
	m.reachedAt = max(m.reachedAt, t.started)
	try := t.try&tryNetwork != 0
	m.networkAnswered(t.lane, t.started)
	switch {
	case !try && !t.lane.countsForNetwork():
	case m.network.Succeed(t.started, try):
		m.reconnected(t.lane)
	case try:
		m.rescheduleOthers(t.lane)
	}
}

// reconnected lets all lanes start again, slowly. The caller reschedules l.
func (m *Machine) reconnected(l *lane) {
	for _, other := range m.lanes {
		other.limits.SlowStart()
	}
	m.rescheduleOthers(l)
}

// recordFailure reports the failure of t's call to the breakers, and returns whether the
// call was a try.
func (m *Machine) recordFailure(t *Ticket, e *Error) bool {
	if !m.settings.adaptive() || t.accepted {
		return false
	}
	overload, network := t.try&tryOverload != 0, t.try&tryNetwork != 0
	if (e.Class == Overloaded || e.Class == NetworkError) && m.poisonous(t, e.Class) {
		m.leaveTry(t) // it says nothing about the API
		return false
	}
	switch e.Class {
	case Overloaded:
		m.apiReached(t)
		t.lane.overload.Fail(m.now, t.started, overload, min(e.RetryAfter, pauseShort), m.pending(t.lane), m.random.Float64())
		return overload
	case NetworkError:
		m.networkFailed(t, network)
		return network
	default: // whatever answers can be reached
		m.apiReached(t)
		return false
	}
}

// pending returns how many calls of a lane, or of all lanes if it is nil but for those that
// reach the API, have started so recently that their outcome is open.
func (m *Machine) pending(of *lane) (n int) {
	for at := m.active.Last; at != nil && m.now-at.Item.since < limiter.Silence; at = at.Prev {
		t := at.Item
		if counts := t.lane == of || of == nil && !t.lane.reach.lately(m.now, m.network.FirstFailure()); counts && !t.accepted {
			n++
		}
	}
	return n
}

// leaveTry records that the call of t has ended without an answer.
func (m *Machine) leaveTry(t *Ticket) {
	if t.accepted {
		return
	}
	t.lane.overload.Leave(t.try&tryOverload != 0)
	if t.try&tryNetwork != 0 {
		m.network.Leave(true)
		m.rescheduleOthers(t.lane)
	}
}

// standAsideAfterTry puts t aside after a failed try, so that another request is the next
// try. While MaxWait allows another one, a try without a connection costs t no attempt: the
// API has seen nothing of it.
func (m *Machine) standAsideAfterTry(l *lane, t *Ticket, e *Error) bool {
	if !e.retriable() || m.now-t.arrived > m.settings.MaxWait || e.Class == Overloaded && int(t.attempts) >= m.settings.Attempts {
		return m.retry(l, t, e)
	}
	if e.Class != Overloaded {
		t.attempts--
	}
	m.countResent(e)
	l.standAside(t, forOthers, never)
	m.startWaiting(t)
	m.emit(&Event{Kind: KindRetry, User: t.user.name, Group: t.user.group, Lane: l.name, Millis: max(l.opens(&m.settings, m.now)-m.now, 0).Milliseconds(), Error: errorText(e), Class: e.Class.Name()})
	return true
}
