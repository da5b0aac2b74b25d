package queue

import (
	"slices"
	"strconv"
	"time"
)

// Waiting returns up to limit of the waiting requests, from offset on, in the order of
// their starts, and how many wait in all. Where 100 or more wait the order and the times
// can be old, by 25 µs for each of them and 2.5 s at most; one that has come since then is
// late in the order. It holds up others only for a part of its time, however many wait.
func (q *Queue) Waiting(limit, offset int) (page []WaitingRequest, total int) {
	q.plan(func() []*lane { return slices.Clone(q.machine.heap) })
	p := waitingPage{limit: max(limit, 0), offset: max(offset, 0)}
	for more := true; more; {
		q.update(func(now time.Time) {
			more = q.machine.fillSome(now, &p, longLine)
			total = q.machine.arrivals.Len
		})
	}
	return p.requests, total
}

// Find returns the request of that ID, if it waits: the earliest, if there are
// several. Where 100 or more wait its place and its time can be old, by 25 µs for each of
// them and 2.5 s at most; those of one that has come since then are an upper bound.
func (q *Queue) Find(id string) (w WaitingRequest, ok bool) {
	q.prepareIDs(id)
	q.plan(func() []*lane {
		if t := q.machine.ids.find(id, &q.machine.arrivals); t != nil {
			return []*lane{t.lane}
		}
		return nil
	})
	q.update(func(now time.Time) { w, ok = q.machine.Find(now, id) })
	return w, ok
}

// Cancel takes the request of that ID out of those that wait; its [Do] returns
// [ErrCancelled]. by names the person that asked, for the events. It reports whether
// there was one.
func (q *Queue) Cancel(id, by string) (ok bool) {
	q.prepareIDs(id)
	q.update(func(now time.Time) { ok = q.machine.Cancel(now, id, by) })
	return ok
}

// prepareIDs prepares the search for an ID, if that is a number, in pieces.
func (q *Queue) prepareIDs(id string) {
	_, err := strconv.ParseUint(id, 10, 64)
	for more := err == nil; more; {
		q.update(func(time.Time) { more = q.machine.ids.findNumbers(&q.machine.arrivals, longLine) })
	}
}

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
	var p *projection
	q.step(func(now time.Time) { p = q.machine.beginPlan(now, l) })
	if p == nil {
		return
	}
	q.copyLine(&p.lineCopy)
	played := p.play()
	q.step(func(now time.Time) { q.machine.endPlan(now, p, played) })
}

// copyLine copies a line in pieces. It requires that q.planning is held.
func (q *Queue) copyLine(c *lineCopy) {
	for more := true; more; {
		c.makeRoom(pieceSize)
		q.step(func(time.Time) { more = c.copySome(pieceSize) })
	}
}

// shed fails those of a long line that a pause lets start too late, see [Machine.shed]: a
// piece at a time, on the goroutine of the call that has met the pause.
func (q *Queue) shed(l *lane) {
	q.planning.Lock()
	defer q.endPlanning()
	for {
		var s *shedding
		q.step(func(now time.Time) {
			q.machine.advance(now)
			s = q.machine.beginShedding(l)
		})
		if s == nil {
			return
		}
		if q.copyLine(&s.lineCopy); !s.choose() {
			return
		}
		for more := true; more; {
			q.step(func(now time.Time) {
				q.machine.advance(now)
				more = q.machine.shedSome(s, pieceSize)
			})
		}
	}
}

// step is update while q.planning is held. Events are delivered later, for an observer may
// ask for a place. Nothing that is done in a step pauses a lane, so none is to be shed.
func (q *Queue) step(change func(now time.Time)) {
	cancels, _, _ := q.updateLocked(change)
	for _, f := range cancels {
		f()
	}
}

// endPlanning unlocks q.planning, and delivers what happened meanwhile.
func (q *Queue) endPlanning() {
	q.planning.Unlock()
	q.deliverEvents()
}
