package queue

import "time"

// plan makes the plans of some lanes that are not fresh, where many wait: those of long lines
// outside of the lock, the others a few at a time. So whoever asks for places next does not
// have to make them under the lock.
func (q *Queue) plan(which func() []*lane) {
	var lanes []*lane
	q.update(func(now time.Time) {
		if q.machine.advance(now); q.machine.freshFor() > 0 {
			lanes = which()
		}
	})
	for len(lanes) > 0 {
		var long *lane
		q.update(func(now time.Time) { lanes, long = q.machine.planSome(now, lanes) })
		if long != nil {
			q.planLong(long)
		}
	}
}

// planLong makes the plan of a long line. One is made at a time: who comes meanwhile uses the
// one before, or waits.
func (q *Queue) planLong(l *lane) {
	if !q.planning.TryLock() {
		serves := false
		if q.update(func(time.Time) { serves = q.machine.serves(l) }); serves {
			return
		}
		q.planning.Lock()
	}
	defer q.endPlanning()
	for kept := false; !kept; { // else the lane or the settings have changed meanwhile
		var p *projection
		q.step(func(now time.Time) { p = q.machine.beginPlan(now, l) })
		if p == nil {
			return
		}
		q.copyLine(&p.lineCopy)
		played := p.play()
		q.step(func(now time.Time) { kept = q.machine.endPlan(now, p, played) })
	}
}

// copyLine copies a line in pieces, for a plan or to shed. Between them the line may change, see
// [lineCopy]. It requires that q.planning is held: a line has room for the marks of one copy.
func (q *Queue) copyLine(c *lineCopy) {
	for more := true; more; {
		c.makeRoom(pieceSize)
		q.step(func(time.Time) { more = c.copySome(pieceSize) })
	}
}

// step is update while q.planning is held. Events are delivered later, for an observer may
// ask for a place, and what is to be shed is shed later.
func (q *Queue) step(change func(now time.Time)) {
	cancels, _, toShed := q.updateLocked(change)
	for _, f := range cancels {
		f()
	}
	q.toShed = append(q.toShed, toShed...)
}

// endPlanning unlocks q.planning, and does what had to wait for that.
func (q *Queue) endPlanning() {
	toShed := q.toShed
	q.toShed = nil
	q.planning.Unlock()
	q.deliverEvents()
	for _, l := range toShed {
		q.shed(l)
	}
}
