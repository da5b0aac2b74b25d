package limiter

import "time"

// How a lane of which nothing is known begins: with so many starts in a first
// round, and twice as many in each further one. What explores faster is what an
// acceleration limit punishes ("Rate limits", platform.claude.com).
const (
	firstRound = 4
	roundTime  = 200 * time.Millisecond // the least time from one round's beginning to the next,
	knownTime  = 150 * time.Millisecond // where the limits are known, inside which it explores,
	calmTime   = 400 * time.Millisecond // and where an API comes back that could not be reached
	largeRound = 1 << 20                // it grows no more
)

// explorer lets starts happen in rounds. A round is a time in which so many may
// start; the next one is twice as large if all of them did. The zero explorer is
// about to begin the first round.
type explorer struct {
	size    int           // of the present round; zero before the first
	started int           // in the present round
	ends    time.Duration // the present round
	known   bool          // the limits are: the rounds go on faster, until demand is met
	calm    bool          // the API comes back: they go on slowly
	done    bool          // nothing is held back any more
}

// opens returns when the next start may happen.
func (e *explorer) opens() time.Duration {
	if e.done || e.started < e.size || e.size == 0 {
		return 0
	}
	return e.ends
}

// start notes a start.
func (e *explorer) start(now time.Duration) {
	if e.done {
		return
	}
	switch {
	case e.size == 0:
		e.size, e.started, e.ends = firstRound, 0, now+e.length()
	case now >= e.ends:
		switch {
		case e.started >= e.size:
			e.size = min(2*e.size, largeRound)
		case e.known: // demand is met
			e.done = true
			return
		}
		e.started, e.ends = 0, now+e.length()
	}
	e.started++
}

// hesitate lets the next round begin later: something was refused, and what it was about
// is not clear yet.
func (e *explorer) hesitate(now time.Duration) { e.ends = max(e.ends, now+roundTime) }

// length is how long a round lasts.
func (e *explorer) length() time.Duration {
	switch {
	case e.calm:
		return calmTime
	case e.known:
		return knownTime
	default:
		return roundTime
	}
}

// learn notes that the limits are known: the present round is as short as the next
// ones.
func (e *explorer) learn() {
	if !e.known {
		long := e.length()
		e.known = true
		e.ends += e.length() - long
	}
}

// last returns when the last of so many further starts may happen, from now on.
func (e *explorer) last(now time.Duration, starts int) time.Duration {
	if e.done {
		return now
	}
	size, left, next := max(e.size, firstRound), e.size-e.started, e.ends
	if e.size == 0 || now >= e.ends { // the first of them begins a round
		if e.size > 0 && left == 0 {
			size = min(2*size, largeRound)
		}
		left, next = size, now+e.length()
	}
	at := now
	for starts > left && size < largeRound {
		starts -= left
		size *= 2
		left, at, next = size, next, next+e.length()
	}
	return at
}
