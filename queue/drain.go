package queue

import (
	"sort"
	"time"
)

// shutdownName is who cancels what the end of a drain finds.
const shutdownName = "the shutdown"

// Close refuses later requests with [ErrClosed]. Waiting requests are still served until ends,
// when the driver calls [Machine.Abort]; a zero ends means that all are served. Of several
// calls the earliest end holds.
func (m *Machine) Close(now, ends time.Time) {
	m.advance(now)
	at, lasts := never, time.Duration(0)
	if !ends.IsZero() {
		at = ends.Sub(m.epoch)
		lasts = max(at-m.now, 0)
	}
	if m.closed && at >= m.ends {
		return
	}
	if !m.closed || lasts > 0 { // else it is an Abort, of which each request says so
		m.emit(&Event{Kind: KindDraining, Millis: lasts.Round(100 * time.Millisecond).Milliseconds()})
	}
	m.closed, m.ends = true, at
}

// Abort ends everything that waits or runs, as cancelled; [Machine.Dropped] names
// it, with [ErrClosed].
func (m *Machine) Abort(now time.Time) {
	m.Close(now, now)
	for n := m.arrivals.First; n != nil; n = m.arrivals.First {
		m.abort(n.Item)
	}
	for n := m.active.First; n != nil; n = m.active.First {
		m.abort(n.Item)
	}
}

func (m *Machine) abort(t *Ticket) {
	m.leave(t, shutdownName)
	m.dropped = append(m.dropped, Drop{t, ErrClosed})
}

// endsSoon reports whether the queue drains, and ends what is left at a time.
func (m *Machine) endsSoon() bool { return m.closed && m.ends != never }

// endsBefore reports whether the queue drains, and ends what is left before a time.
func (m *Machine) endsBefore(at time.Duration) bool { return m.endsSoon() && m.ends < at }

// servedBy returns how many of those who wait will probably have been answered at a time, and
// false where nobody can know: calls take as long as they did lately.
func (m *Machine) servedBy(at time.Duration) (served int, known bool) {
	took, _ := m.metrics.response.Average(m.now)
	for _, l := range m.heap {
		if l.waiting() == 0 {
			continue
		}
		if m.unforeseeable(l) {
			return 0, false
		}
		served += m.startedBy(l, at-took)
	}
	return served, true
}

// startedBy returns how many of those who wait in l will probably have started at a time.
func (m *Machine) startedBy(l *lane, at time.Duration) int {
	from := func(begin time.Duration, n int) int {
		return sort.Search(n, func(i int) bool { return m.eta(l, begin, n, l.meanWork(i+1)) > at })
	}
	started := from(m.now, l.waiting())
	back := 0
	for t := range l.aside.All {
		if m.returnTime(t) <= at {
			back++
		}
	}
	if back > 0 {
		back = from(m.returnTime(l.aside.First.Item), back)
	}
	return min(started, l.inLine()+back)
}

// drain returns what becomes of those who wait while the queue drains; nil if the queue does
// not drain, or drains without an end.
func (m *Machine) drain() *Drain {
	if !m.endsSoon() {
		return nil
	}
	d := &Drain{EndsInMs: max(m.ends-m.now, 0).Milliseconds()}
	if served, known := m.servedBy(m.ends); known {
		d.Served = &served
	}
	return d
}
