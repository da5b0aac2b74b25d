package queue

import (
	"errors"
	"fmt"
	"paceline/queue/internal/limiter"
	"time"
)

// rateLimited pauses the lane for all of its requests, and puts t back at the head, or
// before its user's others. That uses up no attempt while MaxWait allows it.
//
// A request that needs more than a full bucket fails: no pause would help it. One
// that was refused at the head before stands aside for its bucket, and lets those
// pass whose cost fits.
func (m *Machine) rateLimited(l *lane, t *Ticket, e *Error, err error, refusal limiter.Refusal) (bool, error) {
	if refusal.Oversize {
		return false, &OversizeError{Limit: limiter.DimensionName(refusal.Dimension), Needs: refusal.Needs, PerMinute: refusal.PerMinute, Err: err}
	}
	t.refusals = min(t.refusals+1, 100)
	pause := min(e.RetryAfter, pauseLimit)
	alone := refusal.Smaller && t.refusals > 2 && e.RetryAfter > 0 && l.limits.Fits(m.now)
	if pause <= 0 {
		if t.started >= l.pause.began { // else it is the pause that others have met already
			l.pause.streak++
		}
		pause = min(pauseBase<<min(max(l.pause.streak-1, 0), 10), pauseMax)
	}
	until := m.now + pause
	if !alone {
		m.pauseLane(l, until, e)
		defer m.shed(l)
		until = l.pause.until
	}
	switch {
	case !e.retriable():
		return false, err
	case until-t.arrived > m.settings.MaxWait:
		return false, errors.Join(err, fmt.Errorf("%w: the API wants a pause of %v", ErrWaitTooLong, pause.Round(time.Second)))
	}
	t.attempts--
	m.metrics.rateLimited++
	switch {
	case e.RequestScoped: // others go first: their success or failure shows whether it is the lane's
		l.standAside(t, forPause, until+afterOthers)
	case alone:
		if t.asideUntil == 0 {
			t.asideUntil = m.now + maxBypass
		}
		l.standAside(t, forLimit, min(until, max(t.asideUntil, m.now)))
	default:
		l.putAtHead(t, m.now)
	}
	m.startWaiting(t)
	return true, nil
}

// afterOthers is how long other requests go first after a pause that may have concerned
// one request alone.
const afterOthers = time.Second
