package queue

import (
	"errors"
	"fmt"
	"time"

	"paceline/queue/internal/limiter"
)

// rateLimited pauses the lane for all of its requests, and puts t back at the head, or
// before its user's others. That uses up no attempt while MaxWait allows it.
//
// A request that needs more than a full bucket fails: no pause would help it. Where only
// its tokens were too many, smaller ones need no pause: it waits for its bucket in its
// user's turn. If it is refused again and again, it stands aside for it.
func (m *Machine) rateLimited(l *lane, t *Ticket, e *Error, err error, refusal limiter.Refusal) (bool, error) {
	if refusal.Oversize {
		return false, &OversizeError{Limit: limiter.DimensionName(refusal.Dimension), Needs: refusal.Needs, PerMinute: refusal.PerMinute, Err: err}
	}
	t.refusals = min(t.refusals+1, 100)
	pause := min(e.RetryAfter, pauseLimit)
	alone := refusal.Smaller && e.RetryAfter > 0 && pause <= refillTime
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
	case alone && t.refusals <= maxRefusals:
		t.refund()
		l.order.join(t, m.now, true)
		l.noteJoined(t)
	case alone:
		if t.asideUntil == 0 {
			t.asideUntil = m.now + maxBypass
		}
		l.standAside(t, forLimit, min(until, max(t.asideUntil, m.now)))
	default:
		l.putAtHead(t, m.now)
	}
	m.startWaiting(t)
	if alone { // else there is an event of the pause
		m.emit(&Event{Kind: KindRetry, User: t.user.name, Group: t.user.group, Lane: l.name, Millis: pause.Milliseconds(), Error: errorText(e), Class: e.Class.Name()})
	}
	return true, nil
}

// maxRefusals is how often the API may refuse a request whose bucket seemed to hold enough
// before it stands aside.
const maxRefusals = 2

// refillTime is how long a bucket takes to refill. An answer that asks for a longer wait is no
// bucket's: such a pause is probed.
const refillTime = time.Minute

// afterOthers is how long other requests go first after a pause that may have concerned
// one request alone.
const afterOthers = time.Second
