package queue

import "time"

// reason is why a ticket stands aside, so that others pass although its turn may
// have come. It does so until a time or an event; then it comes back.
type reason uint8

const (
	// forRetry: its own back-off, until that is over. It comes back to the front of
	// its user's line.
	forRetry reason = iota
	// forLimit: the API has refused it again and again although its bucket seemed to hold
	// enough, which smaller ones are not; until asideUntil they pass it. Then it comes back
	// to the lane's head, where few may, see [order.passer].
	forLimit
	// forOthers: it failed as a try of a breaker, until the breaker has closed or
	// nobody else is left to try. It comes back to the lane's head.
	forOthers
)

// String returns the reason as on the wire.
func (r reason) String() string {
	return [...]string{forRetry: "backoff", forLimit: "limit", forOthers: "overload"}[r]
}

// maxBypass is how long others may delay one that stands aside for a limit.
const maxBypass = time.Minute

// standAside lets t stand aside for a reason until a time, never for an event.
func (l *lane) standAside(t *Ticket, why reason, until time.Duration) {
	at := l.aside.Last
	for at != nil && at.Item.since > until {
		at = at.Prev
	}
	l.aside.InsertAfter(&t.place, at)
	t.state, t.reason, t.since = aside, why, until
}

// endBackoffs lets those come back at a time who were refused, and would come back later:
// when a pause ends early, they wait for its end no more.
func (l *lane) endBackoffs(at time.Duration) {
	for n := l.aside.Last; n != nil && n.Item.since > at; {
		t := n.Item
		n = n.Prev
		if t.reason == forRetry && t.refusals > 0 {
			l.aside.Remove(&t.place)
			l.standAside(t, forRetry, at)
		}
	}
}

// rejoin brings back the first of those that stand aside, which is due at now.
func (l *lane) rejoin(s *Settings, now time.Duration) {
	t := l.aside.First.Item
	l.aside.Remove(&t.place)
	switch t.reason {
	case forRetry:
		l.order.join(t, now, true)
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
	for t := l.firstFailedTry(); t != nil; t = l.firstFailedTry() {
		l.aside.Remove(&t.place)
		l.putAtHead(t, now)
	}
}
