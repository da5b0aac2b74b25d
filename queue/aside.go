package queue

import "time"

// reason is why a ticket stands aside, so that others pass although its turn may
// have come. It does so until a time or an event; then it comes back.
type reason uint8

const (
	// forRetry: its own back-off, until that is over. It comes back to the front of
	// its user's line.
	forRetry reason = iota
	// forLimit: a limit that the others' costs fit, until the bucket holds its own, or
	// until its bound: from then on nobody passes. It comes back to the lane's head.
	forLimit
	// forOthers: it failed as a try of a breaker, until the breaker has closed or
	// nobody else is left to try. It comes back to the lane's head.
	forOthers
)

// String returns the reason as on the wire.
func (r reason) String() string {
	return [...]string{forRetry: "backoff", forLimit: "limit", forOthers: "overload"}[r]
}

// passed is how long others may delay one that stands aside for a limit.
const passed = time.Minute

// standAside lets t stand aside for a reason until a time, never for an event.
func (l *lane) standAside(t *Ticket, why reason, until time.Duration) {
	at := l.aside.last
	for at != nil && at.item.since > until {
		at = at.prev
	}
	l.aside.insertAfter(&t.place, at)
	t.state, t.reason, t.since = aside, why, until
}

// comeBack brings back the first of those that stand aside, which is due at now.
func (l *lane) comeBack(s *Settings, now time.Duration) {
	t := l.aside.first.item
	l.aside.remove(&t.place)
	switch t.reason {
	case forRetry:
		l.order.join(t, now, true)
	case forLimit:
		if at, _ := l.gate(s, t); at > now && now < t.bound { // others have taken of it
			l.standAside(t, forLimit, min(at, t.bound))
			return
		}
		l.putAtHead(t)
	default:
		l.putAtHead(t)
	}
}

// tried returns the first of those that failed as a try; nil if there is none.
func (l *lane) tried() *Ticket {
	var first *Ticket
	for n := l.aside.last; n != nil && n.item.since == never; n = n.prev {
		first = n.item
	}
	return first
}

// releaseTried brings back all that failed as a try.
func (l *lane) releaseTried() {
	for t := l.tried(); t != nil; t = l.tried() {
		l.aside.remove(&t.place)
		l.putAtHead(t)
	}
}
