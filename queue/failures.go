package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/list"
	"paceline/queue/internal/window"
)

// How much of the last minute's failures is kept for each class.
const (
	maxHitUsers   = 1000 // users
	namedHitUsers = 5    // of them that a report names
)

// failures are those of the last minute by class: calls that failed, and requests that
// the queue itself gave up, or refused for a spend cap. The zero failures are none.
type failures struct {
	byClass     [classes]failureTally
	accepted    window.Minute // calls that the API has accepted
	acceptances [2]acceptance // the latest, and the latest of another lane
	row         streak        // calls that failed, but for the rate limit, since one was accepted
	latest      time.Duration // of those
}

// acceptance is a call that the API has accepted. The zero acceptance is none.
type acceptance struct {
	lane string
	at   time.Duration
}

// failureTally counts the failures of one class.
type failureTally struct {
	count  window.Minute
	judged window.Minute    // those that are no mistake of their caller
	hits   list.List[*hit]  // the user hit last is the last one
	byUser map[userKey]*hit // the same
}

// hit is the last failure of a user.
type hit struct {
	node list.Node[*hit]
	user userKey
	at   time.Duration
}

// add notes a failure of u at now.
func (f *failures) add(now time.Duration, u userKey, e *Error) {
	if e.Class != RateLimited {
		f.row.add(now)
		f.latest = now
	}
	c := &f.byClass[e.Class]
	c.count.Add(now)
	if !e.ownMistake() {
		c.judged.Add(now)
	}
	h := c.byUser[u]
	if h == nil {
		if c.hits.Len == maxHitUsers {
			c.forget(c.hits.First.Item)
		}
		h = &hit{user: u}
		h.node.Item = h
		if c.byUser == nil {
			c.byUser = map[userKey]*hit{}
		}
		c.byUser[u] = h
		c.hits.PushBack(&h.node)
	}
	h.at = now
	c.hits.MoveBack(&h.node)
	c.expire(now)
}

// accept notes at now that the API has accepted a call of a lane that started at a time.
func (f *failures) accept(now, started time.Duration, lane string) {
	f.accepted.Add(now)
	if f.acceptances[0].lane != lane {
		f.acceptances[1] = f.acceptances[0]
	}
	f.acceptances[0] = acceptance{lane, now}
	f.row.refute(started)
}

// lastAccepted returns when the API last accepted a call; zero if it never has.
func (f *failures) lastAccepted() time.Duration { return f.acceptances[0].at }

func (c *failureTally) forget(h *hit) {
	c.hits.Remove(&h.node)
	delete(c.byUser, h.user)
}

// expire forgets the users whose last failure is more than a minute old.
func (c *failureTally) expire(now time.Duration) {
	for n := c.hits.First; n != nil && now-n.Item.at >= time.Minute; n = c.hits.First {
		c.forget(n.Item)
	}
}

// dominant returns the class that most of the last minute's failures are of, without
// the callers' own mistakes; false if there was none. failed is how many there were of
// all classes.
func (f *failures) dominant(now time.Duration) (most Class, failed int, ok bool) {
	in := 0
	for c := range classes {
		n := f.byClass[c].judged.Count(now)
		failed += n
		if n > in {
			most, in = c, n
		}
	}
	return most, failed, in > 0
}

// nothingSucceeds reports whether so many calls in a row have failed that it is no chance.
func (f *failures) nothingSucceeds() bool { return f.row.n >= criticalFailures }

// over reports whether calls are accepted again, and none has failed for some seconds.
func (f *failures) over(now time.Duration) bool {
	lately := f.accepted.Count(now) > 0 || f.latest > 0 && f.lastAccepted() >= f.latest && now-f.latest < 2*waitsKept
	return f.row.n == 0 && lately && now-f.latest >= overAfter
}

// overAfter is longer than a breaker lets pass between two tries.
const overAfter = 5 * time.Second

// mistakes returns the class that most of the last minute's mistakes of callers are of,
// and how many calls of how many users failed for it.
func (f *failures) mistakes(now time.Duration) (most Class, calls, users int) {
	for i := range classes {
		c := &f.byClass[i]
		if n := c.count.Count(now) - c.judged.Count(now); n > calls {
			c.expire(now)
			most, calls, users = i, n, c.hits.Len
		}
	}
	return most, calls, users
}

// dominate returns the class that most of the failures are of, and the share of the calls
// that succeed in spite of them: of the last minute's, and none from some failures on
// without a success of a call that started after them. All do where what they fail for is
// the rate limit, for which there is the pace. Mistakes of callers count where several
// users make them and nothing succeeds.
func (f *failures) dominate(now time.Duration) (_ Class, succeed float64) {
	class, failed, ok := f.dominant(now)
	if f.nothingSucceeds() {
		if mistake, calls, users := f.mistakes(now); users > 1 && calls > failed {
			return mistake, 0
		}
		if ok && class != RateLimited {
			return class, 0
		}
	}
	failed -= f.byClass[RateLimited].count.Count(now)
	if class == RateLimited || failed < minOutcomes {
		return class, 1
	}
	succeeded := f.accepted.Count(now)
	return class, float64(succeeded) / float64(succeeded+failed)
}

// report returns the failures of the last minute as on the wire, the class with the
// most first.
func (f *failures) report(now time.Duration) []ClassFailures {
	all := []ClassFailures{}
	for i := range classes {
		c := &f.byClass[i]
		c.expire(now)
		n := c.count.Count(now)
		if n == 0 {
			continue
		}
		of := ClassFailures{Class: i.String(), Count: n, Users: c.hits.Len, Names: []string{}}
		for h := c.hits.Last; h != nil && len(of.Names) < namedHitUsers; h = h.Prev {
			of.Names = append(of.Names, h.Item.user.name)
		}
		all = append(all, of)
	}
	slices.SortStableFunc(all, func(a, b ClassFailures) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// outage is a time in which calls fail for another reason than the pace.
type outage struct {
	known bool
	class Class         // the failures
	since time.Duration // when it was first seen,
	last  time.Duration // and last
	until time.Duration // when the API accepted a call again; never while it has not
	felt  time.Duration // when the last one started, or left, that waited in it
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
	if !o.known || o.until != never && now-o.until >= overAfter {
		o.since = now
	}
	o.known, o.class, o.last, o.until, o.felt = true, class, now, never, now
}

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
	f.add(m.now, userKey{t.user.group, t.user.name}, e)
	class, succeed := f.dominate(m.now)
	if m.settings.Adaptive && (e.Class == NetworkError && m.network.Open() || e.Class == Overloaded && t.lane.overload.Open()) {
		class, succeed = e.Class, 0
	}
	if succeed < m.settings.Thresholds.WarnSuccess && !e.ownMistake() {
		m.health.outage.see(m.now, class)
	}
}

// failing returns the class of the failures that keep calls from succeeding now, in place
// of the pace, and the share of the calls that succeed: none while connections fail, while
// most who wait do so for an overload or a spend cap, or while no call is answered; all as
// soon as it is over, see [failures.over]; else see [failures.dominate].
func (m *Machine) failing() (_ Class, succeed float64) {
	if m.settings.Adaptive && m.network.Open() || m.health.unreachable() {
		return NetworkError, 0
	}
	if class, ok := m.holdsUpMost(); ok {
		return class, 0
	}
	if _, silent := m.silent(); silent {
		return Timeout, 0
	}
	class, succeed := m.health.failures.dominate(m.now)
	if m.health.failures.over(m.now) {
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
// for, in place of the pace; false if there are none.
func (m *Machine) heldUpBy() (Class, bool) {
	class, succeed := m.failing()
	return class, succeed < m.settings.Thresholds.WarnSuccess
}

// lineOfOutage reports whether somebody waits that came before the end of the last outage.
func (m *Machine) lineOfOutage() bool {
	o, first := &m.health.outage, m.arrivals.First
	return o.known && first != nil && first.Item.arrived <= o.last
}

// outageRemembered reports whether the last minute's waits may be of the last outage.
func (m *Machine) outageRemembered() bool {
	o := &m.health.outage
	return o.known && (m.lineOfOutage() || m.now-o.felt < waitsKept)
}

// holdsUpMost returns the class of the failures for which most of those who wait are held
// up: overload of the API, or a spend cap that is reached; false if most are not, or nobody
// waits.
func (m *Machine) holdsUpMost() (Class, bool) {
	overloaded, capped := 0, 0
	for _, l := range m.heap {
		switch {
		case l.pause.final && l.pause.active(m.now):
			capped += l.waiting()
		case m.settings.Adaptive && l.overload.Open():
			overloaded += l.waiting()
		}
	}
	class := Overloaded
	if capped > overloaded {
		class = SpendCap
	}
	return class, 2*(overloaded+capped) > m.arrivals.Len
}

// overloaded returns the most answers of 529 in a row of a lane whose API is overloaded;
// false if there is none. The lane is named if it is the only one, and calls of another one
// were accepted lately.
func (m *Machine) overloaded() (inARow int, name string, open bool) {
	if !m.settings.Adaptive {
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
