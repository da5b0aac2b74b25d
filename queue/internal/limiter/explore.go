package limiter

import "time"

// How a lane of which nothing is known begins: with so many starts in a first
// round, and twice as many in each further one. What explores faster is what an
// acceleration limit punishes ("Rate limits", platform.claude.com).
const (
	firstRound     = 4
	roundTime      = 200 * time.Millisecond // the least time from one round's beginning to the next,
	knownRoundTime = 150 * time.Millisecond // where the limits are known, inside which it explores,
	slowRoundTime  = 400 * time.Millisecond // and where an API comes back that could not be reached
	maxRound       = 1 << 20                // it grows no more
)

// explorer lets starts happen in rounds. A round is a time in which so many may
// start; the next one is twice as large if all of them did. The zero explorer is
// about to begin the first round.
type explorer struct {
	roundSize      int           // of the present round; zero before the first
	startedInRound int           // in the present round
	roundEnds      time.Duration // the present round
	known          bool          // the limits are: the rounds go on faster, until demand is met
	slow           bool          // the API comes back: they go on slowly
	done           bool          // nothing is held back any more
}

// nextStart returns when the next start may happen.
func (e *explorer) nextStart() time.Duration {
	if e.done || e.startedInRound < e.roundSize || e.roundSize == 0 {
		return 0
	}
	return e.roundEnds
}

// start notes a start.
func (e *explorer) start(now time.Duration) {
	if e.done {
		return
	}
	switch {
	case e.roundSize == 0:
		e.roundSize, e.startedInRound, e.roundEnds = firstRound, 0, now+e.length()
	case now >= e.roundEnds:
		switch {
		case e.startedInRound >= e.roundSize:
			e.roundSize = min(2*e.roundSize, maxRound)
		case e.known: // demand is met
			e.done = true
			return
		}
		e.startedInRound, e.roundEnds = 0, now+e.length()
	}
	e.startedInRound++
}

// delayRound lets the next round begin later: something was refused, and what it was about
// is not clear yet.
func (e *explorer) delayRound(now time.Duration) { e.roundEnds = max(e.roundEnds, now+roundTime) }

// length is how long a round lasts.
func (e *explorer) length() time.Duration {
	switch {
	case e.slow:
		return slowRoundTime
	case e.known:
		return knownRoundTime
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
		e.roundEnds += e.length() - long
	}
}

// lastStart returns when the last of so many further starts may happen, from now on.
func (e *explorer) lastStart(now time.Duration, starts int) time.Duration {
	if e.done {
		return now
	}
	size, left, next := max(e.roundSize, firstRound), e.roundSize-e.startedInRound, e.roundEnds
	if e.roundSize == 0 || now >= e.roundEnds { // the first of them begins a round
		if e.roundSize > 0 && left == 0 {
			size = min(2*size, maxRound)
		}
		left, next = size, now+e.length()
	}
	at := now
	for starts > left && size < maxRound {
		starts -= left
		size *= 2
		left, at, next = size, next, next+e.length()
	}
	return at
}
