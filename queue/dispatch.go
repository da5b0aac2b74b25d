package queue

import "time"

// update tells the machine something, and carries out what follows from it.
func (q *Queue) update(tell func(now time.Time)) {
	cut, fresh := q.updateLocked(tell)
	for _, f := range cut {
		f()
	}
	if fresh {
		q.deliverEvents()
	}
}

// updateLocked is update as far as it needs the lock, which a panic must not keep: the
// other requests would wait for it for ever.
func (q *Queue) updateLocked(tell func(now time.Time)) (cut []func(), fresh bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	tell(now)
	return q.dispatch(now), len(q.machine.events.fresh) > 0
}

// dispatch lets those start whose turn it is, tells those that the machine has
// dropped, and sets the timer. It returns what is to be done without the lock.
// It requires that q.mu is held.
func (q *Queue) dispatch(now time.Time) (cut []func()) {
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
			cut = append(cut, func() { cancel(d.Err) })
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
	return cut
}

// deliverEvents hands the fresh events to the observer. Whoever comes while somebody
// else delivers leaves it to them, so the order is kept and nobody waits.
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
