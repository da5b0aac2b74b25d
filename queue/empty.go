package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// emptyTimes are times at which the line of an adaptive lane was expected to be empty if
// nobody else came, and what became of them. They tell how early and how late such a time
// may be: others use the account, costs are estimated wrong. Requests that arrive later may
// start first, and delay the old line by as much as they cost. So the old line is done when
// no more work is left than has arrived since. The zero emptyTimes are none.
type emptyTimes struct {
	made  []emptyTime   // the oldest first
	seen  time.Duration // when they were last looked at
	basis uint64        // of what they were made of, see [limiter.Limiter.Basis]
}

// emptyTime is one of them.
type emptyTime struct {
	expectation
	come work // to the lane since then, without what has left again before a start
	over bool // the line was seen to be empty, or was not watched until then
}

const (
	keptEmptyTimes  = 16
	emptyTimesApart = 2 * time.Second // at least
)

// due reports whether it is time for the next one. Those that are kept cover about one wait.
func (e *emptyTimes) due(now time.Duration) bool {
	if len(e.made) == 0 {
		return true
	}
	last := &e.made[len(e.made)-1]
	return now-last.at >= max(last.wait/keptEmptyTimes, emptyTimesApart)
}

// came notes that a request has come which arrived at a time: now, or before it left and came
// back.
func (e *emptyTimes) came(arrived time.Duration, cost limiter.Amount) {
	for i := range e.made {
		if one := &e.made[i]; one.at <= arrived {
			one.come.add(cost)
		}
	}
}

// left notes that a request which arrived at a time has left without a start.
func (e *emptyTimes) left(arrived time.Duration, cost limiter.Amount) {
	for i := range e.made {
		if one := &e.made[i]; one.at <= arrived {
			one.come.sub(cost)
		}
	}
}

// leftBut returns what is left of the work in l but for as much as has come since a time.
func (l *lane) leftBut(come *work) work {
	left := l.work()
	left.requests = max(left.requests-come.requests, 0)
	for d := range left.amount {
		left.amount[d] = max(left.amount[d]-come.amount[d], 0)
	}
	return left
}

// watchEmptying compares the kept times of the lane that will be empty last with what is
// expected now, and keeps a new one. It runs each second.
func (m *Machine) watchEmptying() {
	l, known := m.lastEmpty()
	if l == nil || !known || !m.settings.adaptive() {
		return
	}
	e := &l.emptyTimes
	if basis := l.limits.Basis(); basis != e.basis {
		*e = emptyTimes{basis: basis}
	}
	gap := m.now-e.seen > emptyTimesApart // the line was empty, or another one was longer
	e.seen = m.now
	kept := e.made[:0]
	for _, one := range e.made {
		if gap {
			one.over = true // as far as it was seen
		}
		if m.review(l, &one); !one.over || m.now-one.seen <= promiseAge && one.seen > 0 {
			kept = append(kept, one)
		}
	}
	e.made = kept
	wait := m.keptEmptyAt(l) - m.now
	if wait < time.Second || !e.due(m.now) {
		return
	}
	if len(e.made) == keptEmptyTimes {
		e.made = append(e.made[:0], e.made[1:]...)
	}
	e.made = append(e.made, emptyTime{expectation: expectation{at: m.now, wait: wait}})
}

// review compares a time at which l was expected to be empty with what is expected now.
func (m *Machine) review(l *lane, one *emptyTime) {
	if one.over || one.isFresh(m.now) {
		return
	}
	left := l.leftBut(&one.come)
	if at := m.startedAt(l, left); at > m.now {
		one.expect(m.now, at)
	} else {
		one.over = true
		one.end(m.now)
	}
}

// lastEmpty returns the lane of which those who wait will have started last if nobody else
// comes; nil if nobody waits. It is false where nobody can know. It requires that
// [Machine.lineEnds] are worked out.
func (m *Machine) lastEmpty() (last *lane, known bool) {
	for _, l := range m.heap {
		switch {
		case l.waiting() == 0:
		case l.allStarted == never || m.unforeseeable(l):
			return nil, false
		case last == nil || l.allStarted > last.allStarted:
			last = l
		}
	}
	return last, last != nil
}

// emptyIn returns after how long all who wait will have started if nobody else comes, and
// between which times in nine cases of ten. It is false while nobody waits, and where nobody
// can know.
func (m *Machine) emptyIn() (wait time.Duration, between interval, known bool) {
	l, known := m.lastEmpty()
	if !known {
		return 0, interval{}, false
	}
	wait = max(l.allStarted-m.now, 0)
	if !m.settings.adaptive() {
		return wait, interval{wait, wait}, true
	}
	return wait, l.emptyStretch(wait).around(wait, l.costsAreOff(0, l.waiting(), wait)), true
}

// overlapping widens the interval by a fifth: the kept times overlap, and so have the same
// errors. TestLinesAreEmptyInTheirIntervals of the package replay chose it.
const overlapping = 1.2

// emptyStretch returns the stretch of a time until the line of l is empty.
func (l *lane) emptyStretch(wait time.Duration) stretch {
	factors := l.usualEmptying()
	for i := range l.emptyTimes.made {
		if one := &l.emptyTimes.made[i]; one.seen > 0 {
			factors = append(factors, 1+overlapping*one.part(wait)*(one.tends-1))
		}
	}
	return stretchOfMost(factors)
}

// usualEmptying are factors that count beside those of the last times, see
// [lane.usualStretches].
func (l *lane) usualEmptying() []float64 {
	switch {
	case l.tariff.starts < fewStarts:
		return []float64{0.6, 1, 1, 1.5}
	case l.limits.Certainty() == limiter.Rough:
		return []float64{0.75, 1, 1, 1.5}
	default:
		return []float64{0.95, 1, 1, 1.1}
	}
}
