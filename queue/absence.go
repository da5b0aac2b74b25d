package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// Clients give up and come back: after their own time-out or that of a load balancer, or
// after an error. A request that comes back is no newcomer: one that left while it waited
// gets its place again, and one that has failed for good has one attempt left.
const (
	leftFor      = 2 * time.Minute // how long the first is remembered
	failedFor    = time.Minute     // and the second
	maxAbsences  = 10_000          // requests remembered in all; the one to be forgotten next goes first
	maxOfOneUser = 1000            // remembered of one user; then no more, so that it takes nobody else's room
)

// absence is a request that may come back.
type absence struct {
	node        list.Node[*absence] // among those that are remembered for as long
	user        *user
	fingerprint uint64 // zero: unknown
	key         uint64 // the hash of the client's own name for it; zero: none
	until       time.Duration

	failed        bool // for good
	id            uint64
	arrived       time.Duration
	expected      time.Duration // its start, see [Ticket]
	attempts      uint8
	startedBefore bool
	failedAt      time.Duration // see [Ticket]
	backoff       time.Duration // it stood aside until then, for its back-off or as a failed try; zero: it did not
	reason        reason        // for which it stood aside then
	lane          string
	class         uint8
	priority      Priority
	set           bool // somebody has set it
	lowered       bool
	cost          limiter.Amount
	price         price // of its turn, if it was the next of its user
}

// absences are the requests that may come back. The zero absences are empty.
type absences struct {
	byName       map[requestName][]*absence // the oldest first
	left, failed list.List[*absence]        // by when they are forgotten
}

func (a *absence) names() (names []requestName) {
	for _, known := range [...]uint64{a.fingerprint, a.key} {
		if known != 0 {
			names = append(names, a.user.requestName(known))
		}
	}
	return names
}

// remember remembers a for its time.
func (s *absences) remember(a *absence, now time.Duration) {
	s.expire(now)
	names := a.names()
	if len(names) == 0 || a.user.absences >= maxOfOneUser {
		return
	}
	if s.left.Len+s.failed.Len >= maxAbsences {
		s.forget(s.oldest())
	}
	a.node.Item = a
	if a.failed {
		a.until = now + failedFor
		s.failed.PushBack(&a.node)
	} else {
		a.until = now + leftFor
		s.left.PushBack(&a.node)
	}
	if s.byName == nil {
		s.byName = map[requestName][]*absence{}
	}
	for _, name := range names {
		s.byName[name] = append(s.byName[name], a)
	}
	a.user.absences++
}

// find returns the absence that a request of u may be: the oldest that left while it
// waited, or else that has failed; nil if there is none.
func (s *absences) find(u *user, r *Request, now time.Duration) *absence {
	if u == nil || u.absences == 0 {
		return nil
	}
	s.expire(now)
	sought := absence{user: u, fingerprint: r.Fingerprint, key: hashOf(r.IdempotencyKey)}
	var failed *absence
	for _, name := range sought.names() {
		for _, a := range s.byName[name] {
			switch {
			case a.user != u:
			case a.waited():
				return a
			default:
				failed = cmp.Or(failed, a)
			}
		}
	}
	return failed
}

// expire forgets those whose time is over.
func (s *absences) expire(now time.Duration) {
	for a := s.oldest(); a != nil && a.until <= now; a = s.oldest() {
		s.forget(a)
	}
}

// oldest returns the one that is forgotten next; nil if there is none.
func (s *absences) oldest() *absence {
	left, failed := s.left.First, s.failed.First
	switch {
	case left == nil && failed == nil:
		return nil
	case failed == nil || left != nil && left.Item.until <= failed.Item.until:
		return left.Item
	default:
		return failed.Item
	}
}

func (s *absences) forget(a *absence) {
	if a.failed {
		s.failed.Remove(&a.node)
	} else {
		s.left.Remove(&a.node)
	}
	for _, name := range a.names() {
		others := slices.DeleteFunc(s.byName[name], func(other *absence) bool { return other == a })
		if s.byName[name] = others; len(others) == 0 {
			delete(s.byName, name)
		}
	}
	a.user.absences--
}

// absenceOf returns that of t, which waits and whose caller leaves.
func absenceOf(t *Ticket) *absence {
	a := &absence{
		user: t.user, fingerprint: t.fingerprint, key: t.key, id: t.id, arrived: t.arrived,
		expected: t.expected, attempts: t.attempts, startedBefore: t.startedBefore, failedAt: t.failedAt,
		lane: t.lane.name, class: t.class, priority: t.priority, set: t.set, lowered: t.lowered, cost: t.cost,
	}
	if t.state == aside && t.reason != forLimit {
		a.backoff, a.reason = t.since, t.reason
	}
	if t.state == inLine && t.line.price.of == &t.place {
		a.price = t.line.price
	}
	return a
}

// rememberFailed remembers t, which has failed for good after all its attempts: its client
// may not know that it has been tried again already.
func (m *Machine) rememberFailed(t *Ticket) {
	m.absences.remember(&absence{user: t.user, fingerprint: t.fingerprint, key: t.key, failed: true, attempts: t.attempts - 1}, m.now)
}

// waited reports whether it waited when its caller left; false for none.
func (a *absence) waited() bool { return a != nil && !a.failed }

// comeBack lets t, which is new in its lane, go on where a has stopped.
func (m *Machine) comeBack(t *Ticket, a *absence) {
	m.absences.forget(a)
	if a.failed {
		t.attempts = a.attempts
		m.startWaiting(t)
		t.lane.order.join(t, m.now, false)
		return
	}
	m.goOn(t, a)
}

// inherit lets t wait as if it were one that has left, wherever it stands.
func (m *Machine) inherit(t *Ticket, a *absence) {
	t.id, t.arrived, t.expected = a.id, a.arrived, a.expected
	t.attempts, t.startedBefore, t.failedAt = a.attempts, a.startedBefore, a.failedAt
	if a.set { // it does not come back as what it was before
		t.priority, t.class, t.set, t.lowered = a.priority, classOf(a.priority), true, a.lowered
	}
	m.startWaiting(t)
}

// goOn lets t wait in the place of one that has left.
func (m *Machine) goOn(t *Ticket, a *absence) {
	m.inherit(t, a)
	switch {
	case a.backoff > m.now:
		t.lane.standAside(t, a.reason, a.backoff)
	case t.lane.name != m.laneName(a.lane):
		t.lane.order.insert(t, m.now)
	case t.class < a.class: // it asks for a higher one now
		t.lane.order.insert(t, m.now)
	default:
		t.class = a.class // it may have aged
		if a.price.told { // it may have another body
			a.price.cost = t.lane.tariff.inProportion(a.price.cost, &a.cost, &t.cost)
		}
		t.lane.order.rejoin(t, m.now, a.price)
	}
}
