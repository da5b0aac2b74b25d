package queue

import (
	"slices"
	"time"
)

// promises are expected starts of one class of a lane, and what became of them. They tell
// how early and how late a start may be: the account gives more or less than it told,
// requests cost more or less than they seemed, more or fewer others come than of late.
// Whatever it is, it shows in how true the last promises were.
//
// Promises are made when places are asked for, as that is when starts are worked out: to a
// few of those in line, for as long as they wait. The zero promises are none.
type promises struct {
	made    []promise       // the oldest first
	stretch [scales]stretch // of waits of each scale, see [scaleOf]; zero: not worked out yet
}

// promise is an expected start.
type promise struct {
	alone  expectation // if nobody else comes: it tells how early a start may be
	likely expectation // if as many come as of late: it tells how late
	ticket *Ticket     // nil: it has started
}

const (
	keptPromises   = 32
	promisesAtOnce = 4
	promisesApart  = 2 * time.Second // at least
	promiseAge     = 5 * time.Minute // then what became of a promise counts no more
)

// reviewPromises compares what was promised in l with its plan, which is new, and makes new
// promises. Those that were made before something else became known of the limits say
// nothing about how true the new ones are.
func (m *Machine) reviewPromises(l *lane) {
	if m.unforeseeable(l) {
		l.promises = [3]promises{}
		return
	}
	if basis := l.limits.Basis(); m.settings.adaptive() && basis != l.basis {
		l.promises, l.basis = [3]promises{}, basis
	}
	for class := range l.promises {
		p := &l.promises[class]
		p.made = slices.DeleteFunc(p.made, func(one promise) bool { return one.ticket == nil && m.now-one.likely.seen > promiseAge })
		for i := range p.made {
			p.made[i].review(&l.plan, m.now)
		}
		p.stretch = [scales]stretch{}
		if p.due(m.now) {
			p.add(l.plan.toPromise[class], l, uint8(class), m.now)
		}
	}
}

// review compares a promise with a plan that is new. Of a wait that has just begun nothing
// can be told.
func (p *promise) review(plan *plan, now time.Duration) {
	if p.ticket == nil || p.likely.isFresh(now) {
		return
	}
	if i, ok := plan.of(p.ticket); ok {
		p.alone.expect(now, plan.entries[i].at)
		p.likely.expect(now, plan.entries[i].likely.at)
	}
}

// due reports whether it is time for new promises. What is kept then covers about one wait.
func (p *promises) due(now time.Duration) bool {
	n := len(p.made)
	if n == 0 {
		return true
	}
	last := &p.made[n-1].alone
	return now-last.at >= max(last.wait/(keptPromises/promisesAtOnce), promisesApart)
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
		p.made = append(p.made, promise{
			alone:  expectation{at: now, wait: max(e.at-now, 0)},
			likely: expectation{at: now, wait: max(e.likely.at-now, 0)},
			ticket: e.ticket,
		})
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
				one.ticket = nil
				one.alone.end(now)
				one.likely.end(now)
			}
		}
		p.made = slices.DeleteFunc(p.made, func(one promise) bool { return one.ticket == t })
	}
}
