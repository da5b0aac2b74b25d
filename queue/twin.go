package queue

import "hash/fnv"

// A client may be back before its old connection is seen to close, as behind a proxy. Then
// the same request waits twice, and only of the newer one is it certain that somebody reads
// the answer. So the two change places: the newer one has that of the older one, which waits
// on in the place that the newer one would have had. If nobody reads it, it leaves from there
// and has cost nothing; if somebody does, two requests have two places. A request is put back
// once, so that it starts however often its like is sent.

// requestName is what the same request is known by when it is sent again: its user, and its
// fingerprint or the hash of its key. Two users hardly ever have one name: who finds another
// user's has found nothing.
type requestName uint64

// requestName returns the name of a request of u that has a fingerprint, or the hash of a key.
func (u *user) requestName(of uint64) requestName {
	return requestName(of ^ u.number*0x9e3779b97f4a7c15)
}

// hashOf returns what stands for an idempotency key; zero for none.
func hashOf(key string) uint64 {
	if key == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return h.Sum64()
}

// placeName returns the name of a request that takes the place of another one only if that has
// asked for the same priority, and comes from the same kind of thread.
func (u *user) placeName(of uint64, p Priority, subagent bool) requestName {
	kind := uint64(classOf(p)) << 1
	if subagent {
		kind++
	}
	return u.requestName(of ^ kind*0xc2b2ae3d27d4eb4f)
}

// places finds, for each request that waits and has not been put back, its place by its
// names; of several of one name, that of the first. The nil places are none.
type places map[requestName]*Ticket

// find returns the one whose place a request of u takes; nil if there is none.
func (p places) find(u *user, r *Request) *Ticket {
	if u == nil || u.requests.Len == 0 {
		return nil
	}
	for _, known := range [...]uint64{r.Fingerprint, hashOf(r.IdempotencyKey)} {
		if known == 0 {
			continue
		}
		if t := p[u.placeName(known, r.Priority, r.Subagent)]; t != nil && t.user == u {
			return t
		}
	}
	return nil
}

// add adds the place of t, which waits from now on.
func (p *places) add(t *Ticket) {
	if t.putBack {
		t.user.putBack++
		return
	}
	for _, known := range [...]uint64{t.fingerprint, t.key} {
		if known == 0 {
			continue
		}
		if *p == nil {
			*p = places{}
		}
		if name := t.user.placeName(known, t.asked, t.subagent); (*p)[name] == nil {
			(*p)[name] = t
		}
	}
}

// remove removes the place of t, which waits no more.
func (p places) remove(t *Ticket) {
	if t.putBack {
		t.user.putBack--
		return
	}
	for _, known := range [...]uint64{t.fingerprint, t.key} {
		if known == 0 {
			continue
		}
		if name := t.user.placeName(known, t.asked, t.subagent); p[name] == t {
			delete(p, name)
		}
	}
}

// sentAgain notes that t, which was put back, has left: its client has sent it again, as the one
// that has its place.
func (p places) sentAgain(t *Ticket) {
	for _, known := range [...]uint64{t.fingerprint, t.key} {
		if other := p[t.user.placeName(known, t.asked, t.subagent)]; known != 0 && other != nil && other.user == t.user {
			other.cameBack = true
			return
		}
	}
}

// mayPutBack reports whether a request of u that waits can be put back for one that the door
// would refuse: no more than half of those that wait, so that a flood of one request does not
// pass.
func (u *user) mayPutBack() bool { return 2*u.putBack < u.requests.Len }

// takePlace lets t, which waits nowhere, wait in the place of twin, which is put back to where
// t would have waited.
func (m *Machine) takePlace(t, twin *Ticket) {
	l, place, as := twin.lane, absenceOf(twin), *t
	l.settlePromises(twin, m.now, false)
	m.stopWaiting(twin)
	l.plan.give(t, twin)
	twin.id, twin.arrived, twin.expected = t.id, t.arrived, t.expected
	if t.lane != l {
		l.emptyTimes.left(place.arrived, twin.cost)
		l.emptyTimes.came(twin.arrived, twin.cost)
		t.lane.emptyTimes.left(t.arrived, t.cost)
		t.lane.emptyTimes.came(place.arrived, t.cost)
	}
	if twin.state == atHead && t.lane == l {
		m.inherit(t, place)
		l.head.replace(twin, t)
		if t.byLimits { // it may have another body
			t.charge = l.tariff.inProportion(t.charge, &twin.cost, &t.cost)
		}
		twin.firstAt, twin.delayed = 0, 0
	} else {
		m.goOn(t, place) // first, so that their user goes on waiting for its turn
		l.take(twin)
	}
	twin.putBack = true
	twin.attempts, twin.startedBefore, twin.failedAt = as.attempts, as.startedBefore, as.failedAt
	twin.class, twin.priority, twin.set, twin.lowered = as.class, as.priority, as.set, as.lowered
	m.startWaiting(twin)
	switch {
	case place.backoff <= m.now:
		l.order.join(twin, m.now, false)
		l.noteJoined(twin)
	case place.reason == forOthers:
		l.standAside(twin, forOthers, place.backoff)
	default:
		l.standAside(twin, forPause, place.backoff)
	}
	m.reschedule(l)
}

// giveBack lets t, which was put back, wait in the place of twin, which is about to leave.
func (m *Machine) giveBack(t, twin *Ticket) {
	t.lane.settlePromises(t, m.now, false)
	m.stopWaiting(t)
	t.lane.take(t)
	t.putBack = false
	m.takePlace(t, twin)
	t.lane.noteJoined(t)
	m.reschedule(t.lane)
}

// take takes t, which waits, from its place, to wait in another one.
func (l *lane) take(t *Ticket) {
	if l.removeWaiting(t); t.state != inLine {
		t.refund() // what it has paid for a start that was refused
	}
	t.firstAt, t.delayed = 0, 0
}

// putBackTwin returns the latest that was put back of those that are the same as t; nil if
// there is none among the latest of its user.
func (t *Ticket) putBackTwin() *Ticket {
	if t.user.putBack == 0 {
		return nil
	}
	n := t.user.requests.Last
	for range maxOfOneUser {
		if n == nil {
			break
		}
		if other := n.Item; other.putBack && t.sameAs(other) {
			return other
		}
		n = n.Prev
	}
	return nil
}

// sameAs reports whether t and another request of its user are the same, see [user.placeName].
func (t *Ticket) sameAs(other *Ticket) bool {
	if classOf(t.asked) != classOf(other.asked) || t.subagent != other.subagent {
		return false
	}
	return t.fingerprint != 0 && t.fingerprint == other.fingerprint || t.key != 0 && t.key == other.key
}
