package queue

import "time"

// shed fails the requests that, because of a pause, cannot start within MaxWait. Each
// that goes lets the others start earlier; so the later half goes first, and then shed
// computes again. It ignores a pause that grows by less than pauseBase. A [Queue] sheds
// those of a lane in which many wait itself, see [Queue.shed].
func (m *Machine) shed(l *lane) {
	if l.pause.until-l.pause.shed < pauseBase && l.pause.shed > m.now {
		return
	}
	l.pause.shed = l.pause.until
	if m.keepPlans > 0 && l.waiting() >= manyWait {
		if !l.toShed { // else it is done later, for this pause, too
			l.toShed = true
			m.toShed = append(m.toShed, l)
		}
		return
	}
	for s := m.beginShedding(l); s != nil; s = m.beginShedding(l) {
		s.copyAll()
		if !s.choose() {
			return
		}
		m.shedSome(s, len(s.late))
	}
}

// shedding is a step in which some of a line fail because of a pause.
type shedding struct {
	*projection
	aside []planned   // that cannot start within MaxWait
	late  []latecomer // that are still to fail
}

// latecomer is a request that cannot start in time, with its position.
type latecomer struct {
	planned
	position int
}

// beginShedding begins a step of shedding; nil if nobody is late.
func (m *Machine) beginShedding(l *lane) *shedding {
	l.toShed = false
	if l.index < 0 { // it has gone, or joined another one
		l = m.lanes[m.laneName(l.name)]
	}
	if l == nil || !m.maybeLate(l) {
		return nil
	}
	m.projections++
	s := &shedding{projection: m.newProjection(l)}
	for t := range l.aside.All {
		if p := (planned{t, s.paused, t.arrived, likelyStart{}}); s.isLate(p) {
			s.aside = append(s.aside, p)
		}
	}
	return s
}

// isLate reports whether a start would be too late.
func (s *shedding) isLate(p planned) bool { return p.at-p.arrived > s.settings.MaxWait }

// choose chooses who fails, after the line was copied: the later half of those that are
// late. It reports whether there is anybody. It reads nothing that may change meanwhile: a
// [Queue] calls it without its lock.
func (s *shedding) choose() bool {
	entries := s.play().entries
	for i, e := range entries {
		if s.isLate(e) {
			s.late = append(s.late, latecomer{e, i + 1})
		}
	}
	for _, p := range s.aside {
		s.late = append(s.late, latecomer{p, len(entries) + 1})
	}
	s.late = s.late[len(s.late)/2:]
	return len(s.late) > 0
}

// shedSome lets up to so many fail, and reports whether there are more. If the pause or the
// settings have changed since the step began, nobody does.
func (m *Machine) shedSome(s *shedding, n int) (more bool) {
	l := s.lane
	if l.pause.until != s.paused || m.settings != s.settings {
		return false
	}
	n = min(n, len(s.late))
	for _, p := range s.late[:n] {
		t := p.ticket
		if t.lane != l || !t.waiting() {
			continue
		}
		m.end(t)
		class, reason := RateLimited, ErrWaitTooLong
		if l.pause.final {
			class, reason = SpendCap, ErrSpendCap
		}
		e := &Error{Class: class, Retry: RetryNo, Err: reason}
		m.noteFailure(t, e)
		m.failed(t, e)
		m.dropped = append(m.dropped, Drop{t, &RefusedError{
			Reason: reason, Position: p.position, ETA: p.at - m.now, Guess: l.pause.undated, Cap: l.pause.cap,
		}})
	}
	s.late = s.late[n:]
	return len(s.late) > 0
}

// maybeLate reports, cheaply, whether a request may be unable to start within MaxWait. A
// false is certain.
func (m *Machine) maybeLate(l *lane) bool {
	if l.waiting() == 0 {
		return false
	}
	return m.emptyAt(l)-m.arrivals.First.Item.arrived > m.settings.MaxWait
}

// shed fails those of a long line that a pause lets start too late, see [Machine.shed]: a
// piece at a time, on the goroutine of the call that has met the pause.
func (q *Queue) shed(l *lane) {
	q.planning.Lock()
	defer q.endPlanning()
	needed := false
	q.step(func(time.Time) { needed = l.toShed })
	if !needed { // whoever had q.planning before has done it
		return
	}
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
