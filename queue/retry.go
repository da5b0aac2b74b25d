package queue

import (
	"errors"
	"fmt"
	"time"
)

const (
	backoffBase = time.Second      // the first back-off is up to this, the next up to twice it
	backoffMost = 30 * time.Second // and none is longer
	pauseBase   = time.Second      // of a 429 without a time: 1 s, 2 s, 4 s
	pauseMost   = time.Minute
	pauseLimit  = 24 * time.Hour // no answer pauses a lane for longer
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
	if err != nil {
		if e := classify(err); e.Class == RateLimited {
			l.limits.refused(m.now, m.now+min(e.RetryAfter, pauseLimit), t.launch)
		}
	}
	m.stopRunning(t, err == nil)
	t.state = done
	if err == nil {
		l.pauses, l.overloads = 0, 0
		m.metrics.response.record(m.now, m.now-t.started)
		m.succeeded(t)
		m.reckon(l)
		return false, nil
	}
	e := classify(err)
	m.health.answered(e)
	if e.Class != RateLimited { // a refusal is quick, and no answer
		m.metrics.response.record(m.now, m.now-t.started)
	}
	if e.Class == Overloaded {
		m.overloaded(l, e)
	}
	if e.Class == RateLimited {
		again, err = m.rateLimited(l, t, e, err)
	} else {
		again = m.retry(l, t, e)
	}
	if !again {
		m.failed(t, e)
	}
	m.reckon(l)
	return again, err
}

// retry sends t into back-off, if there is another attempt for it.
func (m *Machine) retry(l *lane, t *Ticket, e *Error) bool {
	delay := backoffBase << min(t.attempts-1, 10)
	delay = time.Duration(m.random.Float64() * float64(min(delay, backoffMost))) // full jitter
	delay = max(delay, e.RetryAfter)
	inTime := m.now+e.RetryAfter-t.arrived <= m.settings.MaxWait || e.RetryAfter == 0
	if !e.again() || int(t.attempts) >= m.settings.Attempts || !inTime {
		return false
	}
	if e.Class == NetworkError {
		m.metrics.resent++
	}
	l.putInBackoff(t, m.now+delay)
	m.waitAgain(t)
	m.emit(Event{Kind: KindRetry, User: t.user.name, Lane: l.name, Millis: delay.Milliseconds(), Error: brief(e), Class: e.Class.String()})
	return true
}

// rateLimited pauses the lane for everybody, and lets t wait at its head. That
// uses up no attempt, while MaxWait allows it.
func (m *Machine) rateLimited(l *lane, t *Ticket, e *Error, err error) (bool, error) {
	pause := min(e.RetryAfter, pauseLimit)
	if pause <= 0 {
		if t.started >= l.pausedAt { // else it is the pause that others have met already
			l.pauses++
		}
		pause = min(pauseBase<<min(max(l.pauses-1, 0), 10), pauseMost)
	}
	until := m.now + pause
	if until > l.pausedUntil {
		l.pausedUntil, l.pausedAt, l.pauseWords = until, m.now, brief(e)
		m.emit(Event{Kind: KindPaused, Lane: l.name, Millis: pause.Milliseconds(), Error: l.pauseWords, Class: e.Class.String()})
		defer m.shed(l)
	}
	switch {
	case !e.again():
		return false, err
	case l.pausedUntil-t.arrived > m.settings.MaxWait:
		return false, errors.Join(err, fmt.Errorf("%w: the API wants a pause of %v", ErrWaitTooLong, pause.Round(time.Second)))
	}
	t.attempts--
	m.metrics.rateLimited++
	l.putAtHead(t)
	m.waitAgain(t)
	return true, nil
}

// shed fails those who, because of a pause, cannot start within MaxWait. When
// some go, the rest is faster; so the later half of them goes first, and then
// it counts again.
func (m *Machine) shed(l *lane) {
	for {
		late := m.late(l)
		if len(late) == 0 {
			return
		}
		for _, p := range late[len(late)/2:] {
			t := p.ticket
			m.end(t)
			m.failed(t, &Error{Class: RateLimited, Retry: RetryNo, Err: ErrWaitTooLong})
			m.dropped = append(m.dropped, Drop{t, &RefusedError{Reason: ErrWaitTooLong, Position: p.position, ETA: p.at - m.now}})
		}
	}
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
	for t := range l.backoff.all {
		if l.pausedUntil-t.arrived > m.settings.MaxWait {
			late = append(late, latecomer{planned{t, l.pausedUntil}, l.inLine() + 1})
		}
	}
	return late
}

// brief returns an error's words, short enough to keep.
func brief(err error) string {
	const most = 300
	s := err.Error()
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
