package queue

import "time"

// laneFailures is when calls of a lane have failed last for each class, plus one: but for the
// rate limit and for mistakes of callers, which make nobody else wait. The zero laneFailures is
// never.
type laneFailures [classes]time.Duration

// classSet is some classes of failures: the bit of each.
type classSet uint16

func (s classSet) has(c Class) bool { return s&(1<<c) != 0 }

// see notes that a call has failed.
func (f *laneFailures) see(now time.Duration, c Class) { f[c] = now + 1 }

// since returns the classes for which a call has failed from a time on.
func (f *laneFailures) since(at time.Duration) (set classSet) {
	for c := range classes {
		if f[c] > at {
			set |= 1 << c
		}
	}
	return set
}

// with is the failures of both, where lanes join.
func (f *laneFailures) with(other *laneFailures) (both laneFailures) {
	for c := range classes {
		both[c] = max(f[c], other[c])
	}
	return both
}

// noteLaneFailed notes that a call of l has failed: of a connection, also for the lanes that are
// held back for it.
func (m *Machine) noteLaneFailed(l *lane, e *Error) {
	if e.Class == RateLimited || e.ownMistake() {
		return
	}
	l.failures.see(m.now, e.Class)
	if e.Class != NetworkError || !m.settings.adaptive() {
		return
	}
	for _, other := range m.heap {
		if other.waiting() > 0 && other.networkHolds() {
			other.failures.see(m.now, e.Class)
		}
	}
}

// holdsUpOldest reports whether failures of a class can be why somebody waits longest: they hold
// up its lane now, or have done so since it came. Those of other lanes cannot.
func (m *Machine) holdsUpOldest(c Class) bool {
	t := m.arrivals.First.Item
	if t.lane.failures.since(t.arrived).has(c) || c == NetworkError && m.settings.adaptive() && t.lane.networkHolds() {
		return true
	}
	if held, ok := m.holdsUpMost(); ok && held == c {
		return true
	}
	_, silent := m.silent()
	return silent && c == Timeout
}

// pausedFor is how long of the time since then the latest pause has held up l.
func (l *lane) pausedFor(since, now time.Duration) time.Duration {
	return min(l.pause.until, now) - max(l.pause.began, since)
}

// oldestPaused reports whether who waits longest has done so for a pause for so long that it
// matters.
func (m *Machine) oldestPaused() bool {
	if m.arrivals.First == nil {
		return false
	}
	t := m.arrivals.First.Item
	return m.matters(t.lane.pausedFor(t.arrived, m.now))
}

// matters reports whether a pause of so long is why people wait long.
func (m *Machine) matters(paused time.Duration) bool {
	return paused > 0 && paused >= m.settings.Thresholds.CriticalLastWait
}

// longestPaused reports the same of the longest wait of the last minute, but among many users.
func (m *Machine) longestPaused() bool {
	if m.metrics.longest.Count(m.now) > sampledUsers {
		return false
	}
	longest, paused := time.Duration(-1), time.Duration(0)
	for w, d := range m.metrics.longest.All(m.now) {
		if d > longest {
			longest, paused = d, w.paused
		}
	}
	return m.matters(paused)
}

// longestFailed reports whether a call of the lane, while the longest wait of the last minute
// lasted there, has failed for a class. Among many users nobody knows, and it may be so.
func (m *Machine) longestFailed(c Class) bool {
	if m.metrics.longest.Count(m.now) > sampledUsers {
		return true
	}
	longest, failed := time.Duration(-1), classSet(0)
	for w, d := range m.metrics.longest.All(m.now) {
		if d > longest {
			longest, failed = d, w.failed
		}
	}
	return failed.has(c)
}
