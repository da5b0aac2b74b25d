package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// Finish says that the call of t has returned err, nil for success. It reports
// whether t waits for another attempt; if not, the error is what the caller
// gets. Nothing happens if t was ended before.
func (m *Machine) Finish(now time.Time, t *Ticket, err error) (again bool, _ error) {
	m.advance(now)
	if t.state != running {
		return false, err
	}
	defer m.noteIdle()
	m.heard(t)
	l := t.lane
	if err == nil {
		m.callAccepted(t)
		m.stopRunning(t, limiter.Success)
		t.state = done
		m.answered(t)
		m.succeeded(t)
		m.reschedule(l)
		return false, nil
	}
	e := classify(err)
	m.health.callFailed(m.now, e)
	m.noteConnection(t, e)
	m.recent.callFailed(t, e.Class)
	if e.Class != RateLimited { // a refusal is quick, and no answer
		m.answered(t)
	}
	if e.Class == RateLimited {
		m.timeline.present.RateLimited++
	}
	limited, refusal := e.Class == RateLimited, limiter.Refusal{}
	switch {
	case limited && e.RequestScoped && l.suspect.concerns(t, m.now, l.pause.streak):
		limited = false
		l.limits.Void(m.now, t.startNumber)
		t.refund()
	case limited:
		refusal = l.limits.Refuse(m.now, m.now+min(e.RetryAfter, pauseLimit), t.startNumber, e.Ramp)
	}
	m.stopRunning(t, limiter.NoAnswer)
	t.state = done
	failedTry := m.recordFailure(t, e)
	m.noteFailure(t, e)
	if e.Class == SpendCap {
		m.pauseAccount(l, e)
	}
	switch {
	case m.settings.Off:
	case limited:
		again, err = m.rateLimited(l, t, e, err, refusal)
	case failedTry:
		again = m.standAsideAfterTry(l, t, e)
	default:
		again = m.retry(l, t, e)
	}
	if limited && (!again || t.state == aside && t.reason == forPause) {
		t.refund() // it has cost nothing
	}
	l.scheduleProbe(t, m.now)
	if again {
		m.metrics.returned.Add(m.now)
	} else {
		if e.Class.retried() && int(t.attempts) >= m.settings.Attempts {
			m.rememberFailed(t)
		}
		m.failed(t, e)
	}
	m.reschedule(l)
	return again, err
}

// callAccepted records that the API has accepted the call of t: the header of a success
// has come, or all of it.
func (m *Machine) callAccepted(t *Ticket) {
	if t.accepted {
		return
	}
	t.accepted = true
	l := t.lane
	l.failed.refute(t.started)
	m.health.failures.accept(m.now, t.started, l.name)
	if o := &m.health.outage; o.until == never && !m.heldByFailures() {
		o.accept(m.now, t.started)
	}
	m.health.callAccepted(t.started)
	m.noteConnection(t, nil)
	l.suspect.succeeded(t, m.now)
	if t.started > l.pause.began {
		l.pause.streak = 0
	}
	if t.probe && l.pause.active(m.now) {
		m.resume(l, "")
	}
	if !m.settings.adaptive() {
		return
	}
	if l.overload.Succeed(t.started, t.try&tryOverload != 0) {
		l.limits.SlowStart()
	}
	m.apiReached(t)
}

func (m *Machine) succeeded(t *Ticket) {
	m.metrics.successful++
	m.metrics.lastSuccess, m.metrics.succeededOnce = m.now, true
	t.user.done++
	if f := t.user.fruitless; f != nil && t.started >= f.since {
		t.user.fruitless = nil
	}
	if !t.user.served {
		m.users.serve(t.user)
		m.leaveOrigin(t.user)
	}
	m.metrics.finished.Add(m.now)
	m.health.requestSucceeded(t.started)
	m.emit(&Event{Kind: KindCompleted, User: t.user.name, Group: t.user.group, Lane: t.lane.name, Millis: (m.now - t.started).Milliseconds()})
}

func (m *Machine) failed(t *Ticket, e *Error) {
	m.metrics.failed++
	t.user.failed++
	m.users.noteFailed(t.user, m.now, e.Class)
	m.recent.failed(t)
	m.metrics.finished.Add(m.now)
	m.health.requestFailed(m.now, t.user.key(), e)
	m.emit(&Event{Kind: KindFailed, User: t.user.name, Group: t.user.group, Lane: t.lane.name, Error: errorText(e), Class: e.Class.Name()})
}
