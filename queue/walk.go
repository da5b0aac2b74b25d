package queue

import (
	"slices"
	"time"

	"paceline/queue/internal/list"
)

// walk is a way through those that wait as it begins, by arrival. They may change meanwhile:
// those that leave before the walk has come to them are left out.
type walk struct {
	next *list.Node[*Ticket] // of the arrivals; nil at the end
	last uint64              // the latest request that it comes to
}

// beginWalk begins a walk, which must be ended.
func (m *Machine) beginWalk() *walk {
	w := &walk{next: m.arrivals.First, last: m.lastID}
	m.walks = append(m.walks, w)
	return w
}

func (m *Machine) endWalk(w *walk) {
	m.walks = slices.DeleteFunc(m.walks, func(other *walk) bool { return other == w })
}

// over reports whether nobody is left.
func (w *walk) over() bool { return w.next == nil || w.next.Item.id > w.last }

// step returns the next one; there must be one.
func (w *walk) step() *Ticket {
	t := w.next.Item
	w.next = w.next.Next
	return t
}

// some calls f for so many, which may leave, and reports whether there are more.
func (w *walk) some(steps int, f func(*Ticket)) (more bool) {
	for ; steps > 0 && !w.over(); steps-- {
		f(w.step())
	}
	return !w.over()
}

// skipInWalks lets walks go on behind t, which is about to leave those that wait.
func (m *Machine) skipInWalks(t *Ticket) {
	for _, w := range m.walks {
		if w.next == &t.arrival {
			w.next = t.arrival.Next
		}
	}
}

// eachWaiting calls f for all that wait now, by arrival, in pieces. They may leave.
func (q *Queue) eachWaiting(f func(*Ticket)) {
	var w *walk
	q.update(func(now time.Time) {
		q.machine.advance(now)
		w = q.machine.beginWalk()
	})
	defer q.update(func(time.Time) { q.machine.endWalk(w) })
	for more := true; more; {
		q.update(func(now time.Time) {
			q.machine.advance(now)
			more = w.some(pieceSize, f)
		})
	}
}
