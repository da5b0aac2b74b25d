package queue

import (
	"cmp"
	"slices"
	"time"
)

// promises are expected starts of one class of a lane, and what became of them. They tell
// how early and how late a start may be: others come and go before, the account gives more
// or less than it told, requests cost more or less than they seemed. Whatever it is, it
// shows in how true the last promises were.
//
// Promises are made when places are asked for, as that is when starts are worked out: to a
// few of those in line, for as long as they wait. The zero promises are none.
type promises struct {
	made    []promise // the oldest first
	stretch stretch   // as of the last plan
}

// promise is an expected start.
type promise struct {
	ticket *Ticket       // nil: it has started
	at     time.Duration // when it was made
	wait   time.Duration // from then on
	seen   time.Duration // when it was last looked at; zero: not yet
	became float64       // by which factor the wait was stretched, as it was expected then
	tends  float64       // the same if it goes on to change as until then
}

// stretch is by which factors the waits of nine starts in ten are stretched, at least and at
// most.
type stretch struct{ least, most float64 }

// stretched returns the wait that an expected one becomes if it is stretched by a factor.
func stretched(wait time.Duration, factor float64) time.Duration {
	return max(time.Duration(factor*float64(wait+promiseSlack))-promiseSlack, 0)
}

// stretchOf returns by which factor an expected wait was stretched.
func stretchOf(wait, expected time.Duration) float64 {
	return float64(wait+promiseSlack) / float64(expected+promiseSlack)
}

const (
	keptPromises   = 32
	promisesAtOnce = 4
	promisesApart  = 2 * time.Second // at least
	promiseAge     = 5 * time.Minute // then what became of a promise counts no more
	promiseSlack   = time.Second     // added to each wait: a second more matters only to the short ones
	mostStretch    = 5               // is the most that a wait tends to
	fewStarts      = 32              // of a lane: what its requests cost is hardly known
	earlyQuantile  = 0.05
	lateQuantile   = 0.95
)

// usualStretches count beside those of the promises, and alone where there are none. Under
// the spaced rule a start is exact if nobody arrives; an adaptive lane may be a little
// sooner or later, and one that has hardly started anything does not know yet what its
// requests cost.
func (l *lane) usualStretches(s *Settings) []float64 {
	switch {
	case !s.Adaptive:
		return []float64{1}
	case l.tariff.starts < fewStarts:
		return []float64{0.4, 1, 1, 2}
	default:
		return []float64{0.9, 1, 1, 1.15}
	}
}

// interval returns after how long at the earliest and at the latest t starts in nine cases
// of ten, if it is expected to start after a wait. It reports whether anybody can know.
func (m *Machine) interval(t *Ticket, wait time.Duration) (early, late time.Duration, known bool) {
	switch {
	case t.state == aside:
		return wait, wait, true
	case m.unforeseeable(t.lane):
		return 0, 0, false
	}
	s := cmp.Or(t.lane.promises[t.class].stretch, stretch{1, 1})
	return stretched(wait, s.least), stretched(wait, s.most), true
}

// unforeseeable reports whether nobody can know when requests of l start: nothing is known
// of the account's limits, or the API is down.
func (m *Machine) unforeseeable(l *lane) bool { return m.provisional(l) || l.broken(&m.settings) }

// reviewPromises compares what was promised in l with its plan, which is new, and makes new
// promises.
func (m *Machine) reviewPromises(l *lane) {
	if m.unforeseeable(l) {
		l.promises = [3]promises{}
		return
	}
	for class := range l.promises {
		p := &l.promises[class]
		p.made = slices.DeleteFunc(p.made, func(one promise) bool { return one.ticket == nil && m.now-one.seen > promiseAge })
		for i := range p.made {
			p.made[i].review(&l.plan, m.now)
		}
		p.stretch = p.stretchNow(l.usualStretches(&m.settings))
		if p.due(m.now) {
			p.add(l.plan.toPromise[class], l, uint8(class), m.now)
		}
	}
}

// review compares a promise with a plan that is new. Of a wait that has just begun nothing
// can be told.
func (p *promise) review(plan *plan, now time.Duration) {
	passed := now - p.at
	if p.ticket == nil || passed < max(p.wait/10, time.Second) {
		return
	}
	if i, ok := plan.of(p.ticket); ok {
		wait := plan.entries[i].at - p.at
		slip := float64(wait-p.wait) / float64(passed)
		p.seen, p.became, p.tends = now, stretchOf(wait, p.wait), 1/(1-min(slip, 1-1./mostStretch))
	}
}

// stretchNow returns the stretch of nine waits in ten. It includes waits as they are
// expected: perhaps nobody else arrives.
func (p *promises) stretchNow(usual []float64) stretch {
	all := usual
	for i := range p.made {
		if one := &p.made[i]; one.seen > 0 {
			all = append(all, one.became, one.tends)
		}
	}
	slices.Sort(all)
	quantile := func(q float64) float64 { return all[int(q*float64(len(all)))] }
	return stretch{min(quantile(earlyQuantile), 1), max(quantile(lateQuantile), 1)}
}

// due reports whether it is time for new promises. What is kept then covers about one wait.
func (p *promises) due(now time.Duration) bool {
	n := len(p.made)
	return n == 0 || now-p.made[n-1].at >= max(p.made[n-1].wait*promisesAtOnce/keptPromises, promisesApart)
}

// chosen returns a few of some entries, evenly from the front of the line to its end.
func chosen(entries []planned, of func(*Ticket) bool) (few []planned) {
	n, seen := 0, 0
	for i := range entries {
		if of(entries[i].ticket) {
			n++
		}
	}
	for i := range entries {
		if !of(entries[i].ticket) {
			continue
		}
		if seen++; seen*promisesAtOnce/n > (seen-1)*promisesAtOnce/n {
			few = append(few, entries[i])
		}
	}
	return few
}

// add makes promises to those that still stand in the line of l in a class.
func (p *promises) add(to []planned, l *lane, class uint8, now time.Duration) {
	for _, e := range to {
		if !l.has(e.ticket) || e.ticket.class != class { // it has left, or moved up, while the plan was made
			continue
		}
		if len(p.made) == keptPromises {
			p.made = slices.Delete(p.made, 0, 1)
		}
		p.made = append(p.made, promise{ticket: e.ticket, at: now, wait: max(e.at-now, 0)})
		e.ticket.promised = true
	}
}

// settlePromises notes that t no longer waits: it starts now, or it has left.
func (l *lane) settlePromises(t *Ticket, now time.Duration, starts bool) {
	if !t.promised {
		return
	}
	t.promised = false
	for class := range l.promises {
		p := &l.promises[class]
		for i := range p.made {
			if one := &p.made[i]; one.ticket == t && starts {
				by := stretchOf(now-one.at, one.wait)
				one.ticket, one.seen, one.became, one.tends = nil, now, by, by
			}
		}
		p.made = slices.DeleteFunc(p.made, func(one promise) bool { return one.ticket == t })
	}
}
