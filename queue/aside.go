package queue

import (
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// reason is why a ticket stands aside, so that others pass although its turn may
// have come. It does so until a time or an event; then it comes back.
type reason uint8

const (
	// forRetry: its own back-off, until that is over. It comes back to the front of
	// its user's line.
	forRetry reason = iota
	// forPause: a pause of its lane that may be about it alone, until others have gone first
	// after its end. It comes back to its place by arrival.
	forPause
	// forLimit: the API has refused it again and again although its bucket seemed to hold
	// enough, which smaller ones are not; until asideUntil they pass it. Then it comes back
	// to the lane's head, where few may, see [order.passer].
	forLimit
	// forOthers: it failed as a try of a breaker, until the breaker has closed or
	// nobody else is left to try. It comes back to the lane's head.
	forOthers
)

// String returns the reason as on the wire, for the breaker of a lane's overload.
func (r reason) String() string {
	return [...]string{forRetry: "backoff", forPause: "backoff", forLimit: "limit", forOthers: "overload"}[r]
}

// asides are the requests of a lane that stand aside, by when they come back. The zero asides
// are none.
type asides struct {
	list.List[*Ticket]
	amount limiter.Amount // what they cost
}

// insert puts t behind the one at.
func (a *asides) insert(t *Ticket, at *list.Node[*Ticket]) {
	a.InsertAfter(&t.place, at)
	a.amount.Add(t.cost)
	t.state = aside
}

// remove takes t out.
func (a *asides) remove(t *Ticket) {
	a.Remove(&t.place)
	if a.amount.Sub(t.cost); a.Len == 0 {
		a.amount = limiter.Amount{} // no rounding is left over
	}
}

// maxBypass is how long others may delay one that stands aside for a limit.
const maxBypass = time.Minute

// standAside lets t stand aside for a reason until a time, never for an event.
func (l *lane) standAside(t *Ticket, why reason, until time.Duration) {
	l.aside.insert(t, l.lastBackBy(until))
	t.reason, t.since = why, until
}

// lastBackBy returns the last of those that come back at a time or before; nil if none does.
func (l *lane) lastBackBy(at time.Duration) *list.Node[*Ticket] {
	n := l.aside.Last
	for n != nil && n.Item.since > at {
		n = n.Prev
	}
	return n
}

// endPauseWaits lets those who stand aside for a pause come back at a time, in their order:
// the pause has ended early.
func (l *lane) endPauseWaits(at time.Duration) {
	last := l.lastBackBy(at)
	n := l.aside.First
	if last != nil {
		n = last.Next
	}
	for n != nil {
		t := n.Item
		n = n.Next
		if t.reason == forPause {
			l.aside.Remove(&t.place)
			l.aside.InsertAfter(&t.place, last)
			t.since, last = at, &t.place
		}
	}
}

// rejoin brings back the first of those that stand aside, which is due at now.
func (l *lane) rejoin(s *Settings, now time.Duration) {
	t := l.aside.First.Item
	l.aside.remove(t)
	switch t.reason {
	case forRetry:
		l.order.join(t, now, true)
		l.noteJoined(t)
	case forPause:
		l.order.insert(t, now)
		l.noteJoined(t)
	case forLimit:
		if at, _ := l.nextStart(s, t); at > now && now < t.asideUntil { // others have taken of it
			l.standAside(t, forLimit, min(at, t.asideUntil))
			return
		}
		l.putAtHead(t, now)
	default:
		l.putAtHead(t, now)
	}
}

// firstFailedTry returns the first of those that failed as a try; nil if there is none.
func (l *lane) firstFailedTry() *Ticket {
	var first *Ticket
	for n := l.aside.Last; n != nil && n.Item.since == never; n = n.Prev {
		first = n.Item
	}
	return first
}

// releaseFailedTries brings back all that failed as a try.
func (l *lane) releaseFailedTries(now time.Duration) {
	first := l.firstFailedTry()
	if first == nil {
		return
	}
	for n := &first.place; n != nil; {
		t := n.Item
		n = n.Next
		l.aside.remove(t)
		l.putAtHead(t, now)
	}
}
