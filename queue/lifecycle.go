package queue

import (
	"errors"
	"time"

	"paceline/queue/internal/limiter"
)

// Add takes a request in, or refuses it: with [ErrClosed], or with a
// [*RefusedError].
func (m *Machine) Add(now time.Time, r Request) (*Ticket, error) {
	t := &Ticket{}
	if err := m.add(now, t, r); err != nil {
		return nil, err
	}
	return t, nil
}

// add is Add with a ticket that is part of something larger.
func (m *Machine) add(now time.Time, t *Ticket, r Request) error {
	m.advance(now)
	if r.User == "" {
		r.User = Anonymous
	}
	if m.closed {
		return ErrClosed
	}
	l, u := m.lane(r.Lane), m.users.find(r.Group, r.User)
	origin, ownTurns := r.Origin, u != nil && u.ownTurns || u == nil && m.newNames.has(r.Origin, m.now)
	if ownTurns {
		r.Origin = ""
	}
	back := m.absences.find(u, &r, m.now)
	var twin *Ticket
	if back == nil {
		twin = m.places.find(u, &r)
	}
	starts, err := m.admit(l, &r, u, back.waited() || twin != nil && u.mayPutBack())
	if err != nil {
		m.noteRefused(l, &r, err)
		return err
	}
	m.lastID++
	if u == nil {
		u = m.users.add(r.Group, r.User)
		if u.ownTurns = ownTurns && origin != ""; u.ownTurns {
			m.newNames.add(origin, m.now)
		}
	}
	u.weight, u.payer.weight = weight(r.UserWeight), weight(r.GroupWeight)
	if u.rank.waiting == 0 { // its line stays where it is
		u.origin = r.Origin
	}
	t.init(m.lastID, u, r.Priority, m.now)
	if t.expected = starts; m.provisional(l) {
		t.expected = never // not known yet
	}
	t.lane, t.name, t.cost, t.session, t.subagent = l, r.ID, r.Cost.amount(), r.Session, r.Subagent
	t.cameBack = back.waited() // a twin may be another request of the same words
	t.fingerprint, t.key = r.Fingerprint, hashOf(r.IdempotencyKey)
	t.record = m.recent.add(requestEntry{
		user: t.user, lane: l.name, arrived: m.now, priority: r.Priority, estimate: r.Cost, cost: r.Cost, fingerprint: r.Fingerprint,
	})
	m.metrics.total++
	arrived := m.now
	if back.waited() {
		arrived = back.arrived
	} else {
		m.metrics.arrivals.Add(m.now)
		m.trend.came = m.now
		l.newcomers.add(t, m.now)
		takes, known := m.takesOf(l, t)
		u.sent.add(m.now, takes, known, u.requests.Len == 0)
	}
	l.emptyTimes.came(arrived, t.cost)
	m.nextTick = min(m.nextTick, m.now+tickInterval)
	switch {
	case twin != nil:
		m.takePlace(t, twin)
	case back != nil:
		m.comeBack(t, back)
	default:
		m.startWaiting(t)
		l.order.join(t, m.now, false)
	}
	m.users.touch(u, m.now)
	l.noteJoined(t)
	m.reschedule(l)
	m.emit(&Event{Kind: KindAdded, User: r.User, Group: r.Group, Lane: l.name})
	return nil
}

// noteRefused notes that r was refused at the door of l.
func (m *Machine) noteRefused(l *lane, r *Request, err error) {
	m.reschedule(l)
	m.metrics.refused++
	m.metrics.recentRefusals.Add(m.now)
	m.metrics.refusedAt = m.now
	if l.pause.until-m.now > m.settings.MaxWait {
		m.metrics.pauseRefusals.Add(m.now)
	}
	if errors.Is(err, ErrSpendCap) {
		m.metrics.capRefusals.Add(m.now)
		m.health.failures.add(m.now, userKey{r.Group, r.User}, &Error{Class: SpendCap})
		m.timeline.noteFailure(SpendCap)
	}
	m.recent.add(requestEntry{
		group: r.Group, name: r.User, lane: l.name, arrived: m.now, priority: r.Priority,
		estimate: r.Cost, cost: r.Cost, fingerprint: r.Fingerprint, refused: true,
	})
	m.emit(&Event{Kind: KindRefused, User: r.User, Group: r.Group, Lane: l.name, Error: err.Error()})
}

// Next returns the request that may start at now; nil if there is none. The driver
// answers with Start, or with Leave if the caller has gone: then the turn is the
// next one's.
func (m *Machine) Next(now time.Time) *Ticket {
	m.advance(now)
	if m.ready.First == nil {
		return nil
	}
	l := m.ready.First.Item
	if m.network.Open() && m.settings.adaptive() { // the lanes try in turn
		for other := range m.ready.All {
			if other.triedAt < l.triedAt {
				l = other
			}
		}
	}
	t, _ := l.turn(&m.settings, m.now)
	return t
}

// Start starts t, which Next has returned.
func (m *Machine) Start(now time.Time, t *Ticket) {
	m.advance(now)
	l := t.lane
	if !m.busy {
		m.busy = true
		m.emit(&Event{Kind: KindBusy, Lane: l.name})
	}
	first := t
	if m.settings.adaptive() { // under the spaced pace nobody passes
		first = l.next(&m.settings)
	}
	l.takeTurn(&m.settings, t, m.now)
	l.pace.start(m.now)
	if t == first {
		t.startNumber = l.limits.Start(m.now, t.cost)
	} else { // it passes the first
		before, _ := l.limits.Next(first.cost)
		t.startNumber = l.limits.Start(m.now, t.cost)
		after, _ := l.limits.Next(first.cost)
		first.delayed += after - before
	}
	l.tariff.started(&t.cost)
	t.firstAt, t.delayed = 0, 0
	l.settlePromises(t, m.now, true)
	m.startTry(t)
	m.forgetSilence(l)
	l.running++
	l.lastProgress, l.lastCall, l.called = m.now, m.now, true
	t.user.running++ // first, so that it is never idle
	m.stopWaiting(t)
	t.state, t.started, t.since, t.accepted, t.lowered = running, m.now, m.now, false, false
	t.attempts++
	m.active.PushBack(&t.place)
	waited := m.now - t.arrived
	m.metrics.begun.Add(m.now)
	if t.startedBefore {
		m.metrics.retries++
	} else {
		m.metrics.recordFirstStart(waited)
	}
	m.metrics.wait.Record(m.now, waited)
	m.timeline.noteStart(waited)
	m.users.noteStart(t.user, m.now, waited)
	t.user.lastWait, t.user.started = waited, true
	t.startedBefore = true
	m.waitEnded(t)
	m.recent.started(t, m.now)
	m.users.touch(t.user, m.now)
	m.reschedule(l)
	m.emit(&Event{Kind: KindStarted, User: t.user.name, Group: t.user.group, Lane: l.name, Millis: waited.Milliseconds()})
}

// Progress says that t, which runs, gave a sign of life: the header of a success, or
// a piece of it.
func (m *Machine) Progress(now time.Time, t *Ticket) {
	m.advance(now)
	if t.state == running {
		t.since, t.lane.lastProgress = m.now, m.now
		m.heard(t)
		m.active.MoveBack(&t.place)
		if !t.accepted {
			m.callAccepted(t)
			m.reschedule(t.lane)
		}
	}
}

// Leave takes out t, whose caller has gone, wherever it stands. It costs no slot
// from now on, and counts as cancelled. If it was waiting, the same request gets its place
// when it comes back within two minutes. Nothing happens if t is done.
func (m *Machine) Leave(now time.Time, t *Ticket) {
	m.advance(now)
	if t.state == done {
		return
	}
	if t.waiting() && t.putBack {
		m.metrics.doubles.Add(m.now)
		m.places.sentAgain(t)
	} else if t.waiting() {
		if twin := t.putBackTwin(); twin != nil {
			m.metrics.doubles.Add(m.now)
			m.giveBack(twin, t)
		} else {
			m.absences.remember(absenceOf(t), m.now)
		}
	}
	if t.waiting() {
		m.metrics.gaveUp.Add(m.now)
	}
	m.leave(t, "")
}

// leave takes t out as cancelled. By names the person that asked for it; empty: the
// caller left.
func (m *Machine) leave(t *Ticket, by string) {
	m.end(t)
	m.metrics.cancelled++
	m.emit(&Event{Kind: KindCancelled, User: t.user.name, Group: t.user.group, Lane: t.lane.name, By: by})
	m.noteIdle()
}

// timeOut takes the slot of a call that was silent for too long.
func (m *Machine) timeOut(t *Ticket) {
	silent := m.now - t.since
	m.end(t)
	m.emit(&Event{Kind: KindTimedOut, User: t.user.name, Group: t.user.group, Lane: t.lane.name, Millis: silent.Milliseconds()})
	m.recent.callFailed(t, Timeout)
	e := &Error{Class: Timeout, Retry: RetryNo, Err: ErrSilent}
	m.noteFailure(t, e)
	m.failed(t, e)
	m.dropped = append(m.dropped, Drop{t, ErrSilent})
	m.noteIdle()
}

// startWaiting counts t among those that wait.
func (m *Machine) startWaiting(t *Ticket) {
	m.arrivals.insert(&t.arrival)
	m.ids.add(t)
	m.places.add(t)
	t.user.requests.insert(&t.mine)
	m.users.noteWaiting(t.user, 1, m.now)
	if t.user.requests.First == &t.mine {
		m.users.waiting.cameBack(t.user)
	}
	m.timeline.noteWaiting(m.arrivals.Len)
	if t.startedBefore { // what was expected then has not come true
		t.expected = never
	}
}

func (m *Machine) stopWaiting(t *Ticket) {
	m.skipInWalks(t)
	m.arrivals.remove(&t.arrival)
	m.ids.remove(t)
	m.places.remove(t)
	t.user.requests.remove(&t.mine)
	m.users.noteWaiting(t.user, -1, m.now)
}

// waitEnded records how long t has waited: until a start, which is not the last one if it
// fails, or for nothing.
func (m *Machine) waitEnded(t *Ticket) {
	if w := m.metrics.longest.Record(m.now, &t.user.longest, m.now-t.arrived); w != nil {
		w.user, w.standing, w.crowding = t.user, t.standing(), m.users.crowding(m.arrivals.Len)
		w.delay, w.failed = m.delayBy(w.crowding, t), t.lane.failures.since(t.arrived)
		w.paused = t.lane.pausedFor(t.arrived, m.now)
	}
	m.timeline.noteWaitEnd(t, m.now-t.arrived, t.state == running)
	m.health.outage.feel(t.arrived, m.now)
}

// stopRunning frees t's slot.
func (m *Machine) stopRunning(t *Ticket, o limiter.Outcome) {
	t.lane.limits.End(m.now, t.startNumber, o)
	m.active.Remove(&t.place)
	m.timeline.noteEnd(t)
	m.users.noteEnd(t, m.now)
	m.recent.ended(t, m.now-t.started)
	m.countUsage(t)
	t.lane.running--
	t.lane.lastProgress, t.lane.lastCall = m.now, m.now
	t.user.running--
	m.users.touch(t.user, m.now)
}

// end takes t out of everything.
func (m *Machine) end(t *Ticket) {
	if t.waiting() {
		t.lane.settlePromises(t, m.now, false)
		t.lane.emptyTimes.left(t.arrived, t.cost)
		inLine := t.state == inLine
		t.lane.removeWaiting(t)
		if !inLine {
			t.refund() // what it has paid for a start that was refused
		}
		m.stopWaiting(t)
		m.recent.left(t, m.now)
		m.waitEnded(t) // for nothing, but it has waited
		m.users.touch(t.user, m.now)
	} else {
		m.endUnanswered(t)
		m.stopRunning(t, limiter.NoAnswer)
		m.leaveTry(t)
		t.lane.scheduleProbe(t, m.now)
	}
	t.state = done
	m.reschedule(t.lane)
}

// noteIdle notices when nothing is left to do.
func (m *Machine) noteIdle() {
	if m.busy && m.Idle() {
		m.busy = false
		m.emit(&Event{Kind: KindIdle})
	}
}
