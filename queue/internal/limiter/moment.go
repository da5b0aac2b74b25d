package limiter

import (
	"math"
	"time"
)

// moment is the time of which the latest report tells what was left, and what the calls cost
// that had been started until then and ran. The sums move on with it and with each call that
// changes.
type moment struct {
	number  uint64 // the latest of them; zero: nothing was reported
	at      time.Duration
	changes changes // since then, and some that concern it no more

	running Amount  // what ran, the latest start among it
	guessed float64 // input of it whose truth was not known
	// Output of calls that still run, started after aged: all of it, and each
	// multiplied by the seconds from base to its start.
	young, youngStarted float64
	aged                uint64 // calls up to this number have run for longer than usual
	base                time.Duration
	// Output of calls that have ended since: what was not produced yet, and how much of
	// it is produced each second.
	unproduced, produced float64

	// What those cost that started at about the same time, and may have arrived in any
	// order: from firstBefore to the latest start, and from there to firstLater, which is too
	// late.
	before, after           Amount
	firstBefore, firstLater uint64
}

// change says that a call has ended, or that the truth about its input is known.
type change struct {
	number uint64
	at     time.Duration
}

// changes are changes in the order of their times. The zero changes are none.
type changes struct {
	buffer []change
	gone   int // at the buffer's beginning
}

// next returns the earliest; false if there is none.
func (q *changes) next() (change, bool) {
	if q.gone == len(q.buffer) {
		return change{}, false
	}
	return q.buffer[q.gone], true
}

func (q *changes) add(c change) {
	if len(q.buffer) == cap(q.buffer) && 2*q.gone >= len(q.buffer) {
		q.buffer = q.buffer[:copy(q.buffer, q.buffer[q.gone:])]
		q.gone = 0
	}
	q.buffer = append(q.buffer, c)
}

// counted says in which sums of the moment a call's cost is.
type counted uint8

const (
	countedRunning counted = 1 << iota
	countedGuessed
	countedYoung
	countedUnproduced
)

// count adds a call that started until the moment to the sums.
func (m *moment) count(number uint64, c *call) {
	if c.ended && c.end <= m.at {
		return
	}
	in := countedRunning
	if c.estimate > 0 || c.known > m.at {
		in |= countedGuessed
	}
	switch {
	case c.ended:
		in |= countedUnproduced
	case number > m.aged:
		in |= countedYoung
	}
	m.enter(c, in)
}

// uncount takes a call out of the sums.
func (m *moment) uncount(c *call) { m.leave(c, c.counted) }

func (m *moment) enter(c *call, in counted) {
	c.counted |= in
	m.weigh(c, in, c.cost)
}

func (m *moment) leave(c *call, in counted) {
	if in == 0 {
		return
	}
	c.counted &^= in
	m.weigh(c, in, Amount{}.minus(c.cost))
}

// weigh adds so much to the sums, for a call.
func (m *moment) weigh(c *call, in counted, more Amount) {
	if in&countedRunning != 0 {
		m.running.Add(more)
	}
	if in&countedGuessed != 0 {
		m.guessed += more[Input]
	}
	if in&countedYoung != 0 {
		m.young += more[Output]
		m.youngStarted += more[Output] * (c.at - m.base).Seconds()
	}
	if in&countedUnproduced != 0 {
		took := (c.end - c.at).Seconds()
		m.produced += more[Output] / took
		m.unproduced += more[Output] * (1 - (m.at-c.at).Seconds()/took)
	}
}

// unproducedOutput is how much output was not produced yet, where calls that still run
// take so long.
func (m *moment) unproducedOutput(took time.Duration) float64 {
	left := m.young
	if took > 0 {
		left -= (m.young*(m.at-m.base).Seconds() - m.youngStarted) / took.Seconds()
	}
	return max(left, 0) + max(m.unproduced, 0)
}

// changed takes in that a call of a number has ended, or that its input is known.
func (l *callLog) changed(now time.Duration, number uint64) {
	m := &l.moment
	if c := l.call(number); number <= m.number {
		m.uncount(c)
		m.count(number, c)
	}
	for c, ok := m.changes.next(); ok && c.number <= l.first; c, ok = m.changes.next() {
		m.changes.gone++
	}
	if now > m.at {
		m.changes.add(change{number, now})
	}
}

// moveMoment makes a time the moment that is not an earlier one, and at or after the latest
// start that happened until then. took is the usual duration of a call.
func (l *callLog) moveMoment(number uint64, at, took time.Duration) {
	m := &l.moment
	m.unproduced -= m.produced * (at - m.at).Seconds()
	m.at = at
	if m.young == 0 {
		m.base, m.youngStarted = at, 0
	}
	for c, ok := m.changes.next(); ok && c.at <= at; c, ok = m.changes.next() {
		if m.changes.gone++; c.number <= m.number && c.number > l.first {
			changed := l.call(c.number)
			m.uncount(changed)
			m.count(c.number, changed)
		}
	}
	for n := max(m.number, l.first) + 1; n <= number; n++ {
		m.count(n, l.call(n))
	}
	l.moveNeighbours(number)
	m.number = number
	l.age(took)
}

// age tells the calls that have run for longer than usual from the others.
func (l *callLog) age(took time.Duration) {
	m := &l.moment
	if took <= 0 { // not known yet
		took = math.MaxInt64
	}
	m.aged = max(m.aged, l.first)
	for ; m.aged < m.number; m.aged++ {
		c := l.call(m.aged + 1)
		if m.at-c.at < took {
			break
		}
		m.leave(c, c.counted&countedYoung)
	}
	for ; m.aged > l.first; m.aged-- {
		c := l.call(m.aged)
		if m.at-c.at >= took {
			break
		}
		if !c.ended {
			m.enter(c, countedYoung)
		}
	}
}

// moveNeighbours moves the sums of what started at about the same time as the moment to
// that of a number.
func (l *callLog) moveNeighbours(number uint64) {
	m := &l.moment
	for n := max(m.number, l.first+1); n < number; n++ {
		m.before.Add(l.call(n).cost)
	}
	for n := max(m.number, l.first) + 1; n <= number && n < m.firstLater; n++ {
		m.after.Sub(l.call(n).cost)
	}
	m.firstBefore = max(m.firstBefore, l.first+1)
	for ; m.firstBefore < number && m.at-l.call(m.firstBefore).at > jitter; m.firstBefore++ {
		m.before.Sub(l.call(m.firstBefore).cost)
	}
	m.firstLater = max(m.firstLater, number+1)
	for ; m.firstLater <= l.last() && l.call(m.firstLater).at-m.at <= jitter; m.firstLater++ {
		m.after.Add(l.call(m.firstLater).cost)
	}
	if m.firstBefore == number {
		m.before = Amount{} // no rounding is left over
	}
	if m.firstLater == number+1 {
		m.after = Amount{}
	}
}

// weighNeighbour adds so much to the sum in which a neighbour of the moment is.
func (m *moment) weighNeighbour(number uint64, more Amount) {
	switch {
	case number >= m.firstBefore && number < m.number:
		m.before.Add(more)
	case number > m.number && number < m.firstLater:
		m.after.Add(more)
	}
}

// setCost sets what a call of a number costs.
func (l *callLog) setCost(number uint64, cost Amount) {
	c := l.call(number)
	more := cost.minus(c.cost)
	l.moment.weigh(c, c.counted, more)
	l.moment.weighNeighbour(number, more)
	c.cost = cost
	if number <= l.units.number {
		l.units.own.Add(more)
	}
	for d := range more {
		if more[d] != 0 && number > l.moment.number {
			l.replays[d] = replay{} // it is of another cost
		}
	}
}

// discount takes a call that is forgotten out of all sums.
func (l *callLog) discount(number uint64) {
	c := l.call(number)
	l.moment.uncount(c)
	l.moment.weighNeighbour(number, Amount{}.minus(c.cost))
}

// recount computes the sums anew, so that no rounding adds up.
func (l *callLog) recount() {
	old := l.moment
	m := &l.moment
	*m = moment{number: old.number, at: old.at, changes: old.changes, aged: old.aged, base: old.at,
		firstBefore: old.firstBefore, firstLater: old.firstLater}
	for number := l.first + 1; number <= l.last(); number++ {
		c := l.call(number)
		c.counted = 0
		if number <= m.number {
			m.count(number, c)
		}
		m.weighNeighbour(number, c.cost)
	}
}
