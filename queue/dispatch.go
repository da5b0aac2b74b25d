package queue

import "time"

// update calls change, which changes the machine, and dispatches the machine's decisions.
func (q *Queue) update(change func(now time.Time)) {
	cancels, fresh, toShed := q.updateLocked(change)
	for _, f := range cancels {
		f()
	}
	if fresh {
		q.deliverEvents()
	}
	for _, l := range toShed {
		q.shed(l)
	}
}

// updateLocked is the part of update that needs the lock. The deferred unlock also
// serves after a panic: the other requests would wait for the lock for ever.
func (q *Queue) updateLocked(change func(now time.Time)) (cancels []func(), fresh bool, toShed []*lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	change(now)
	cancels = q.dispatch(now)
	toShed, q.machine.toShed = q.machine.toShed, nil
	return cancels, len(q.machine.events.fresh) > 0, toShed
}

// dispatch carries the machine's decisions to the callers: it starts the requests whose
// turn it is, wakes the callers of dropped requests, and sets the timer. It returns
// functions to call without the lock, which end the contexts of dropped calls. It
// requires that q.mu is held.
func (q *Queue) dispatch(now time.Time) (cancels []func()) {
	m := q.machine
	for t := m.Next(now); t != nil; t = m.Next(now) {
		if t.call.Err() != nil { // the turn is the next one's
			m.Leave(now, t)
			continue
		}
		m.Start(now, t)
		t.call.ready <- struct{}{}
	}
	for _, d := range m.Dropped() {
		c := d.Ticket.call
		c.err = d.Err
		if c.cancel != nil {
			cancel := c.cancel
			cancels = append(cancels, func() { cancel(d.Err) })
			continue
		}
		select {
		case c.ready <- struct{}{}:
		default: // it has started, and will see err
		}
	}
	if m.closed && m.Idle() {
		q.timer.Stop()
		if !q.isIdle {
			q.isIdle = true
			close(q.idle)
		}
	} else if wake, ok := m.Wake(); ok {
		q.timer.Reset(wake.Sub(now))
	} else {
		q.timer.Stop()
	}
	return cancels
}

// deliverEvents hands the new events to the observer. While one goroutine delivers, the
// others leave their events to it: so the order is kept and nobody waits.
func (q *Queue) deliverEvents() {
	for q.observing.TryLock() {
		q.mu.Lock()
		fresh := q.machine.Events()
		q.mu.Unlock()
		for _, e := range fresh {
			q.Guard(PartLog, func() { q.observe(e) })
		}
		q.observing.Unlock()
		if len(fresh) == 0 {
			return
		}
	}
}
