package queue

import (
	"math"
	"time"

	"paceline/queue/internal/limiter"
)

// admit returns when r is expected to start, or the error that refuses it if it cannot
// start in time. Where no limit is known, the ETA is a guess and refuses nothing: then the
// longest wait of the requests in line counts instead. A user that is not known yet is
// nil. Who comes back was admitted before: outside a pause it needs only room.
// While the pace is off nobody is refused.
func (m *Machine) admit(l *lane, r *Request, u *user, before bool) (starts time.Duration, _ error) {
	if m.settings.Off {
		return m.now, nil
	}
	n := l.inLine() + 1
	position, amount := l.order.worstPosition(r, u)
	position += l.head.Len
	amount.Add(l.head.amount)
	starts = m.eta(l, m.now, n, work{position, amount})
	wait := starts - m.now
	if m.provisional(l) {
		wait = max(m.earliestStart(l)-m.now, l.pause.until-m.now, m.now-l.oldest(m.now))
	}
	patience := m.settings.MaxWait
	if before && !l.pause.active(m.now) {
		patience = never
	}
	if r.MaxWait > 0 {
		patience = min(patience, r.MaxWait)
	}
	reason, capped := ErrWaitTooLong, l.pause.active(m.now) && l.pause.final
	if capped {
		reason = ErrSpendCap
	}
	full := m.arrivals.Len >= m.settings.MaxQueue
	switch {
	case full:
		reason, capped = ErrQueueFull, false
	case capped && l.pause.undated: // at its end it may well go on
	case wait <= patience, l.pause.active(m.now) && l.pause.opens() <= m.now && l.inLine() == 0: // or it is the probe
		return starts, nil
	}
	guess := full && (m.down(l) || m.provisional(l))
	if guess {
		wait = max(wait, m.oldest()) // at least so long, as it seems
	}
	e := &RefusedError{Reason: reason, Position: position + l.aside.Len, ETA: wait, Guess: guess}
	if capped {
		e.Cap, e.Guess = l.pause.cap, l.pause.undated
	}
	return 0, e
}

// provisional reports whether the ETAs of a lane are guesses.
func (m *Machine) provisional(l *lane) bool { return m.settings.adaptive() && !l.limits.Known() }

// oldest returns the earliest arrival of the requests in line; now if the line is empty.
func (l *lane) oldest(now time.Duration) time.Duration {
	if n := l.head.First; n != nil {
		now = min(now, n.Item.arrived)
	}
	for i := range l.order.classes {
		if n := l.order.classes[i].users.First; n != nil {
			now = min(now, n.Item.line.oldest().arrived)
		}
	}
	return now
}

// worstPosition returns an upper bound of the position that a new request would have,
// from 1, and of what all up to it cost, in constant time. It leaves aside that lower
// classes age meanwhile. Where costs differ the position is about that of a request that
// costs as much as others.
func (o *order) worstPosition(r *Request, u *user) (position int, amount limiter.Amount) {
	class, own := classOf(r.Priority), r.Cost.amount()
	for i := range class {
		position += o.classes[i].len
		amount.Add(o.classes[i].amount)
	}
	c := &o.classes[class]
	turns, all := c.turnsBefore(r, u), c.amount
	all.Add(own)
	part := turns / float64(c.len+1) // of the class that is before it
	if share := o.tariff.share(&own); share > 0 {
		part = turns * share / o.tariff.share(&all)
	}
	part = min(part, 1)
	for d := range all {
		amount[d] += part * all[d]
	}
	return position + int(math.Ceil(part*float64(c.len+1))), amount
}

// turnsBefore returns after how many turns at most a new request would have had its own,
// if all cost the same; where weights differ, about so many. A user that is not known yet is
// nil.
func (c *class) turnsBefore(r *Request, u *user) float64 {
	origin := r.Origin
	if u != nil {
		origin = ""
		if u.sharesTurn() {
			origin = u.origin
		}
	}
	turns, s := 1., &c.root
	among := func(key shareKey, weight float64) {
		if s != nil { // else nobody else waits there
			m := s.find(key)
			turns *= s.turnsOfAll(m, weight)
			s = m
		}
	}
	among(shareKey{name: r.Group}, weight(r.GroupWeight))
	if origin != "" {
		among(shareKey{name: origin}, 1)
	}
	among(shareKey{user: u}, weight(r.UserWeight))
	if s != nil {
		turns *= float64(s.line.turnsBefore(r.Subagent))
	}
	return turns
}

// turnsOfAll returns how many turns the members of s have, for one of a member m of a
// weight, that one included. m may be nil.
func (s *share) turnsOfAll(m *share, weight float64) float64 {
	n, all := s.members.Len(), s.members.Weight()
	if m == nil || !m.Waits() {
		n, all = n+1, all+weight
	}
	return max(float64(n), all/weight) // each has the one that it waits for
}
