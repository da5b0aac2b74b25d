package queue

import "time"

// never is later than any time a machine reaches.
const never = time.Duration(1<<63 - 1)

// Spacing returns the published rule, from one start to the next with so many
// waiting: MinDelay, and Step more for each of them, at most MaxDelay; nothing while the
// pace is off.
func (s Settings) Spacing(waiting int) time.Duration {
	if s.Off {
		return 0
	}
	if s.Step > 0 && time.Duration(waiting) > (s.MaxDelay-s.MinDelay)/s.Step {
		return s.MaxDelay
	}
	return s.MinDelay + s.Step*time.Duration(waiting)
}

// concurrency is how many calls of one lane may run at the same time.
func (s *Settings) concurrency() int {
	if s.Off {
		return mostCount
	}
	if s.adaptive() {
		return s.AdaptiveInFlight
	}
	return s.MaxInFlight
}

// spaced is the pace of one lane, measured from start to start: after a start at
// t the gate opens at t + spacing(w), where w is the number in line at
// t + MinDelay and fixed from then on. Changed settings apply at once. The zero
// spaced has an open gate.
type spaced struct {
	started bool
	last    time.Duration // the last start
	fixed   bool          // w is known
	waiting int           // w
}

// start notes a start at now, which shuts the gate.
func (s *spaced) start(now time.Duration) { *s = spaced{started: true, last: now} }

// fixDue returns when w must be counted; never if it is known.
func (s *spaced) fixDue(settings *Settings) time.Duration {
	if !s.started || s.fixed || settings.Off {
		return never
	}
	return s.last + settings.MinDelay
}

// fix says that w is waiting, and returns the whole spacing.
func (s *spaced) fix(settings *Settings, waiting int) time.Duration {
	s.fixed, s.waiting = true, waiting
	return settings.Spacing(waiting)
}

// nextStart returns when the next start may happen. Before w is known, that is as it
// would be with waiting in line when it is counted.
func (s *spaced) nextStart(settings *Settings, waiting int) time.Duration {
	if !s.started {
		return 0
	}
	if s.fixed {
		waiting = s.waiting
	}
	return s.last + settings.Spacing(waiting)
}

// sumSpacing returns the sum of max(spacing(w), floor) for w = from … to, in
// constant time.
func (s *Settings) sumSpacing(from, to int, floor time.Duration) time.Duration {
	if to < from {
		return 0
	}
	if s.Off {
		return time.Duration(to-from+1) * floor
	}
	low, high := max(s.MinDelay, floor), max(s.MaxDelay, floor)
	if s.Step == 0 || low == high {
		return time.Duration(to-from+1) * max(s.Spacing(from), floor)
	}
	// spacing rises with w: flat at low before the first rising w, flat at high
	// from the first full one.
	firstRising := min(max(int((low-s.MinDelay+s.Step-1)/s.Step), from), to+1)
	firstFull := min(max(int((s.MaxDelay-s.MinDelay+s.Step-1)/s.Step), firstRising), to+1)
	sum := time.Duration(firstRising-from) * low
	sum += time.Duration(to+1-firstFull) * high
	n := firstFull - firstRising
	return sum + time.Duration(n)*s.MinDelay + s.Step*time.Duration((firstRising+firstFull-1)*n/2)
}
