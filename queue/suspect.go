package queue

import "time"

// suspect is what a lane remembers of 429s that may concern single requests alone:
// the zero suspect is nothing.
type suspect struct {
	ticket  uint64        // the first one refused; zero: none
	since   time.Duration // then
	ofLane  bool          // another one was refused, too: it is the lane
	charged []*Ticket     // those whom it has cost an attempt, once for each
	success time.Duration // the latest start of a call that succeeded
	proved  time.Duration // until then every such 429 is the lane's: one that was refused so has succeeded since
}

// provedFor is how long it is remembered that such 429s are the lane's, and that the
// lane has been answered.
const provedFor = 10 * time.Minute

// lackingStreak is how many pauses in a row, of 15 s together, without a success say that
// what the lane asks for is what the account lacks.
const lackingStreak = 4

// concerns reports whether a 429 without a time and without limits is about t alone:
// until another request is refused in the same way before a success of a call that
// started after the first refusal. What it has cost of attempts is given back then.
// One that is refused again, although others have succeeded since, has itself to blame;
// and so has each of a lane in which nothing has succeeded, before and in row pauses.
func (p *suspect) concerns(t *Ticket, now time.Duration, row int) bool {
	switch {
	case now < p.proved:
		return false
	case row >= lackingStreak && !p.answered(now):
		return true
	case t.suspected && p.success > t.lastSuspected: // others have succeeded since it was refused before
		t.lastSuspected = now
		return true
	case p.ofLane:
		t.suspected, t.lastSuspected = true, now
		return false
	case p.ticket == 0:
		p.ticket, p.since = t.id, now
	case p.ticket != t.id:
		p.ofLane = true
		t.suspected, t.lastSuspected = true, now
		for _, other := range p.charged {
			if other.waiting() && other.attempts > 0 {
				other.attempts--
			}
		}
		p.charged = nil
		return false
	}
	p.charged = append(p.charged, t)
	t.suspected, t.lastSuspected = true, now
	return true
}

// answered reports whether something has succeeded of late.
func (p *suspect) answered(now time.Duration) bool {
	return p.success > 0 && now-p.success < provedFor
}

// matters reports whether it is still to be remembered.
func (p *suspect) matters(now time.Duration) bool {
	return p.ticket != 0 || now < p.proved || p.answered(now)
}

// succeeded notes that the API took in the call of t. What the account lacks it would
// still lack: a request that was refused and succeeds now has met a limit of the lane.
func (p *suspect) succeeded(t *Ticket, now time.Duration) {
	if t.suspected {
		t.suspected, p.proved = false, now+provedFor
	}
	p.success = max(p.success, t.started)
	if p.ticket != 0 && t.started > p.since {
		*p = suspect{proved: p.proved, success: p.success}
	}
}
