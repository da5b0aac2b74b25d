package queue

import "time"

// outage is a time in which calls fail for another reason than the pace.
type outage struct {
	known bool
	class Class         // the failures
	since time.Duration // when it was first seen,
	last  time.Duration // and last
	until time.Duration // when the API accepted a call again; never while it has not
	felt  time.Duration // when the last one started, or left, that waited in it
	told  bool          // there is an event of its beginning, and none yet of its end
}

// waitsKept is how long the waits of the last minute are remembered at most.
const waitsKept = time.Minute + 10*time.Second

// feel notes that one who arrived at a time has waited until now.
func (o *outage) feel(arrived, now time.Duration) {
	if o.known && arrived <= o.last {
		o.felt = now
	}
}

// see notes that calls fail for a class. An outage goes on that seemed over for some
// seconds.
func (o *outage) see(now time.Duration, class Class) {
	if !o.known || o.isOver(now) {
		o.since = now
	}
	o.known, o.class, o.last, o.until, o.felt = true, class, now, never, now
}

// isOver reports whether no outage goes on: calls have been accepted for some seconds.
func (o *outage) isOver(now time.Duration) bool { return o.until != never && now-o.until >= overAfter }

// accept notes that the API has accepted a call that started at a time. One that started
// before the outage says nothing about it.
func (o *outage) accept(now, started time.Duration) {
	if o.until == never && started >= o.since {
		o.until = now
	}
}

// covers reports whether a time is in the outage.
func (o *outage) covers(at time.Duration) bool { return o.known && o.since <= at && at <= o.until }

// noteFailure notes that a call of t has failed, or that the queue gives t up.
func (m *Machine) noteFailure(t *Ticket, e *Error) {
	f := &m.health.failures
	f.add(m.now, t.user.key(), e)
	m.timeline.noteFailure(e.Class)
	m.noteLaneFailed(t.lane, e)
	if e.Class != RateLimited && e.Class != NetworkError && !e.ownMistake() {
		t.lane.failed.add(m.now)
	}
	class, succeed := f.dominate(m.now)
	alone := false
	if m.keepsAllFrom(t.lane, e.Class) {
		class, succeed = e.Class, 0
		alone = !f.nothingSucceeds() && m.acceptedBeside(t.lane.name)
	}
	if succeed < m.settings.Thresholds.WarnSuccess && !e.ownMistake() {
		m.tellOutageOver()
		m.health.outage.see(m.now, class)
		if succeed == 0 {
			m.tellOutage(t.lane, alone, e)
		}
	}
}

// heldByFailures reports whether somebody waits in a lane that has had no success since its
// calls began to fail: what the calls of other lanes do says nothing about it, but that the API
// can be reached.
func (m *Machine) heldByFailures() bool {
	for _, l := range m.heap {
		if l.failed.n > 0 && l.waiting() > 0 {
			return true
		}
	}
	return false
}

// failuresOver reports whether calls succeed again, see [failures.over], also those of the
// lanes in which somebody waits.
func (m *Machine) failuresOver() bool { return m.health.failures.over(m.now) && !m.heldByFailures() }

// keepsAllFrom reports whether failures of a class keep all calls of l from succeeding, as it
// seems.
func (m *Machine) keepsAllFrom(l *lane, c Class) bool {
	switch c {
	case NetworkError:
		return m.settings.adaptive() && l.networkHolds() || m.health.unreachable() && m.connectionFails(l.name)
	case Overloaded:
		return m.settings.adaptive() && l.overload.Open()
	case KeyRefused:
		return m.health.noKey.n > 0
	default:
		return false
	}
}

// failing returns the class of the failures that keep calls from succeeding now, in place
// of the pace, and the share of the calls that succeed: none while the connections of all lanes
// fail or no key is left, while most who wait do so for an overload, for a lane's connections, a
// lane that answers nothing or a spend cap, or while no call is answered; all as
// soon as it is over, see [failures.over]; else see [failures.dominate].
func (m *Machine) failing() (_ Class, succeed float64) {
	if (m.settings.adaptive() && m.network.Open() || m.health.unreachable()) && !m.reachedBeside() {
		return NetworkError, 0
	}
	if m.health.noKey.n > 0 {
		return KeyRefused, 0
	}
	if class, ok := m.holdsUpMost(); ok {
		return class, 0
	}
	if _, silent := m.silent(); silent {
		return Timeout, 0
	}
	class, succeed := m.health.failures.dominate(m.now)
	if m.failuresOver() {
		succeed = 1
	}
	return class, succeed
}

// fewSucceed is the share of calls below which nothing is said of what the pace could do.
const fewSucceed = 1. / 2

// Outage reports whether most calls fail, but for the rate limit, and the class of most
// failures. It is over as soon as calls succeed again.
func (m *Machine) Outage(now time.Time) (Class, bool) {
	m.advance(now)
	class, succeed := m.failing()
	return class, succeed < fewSucceed
}

// heldUpBy returns the class of the failures that requests wait for now, and are refused
// for, in place of the pace; false if there are none, or if they are of other lanes than that in
// which somebody waits longest.
func (m *Machine) heldUpBy() (Class, bool) {
	class, succeed := m.failing()
	if (class == Overloaded || class == ServerError) && m.heldByPause() != nil { // nobody tries until it ends
		return class, false
	}
	return class, succeed < m.settings.Thresholds.WarnSuccess && (m.arrivals.Len == 0 || m.holdsUpOldest(class))
}

// heldByPause returns the lane in which somebody waits longest, if it starts nothing because
// of a rate limit, for so long that this is why they wait; nil if not.
func (m *Machine) heldByPause() *lane {
	if m.arrivals.First == nil {
		return nil
	}
	l := m.arrivals.First.Item.lane
	if p := &l.pause; !p.active(m.now) || p.final || p.until-p.began < m.settings.Thresholds.CriticalLastWait {
		return nil
	}
	return l
}

// lineOfOutage reports whether somebody waits that came before the end of the last outage, in a
// lane that it was in.
func (m *Machine) lineOfOutage() bool {
	o, first := &m.health.outage, m.arrivals.First
	return o.known && first != nil && first.Item.arrived <= o.last && first.Item.lane.failures.since(first.Item.arrived).has(o.class)
}

// outageRemembered reports whether the last minute's waits may be of the last outage.
func (m *Machine) outageRemembered() bool {
	o := &m.health.outage
	return o.known && (m.lineOfOutage() || m.now-o.felt < waitsKept)
}

// waitedInOutage reports whether the last minute's waits are of an outage, and that is over.
func (j *judge) waitedInOutage() bool {
	return !j.failing && j.outageRemembered() && j.failuresOver()
}

// holdsUpMost returns the class of the failures for which most of those who wait are held
// up: overload of the API, connections that fail, a spend cap that is reached, or a lane whose
// calls nobody answers; false if most are not, or nobody waits.
func (m *Machine) holdsUpMost() (Class, bool) {
	var held [classes]int
	silent := m.silentLanes()
	for _, l := range m.heap {
		switch {
		case silent[l] != nil:
			held[Timeout] += l.waiting()
		case l.pause.final && l.pause.active(m.now):
			held[SpendCap] += l.waiting()
		case m.settings.adaptive() && l.overload.Open():
			held[Overloaded] += l.waiting()
		case m.settings.adaptive() && l.networkHolds():
			held[NetworkError] += l.waiting()
		}
	}
	most, sum := Overloaded, 0
	for class, n := range held {
		if sum += n; n > held[most] {
			most = Class(class)
		}
	}
	return most, 2*sum > m.arrivals.Len
}

// overloaded returns the most answers of 529 in a row of a lane whose API is overloaded;
// false if there is none. The lane is named if it is the only one, and calls of another one
// were accepted lately.
func (m *Machine) overloaded() (inARow int, name string, open bool) {
	if !m.settings.adaptive() {
		return 0, "", false
	}
	lanes := 0
	for _, l := range m.heap {
		if !l.overload.Open() {
			continue
		}
		if lanes++; lanes == 1 || l.overload.Failures() > inARow {
			inARow, name = l.overload.Failures(), l.name
		}
	}
	if lanes != 1 || !m.acceptedBeside(name) {
		name = ""
	}
	return inARow, name, lanes > 0
}

// acceptedBeside reports whether a call of another lane was accepted lately.
func (m *Machine) acceptedBeside(lane string) bool {
	for _, a := range m.health.failures.acceptances {
		if a.lane != "" && m.laneName(a.lane) != lane && m.now-a.at < acceptedLately {
			return true
		}
	}
	return false
}

// acceptedLately is for how long one accepted call shows that its lane works.
const acceptedLately = 15 * time.Second
