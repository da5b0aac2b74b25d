package queue

import (
	"slices"
	"time"
)

// reach is what the calls of one lane have shown of whether the API can be reached: a proxy,
// or the API, may refuse the connections of one model alone. The zero reach has shown nothing.
type reach struct {
	failedAt    time.Duration // the last one without a connection; zero: none
	answeredAt  time.Duration // the last answer to a call that started since then
	answers     int           // so many there were,
	firstAnswer time.Duration // and the first of them
	spared      bool          // the open breaker of connections holds back other lanes alone
}

// answersProve is how many calls of a lane in a row were answered, while those of other lanes
// fail, when it is no chance: after a failure of its own.
const answersProve = 3

// fail notes that a call got no connection.
func (r *reach) fail(now time.Duration) { *r = reach{failedAt: max(now, 1)} }

// answer notes the answer to a call that started at a time.
func (r *reach) answer(now, started time.Duration) {
	if started < r.failedAt {
		return
	}
	if r.answers++; r.answers == 1 {
		r.firstAnswer = now
	}
	r.answeredAt = now
}

// lately reports whether a call was answered lately, and none has failed since a time.
func (r *reach) lately(now, since time.Duration) bool {
	return r.answers > 0 && now-r.answeredAt < acceptedLately && r.failedAt < max(since, 1)
}

// matters reports whether it still has to be remembered.
func (r *reach) matters(now time.Duration) bool {
	return r.failedAt > 0 && now-r.failedAt < provedFor || r.answers > 0 && now-r.answeredAt < acceptedLately
}

// networkHolds reports whether the breaker of connections holds back the lane.
func (l *lane) networkHolds() bool { return l.network.Open() && !l.reach.spared }

// countsForNetwork reports whether the answers to calls of the lane say something about the
// failures that the breaker of connections has counted: it has failed, too, or is held back.
func (l *lane) countsForNetwork() bool {
	if l.network.Open() {
		return !l.reach.spared
	}
	return l.reach.failedAt > 0 && l.reach.failedAt >= l.network.FirstFailure()
}

// networkFailed notes that the call of t got no connection, in a try or not.
func (m *Machine) networkFailed(t *Ticket, try bool) {
	l, before := t.lane, m.network.Open()
	l.reach.fail(m.now)
	m.network.Fail(m.now, t.started, try, 0, m.pending(nil), m.random.Float64())
	if m.network.Open() && !before { // a lane that succeeds is not held back by the failures of others
		for _, other := range m.allMemories {
			other.reach.spared = other.reach.lately(m.now, m.network.FirstFailure())
		}
	}
	m.rescheduleOthers(l)
}

// networkAnswered notes that a call of l that started at a time was answered. The breaker of
// connections lets a lane go that succeeds while another one still fails.
func (m *Machine) networkAnswered(l *lane, started time.Duration) {
	r := &l.reach
	r.answer(m.now, started)
	if !l.networkHolds() || r.answers == 0 || r.answers < answersProve && r.failedAt >= m.network.FirstFailure() {
		return
	}
	for _, other := range m.allMemories {
		if other != &l.laneMemory && other.reach.failedAt > r.firstAnswer {
			r.spared = true
			l.limits.SlowStart()
			return
		}
	}
}

// noteConnection notes for the verdict that the API has accepted the call of t, or how it has
// failed. Only the answers to lanes whose connections have failed say that they can be made.
func (m *Machine) noteConnection(t *Ticket, e *Error) {
	c := &m.health.network
	switch {
	case e != nil && e.Class == NetworkError:
		c.fail(m.now, t.lane.name)
	case !m.connectionFails(t.lane.name):
	case e != nil:
		c.answered(t.started, e.Class)
	default:
		c.accepted(t.started)
	}
}

// connectionFails reports whether the connections of a lane are among those that have failed.
func (m *Machine) connectionFails(lane string) bool {
	return slices.ContainsFunc(m.health.network.lanes, func(failed string) bool { return m.laneName(failed) == lane })
}

// reachedBeside reports whether calls of lanes were accepted lately whose connections do not
// fail: it is not the API that cannot be reached.
func (m *Machine) reachedBeside() bool {
	for _, a := range m.health.failures.acceptances {
		if a.lane != "" && m.now-a.at < acceptedLately && !m.connectionFails(m.laneName(a.lane)) {
			return true
		}
	}
	return false
}

// calledWithoutConnection reports whether somebody waits or runs in a lane whose connections
// fail.
func (m *Machine) calledWithoutConnection() bool {
	return slices.ContainsFunc(m.health.network.lanes, func(failed string) bool {
		l := m.lanes[m.laneName(failed)]
		return l != nil && l.waiting()+l.running > 0
	})
}
