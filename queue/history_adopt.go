package queue

import (
	"math"
	"time"

	"paceline/queue/internal/history"
)

// AdoptHistory puts what happened elsewhere before the queue began in front of its history:
// the past of a demo, say. Unlike [RestoreHistory] it is for a queue that runs: what has
// happened in it meanwhile stays, and that it began is no restart. It is for a queue whose
// history nobody keeps.
func (q *Queue) AdoptHistory(h HistoryState) {
	q.update(func(now time.Time) { q.machine.AdoptHistory(now, h) })
}

// AdoptHistory is [Queue.AdoptHistory] at now.
func (m *Machine) AdoptHistory(now time.Time, h HistoryState) {
	m.advance(now)
	l := &m.timeline
	own, troubles := l.store.View(), l.troubles.between(time.Time{}, time.UnixMilli(math.MaxInt64), 0)
	l.store, l.troubles = history.Store{}, troubleLog{}
	l.goOnAfter(h.before(l.began))
	for one := range own.All(0) {
		l.store.Add(one)
	}
	for i := range troubles {
		e := troubles[i].event()
		l.troubles.add(&e)
	}
}

// before returns what was over at a time, in seconds since 1970.
func (h HistoryState) before(at int64) HistoryState {
	over := HistoryState{Runs: h.Runs, Troubles: h.Troubles}
	for _, one := range h.Slices {
		if one.At.Unix()+one.LengthMs/1000 <= at {
			over.Slices = append(over.Slices, one)
		}
	}
	return over
}
