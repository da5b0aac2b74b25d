package queue

import (
	"errors"
	"fmt"
	"time"

	"paceline/queue/internal/limiter"
)

const (
	backoffBase = time.Second      // the first back-off is up to this, the next up to twice it
	backoffMost = 30 * time.Second // and none is longer
)

// try is of which breakers that are open a call is a try.
type try uint8

const (
	tryOverload try = 1 << iota
	tryNetwork
)

// Finish says that the call of t has returned err, nil for success. It reports
// whether t waits for another attempt; if not, the error is what the caller
// gets. Nothing happens if t was ended before.
func (m *Machine) Finish(now time.Time, t *Ticket, err error) (again bool, _ error) {
	m.settle(now)
	if t.state != running {
		return false, err
	}
	defer m.rest()
	l := t.lane
	if err == nil {
		m.takenIn(t)
		m.stopRunning(t, limiter.Success)
		t.state = done
		m.metrics.response.Record(m.now, m.now-t.started)
		m.succeeded(t)
		m.reckon(l)
		return false, nil
	}
	e := classify(err)
	m.health.answered(e)
	if e.Class != RateLimited { // a refusal is quick, and no answer
		m.metrics.response.Record(m.now, m.now-t.started)
	}
	limited, refusal := e.Class == RateLimited, limiter.Refusal{}
	switch {
	case limited && e.OfRequest && l.suspect.concerns(t, m.now, l.pause.row):
		limited = false
		l.limits.Void(m.now, t.number)
	case limited:
		refusal = l.limits.Refuse(m.now, m.now+min(e.RetryAfter, pauseLimit), t.number, e.Ramp)
	}
	m.stopRunning(t, limiter.NoAnswer)
	t.state = done
	failedTry := m.breakersFail(t, e)
	if e.Class == SpendCap {
		m.spend(l, e)
	}
	switch {
	case limited:
		again, err = m.rateLimited(l, t, e, err, refusal)
	case failedTry:
		again = m.standAsideAfterTry(l, t, e)
	default:
		again = m.retry(l, t, e)
	}
	l.planProbe(t, m.now)
	if !again {
		m.failed(t, e)
	}
	m.reckon(l)
	return again, err
}

// takenIn notes that the API has taken in the call of t: the header of a success has
// come, or the whole of it.
func (m *Machine) takenIn(t *Ticket) {
	if t.taken {
		return
	}
	t.taken = true
	l := t.lane
	l.suspect.succeeded(t, m.now)
	if t.started > l.pause.began {
		l.pause.row = 0
	}
	if t.probe && l.pause.on(m.now) {
		m.resume(l, "")
	}
	if !m.settings.Adaptive {
		return
	}
	if l.overload.Succeed(t.started, t.try&tryOverload != 0) {
		l.limits.ComeBack()
	}
	m.reached(t)
}

// reached notes that the call of t has reached the API, whatever it answered. The
// caller reckons the lane of t.
func (m *Machine) reached(t *Ticket) {
	m.reachedAt = max(m.reachedAt, t.started)
	try := t.try&tryNetwork != 0
	switch {
	case m.network.Succeed(t.started, try):
		m.reconnected(t.lane)
	case try:
		m.reckonOthers(t.lane)
	}
}

// reconnected lets all lanes come back. The caller reckons l.
func (m *Machine) reconnected(l *lane) {
	for _, other := range m.lanes {
		other.limits.ComeBack()
	}
	m.reckonOthers(l)
}

// breakersFail tells the breakers how the call of t has failed, and reports whether
// it was a try that failed.
func (m *Machine) breakersFail(t *Ticket, e *Error) bool {
	if !m.settings.Adaptive || t.taken {
		return false
	}
	overload, network := t.try&tryOverload != 0, t.try&tryNetwork != 0
	if (e.Class == Overloaded || e.Class == NetworkError) && m.poisonous(t, e.Class) {
		m.leaveTry(t) // it says nothing about the API
		return false
	}
	switch e.Class {
	case Overloaded:
		m.reached(t)
		t.lane.overload.Fail(m.now, t.started, overload, min(e.RetryAfter, pauseShort), m.pending(t.lane), m.random.Float64())
		return overload
	case NetworkError:
		m.network.Fail(m.now, t.started, network, 0, m.pending(nil), m.random.Float64())
		m.reckonOthers(t.lane)
		return network
	default: // whatever answers can be reached
		m.reached(t)
		return false
	}
}

const (
	poisonedFor  = 10 * time.Minute // the fingerprint of a request that makes the API fail is known,
	maxPoisonous = 256              // of so many at most
)

// poisonous reports whether it is the request that makes the API fail, and not the API:
// it fails again, although a call that started after its first failure has succeeded.
// What asks for the same is known by it from then on.
func (m *Machine) poisonous(t *Ticket, class Class) bool {
	succeeded := t.lane.suspect.success
	if class == NetworkError {
		succeeded = m.reachedAt
	}
	if t.failedAt > 0 && succeeded > t.failedAt {
		if t.fingerprint != 0 {
			if len(m.poison) >= maxPoisonous {
				clear(m.poison)
			}
			m.poison[t.fingerprint] = m.now + poisonedFor
		}
		return true
	}
	if t.failedAt == 0 { // what others show of then may come later than its next failure
		t.failedAt = m.now
	}
	return t.fingerprint != 0 && m.poison[t.fingerprint] > m.now
}

// pending returns how many calls of a lane, nil for all, have started so shortly that
// nothing is known of them yet.
func (m *Machine) pending(of *lane) (n int) {
	for at := m.active.last; at != nil && m.now-at.item.since < limiter.Silence; at = at.prev {
		if t := at.item; !t.taken && (of == nil || t.lane == of) {
			n++
		}
	}
	return n
}

// leaveTry notes that the call of t has ended without an answer.
func (m *Machine) leaveTry(t *Ticket) {
	if t.taken {
		return
	}
	t.lane.overload.Leave(t.try&tryOverload != 0)
	if t.try&tryNetwork != 0 {
		m.network.Leave(true)
		m.reckonOthers(t.lane)
	}
}

// standAsideAfterTry lets another request be the next try. It costs t no attempt, as
// long as MaxWait allows it.
func (m *Machine) standAsideAfterTry(l *lane, t *Ticket, e *Error) bool {
	if !e.again() || m.now-t.arrived > m.settings.MaxWait {
		return m.retry(l, t, e)
	}
	t.attempts--
	m.resent(e)
	l.standAside(t, forOthers, never)
	m.waitAgain(t)
	m.emit(Event{Kind: KindRetry, User: t.user.name, Lane: l.name, Millis: max(l.opens(&m.settings)-m.now, 0).Milliseconds(), Error: brief(e), Class: e.Class.String()})
	return true
}

// resent counts a call that may have been sent twice.
func (m *Machine) resent(e *Error) {
	if e.Class == NetworkError {
		m.metrics.resent++
	}
}

// retry sends t into back-off, if there is another attempt for it.
func (m *Machine) retry(l *lane, t *Ticket, e *Error) bool {
	delay := backoffBase << min(max(t.attempts, 1)-1, 10)
	delay = time.Duration(m.random.Float64() * float64(min(delay, backoffMost))) // full jitter
	delay = max(delay, e.RetryAfter)
	inTime := m.now+e.RetryAfter-t.arrived <= m.settings.MaxWait || e.RetryAfter == 0
	if !e.again() || int(t.attempts) >= m.settings.Attempts || !inTime {
		return false
	}
	m.resent(e)
	if e.Class == RateLimited {
		m.metrics.rateLimited++
	}
	l.standAside(t, forRetry, m.now+delay)
	m.waitAgain(t)
	m.emit(Event{Kind: KindRetry, User: t.user.name, Lane: l.name, Millis: delay.Milliseconds(), Error: brief(e), Class: e.Class.String()})
	return true
}

// rateLimited pauses the lane for everybody, and lets t wait at its head. That
// uses up no attempt, while MaxWait allows it.
//
// A request that needs more than a full bucket fails: no pause would help it. One
// that was refused at the head before stands aside for its bucket, and lets those
// pass whose cost fits.
func (m *Machine) rateLimited(l *lane, t *Ticket, e *Error, err error, refusal limiter.Refusal) (bool, error) {
	if refusal.Never {
		return false, &OversizeError{Limit: limiter.Name(refusal.Dimension), Needs: refusal.Needs, PerMinute: refusal.PerMinute, Err: err}
	}
	t.refusals = min(t.refusals+1, 100)
	pause := min(e.RetryAfter, pauseLimit)
	alone := refusal.Smaller && t.refusals > 2 && e.RetryAfter > 0 && l.limits.Fits(m.now)
	if pause <= 0 {
		if t.started >= l.pause.began { // else it is the pause that others have met already
			l.pause.row++
		}
		pause = min(pauseBase<<min(max(l.pause.row-1, 0), 10), pauseMost)
	}
	until := m.now + pause
	if !alone {
		m.hold(l, until, e)
		defer m.shed(l)
		until = l.pause.until
	}
	switch {
	case !e.again():
		return false, err
	case until-t.arrived > m.settings.MaxWait:
		return false, errors.Join(err, fmt.Errorf("%w: the API wants a pause of %v", ErrWaitTooLong, pause.Round(time.Second)))
	}
	t.attempts--
	m.metrics.rateLimited++
	switch {
	case e.OfRequest: // others go first: whether they succeed tells what it is about
		l.standAside(t, forRetry, until+afterOthers)
	case alone:
		if t.bound == 0 {
			t.bound = m.now + passed
		}
		l.standAside(t, forLimit, min(until, max(t.bound, m.now)))
	default:
		l.putAtHead(t)
	}
	m.waitAgain(t)
	return true, nil
}

// afterOthers is how long others go first after a pause of which it is not clear whether
// it is the lane's.
const afterOthers = time.Second

// shed fails those who, because of a pause, cannot start within MaxWait. When some
// go, the rest is faster; so the later half of them goes first, and then it counts
// again. A pause that only grows by a little is not looked at twice.
func (m *Machine) shed(l *lane) {
	if l.pause.until-l.pause.shed < pauseBase && l.pause.shed > m.now {
		return
	}
	l.pause.shed = l.pause.until
	for m.someLate(l) {
		m.projections++
		late := m.late(l)
		if len(late) == 0 {
			return
		}
		for _, p := range late[len(late)/2:] {
			t := p.ticket
			m.end(t)
			reason := ErrWaitTooLong
			if l.pause.final {
				reason = ErrSpendCap
			}
			m.failed(t, &Error{Class: RateLimited, Retry: RetryNo, Err: reason})
			m.dropped = append(m.dropped, Drop{t, &RefusedError{Reason: reason, Position: p.position, ETA: p.at - m.now}})
		}
	}
}

// someLate reports whether somebody may not start within MaxWait: it costs nothing,
// and is never wrong when it says no.
func (m *Machine) someLate(l *lane) bool {
	n := l.inLine()
	if l.waiting() == 0 {
		return false
	}
	return m.eta(l, n, n)-m.arrivals.first.item.arrived > m.settings.MaxWait
}

// latecomer is one that cannot start in time: where it stands, and when it would.
type latecomer struct {
	planned
	position int
}

// late returns those of a lane that cannot start within MaxWait, as things are.
func (m *Machine) late(l *lane) []latecomer {
	var late []latecomer
	for i, p := range m.project(l) {
		if p.at-p.ticket.arrived > m.settings.MaxWait {
			late = append(late, latecomer{p, i + 1})
		}
	}
	for t := range l.aside.all {
		if l.pause.until-t.arrived > m.settings.MaxWait {
			late = append(late, latecomer{planned{t, l.pause.until}, l.inLine() + 1})
		}
	}
	return late
}

// brief returns an error's words, short enough to keep.
func brief(err error) string { return cutWords(err.Error()) }

// cutWords cuts words that are too long to keep.
func cutWords(s string) string {
	const most = 300
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
