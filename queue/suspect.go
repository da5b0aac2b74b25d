package queue

import "time"

// suspect is what a lane remembers of 429s that may concern single requests alone. The
// zero suspect remembers none.
type suspect struct {
	ticket  uint64        // the first one refused; zero: none
	since   time.Duration // then
	ofLane  bool          // another one was refused, too: it is the lane
	charged []*Ticket     // requests that it has cost an attempt, once for each
	success time.Duration // the latest start of a call that succeeded
	proved  time.Duration // until then every 429 is the lane's: a refused request has succeeded since
}

// provedFor is how long the lane remembers that 429s are its own, and that a call has
// succeeded.
const provedFor = 10 * time.Minute

// lackingStreak is how many pauses in a row (15 s together) without a success show that
// the account has no access to what the lane asks for.
const lackingStreak = 4

// concerns reports whether a 429 without time and limits is about t alone. It is until
// another request gets one before a later call succeeds; then the attempts that it has
// cost are given back. It is also about t if t is refused again after others succeeded,
// or if nothing succeeded in the lane before and during row pauses.
func (s *suspect) concerns(t *Ticket, now time.Duration, row int) bool {
	switch {
	case now < s.proved:
		return false
	case row >= lackingStreak && !s.answered(now):
		return true
	case t.suspected && s.success > t.lastSuspected: // others have succeeded since it was refused before
		t.lastSuspected = now
		return true
	case s.ofLane:
		t.suspected, t.lastSuspected = true, now
		return false
	case s.ticket == 0:
		s.ticket, s.since = t.id, now
	case s.ticket != t.id:
		s.ofLane = true
		t.suspected, t.lastSuspected = true, now
		for _, other := range s.charged {
			if other.waiting() && other.attempts > 0 {
				other.attempts--
			}
		}
		s.charged = nil
		return false
	}
	s.charged = append(s.charged, t)
	t.suspected, t.lastSuspected = true, now
	return true
}

// answered reports whether a call has succeeded within provedFor.
func (s *suspect) answered(now time.Duration) bool {
	return s.success > 0 && now-s.success < provedFor
}

// matters reports whether the suspicion still has to be remembered.
func (s *suspect) matters(now time.Duration) bool {
	return s.ticket != 0 || now < s.proved || s.answered(now)
}

// succeeded records that the API has accepted the call of t. A request that was refused
// before and succeeds now met a limit of the lane: missing access would still be missing.
func (s *suspect) succeeded(t *Ticket, now time.Duration) {
	if t.suspected {
		t.suspected, s.proved = false, now+provedFor
	}
	s.success = max(s.success, t.started)
	if s.ticket != 0 && t.started > s.since {
		*s = suspect{proved: s.proved, success: s.success}
	}
}
