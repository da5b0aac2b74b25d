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
// the queue itself gave up. The zero failures are none.
type failures struct {
	byClass  [classes]failureTally
	accepted window.Minute // calls that the API has accepted
}

// failureTally counts the failures of one class.
type failureTally struct {
	count  window.Minute
	judged window.Minute   // those that are no mistake of their caller
	hits   list.List[*hit] // the user hit last is the last one
	byUser map[*user]*hit  // the same
}

// hit is the last failure of a user.
type hit struct {
	node list.Node[*hit]
	user *user
	at   time.Duration
}

// add notes a failure of u at now.
func (f *failures) add(now time.Duration, u *user, e *Error) {
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
			c.byUser = map[*user]*hit{}
		}
		c.byUser[u] = h
		c.hits.PushBack(&h.node)
	}
	h.at = now
	c.hits.MoveBack(&h.node)
	c.expire(now)
}

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
	last  time.Duration // when it was last seen
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

// noteFailure notes that a call of t has failed, or that the queue gives t up.
func (m *Machine) noteFailure(t *Ticket, e *Error) {
	h := &m.health
	h.failures.add(m.now, t.user, e)
	if class, ok := m.failing(); ok {
		h.outage = outage{true, class, m.now, m.now}
	} else if m.settings.Adaptive && t.lane.overload.Open() && e.Class == Overloaded {
		h.outage = outage{true, Overloaded, m.now, m.now}
	}
}

// failing returns the class of the failures that keep calls from succeeding now; false
// if calls succeed, or if the rate limit keeps them from it, which is what the pace is
// for.
func (m *Machine) failing() (Class, bool) {
	if m.settings.Adaptive && m.network.Open() {
		return NetworkError, true
	}
	f := &m.health.failures
	class, failed, ok := f.dominant(m.now)
	succeeded := f.accepted.Count(m.now)
	many := failed >= minOutcomes && float64(succeeded) < m.settings.Thresholds.WarnSuccess*float64(succeeded+failed)
	return class, ok && many && class != RateLimited
}

// heldUpBy returns the class of the failures that requests wait for, and are refused for,
// in place of the pace; false if there are none. An outage counts for as long as somebody
// waits who came before its end, and as long after as these waits are remembered.
func (m *Machine) heldUpBy() (Class, bool) {
	if class, ok := m.failing(); ok {
		return class, true
	}
	if _, open := m.overloaded(); open {
		return Overloaded, true
	}
	if m.mostWaitForCap() {
		return SpendCap, true
	}
	o := &m.health.outage
	waits := m.arrivals.First != nil && m.arrivals.First.Item.arrived <= o.last
	return o.class, o.known && (waits || m.now-o.felt < waitsKept)
}

// mostWaitForCap reports whether most of those who wait do so for an account that has
// reached its spend cap.
func (m *Machine) mostWaitForCap() bool {
	if len(m.spentCaps) == 0 {
		return false
	}
	waiting := 0
	for _, l := range m.heap {
		if l.pause.final && l.pause.active(m.now) {
			waiting += l.waiting()
		}
	}
	return 2*waiting > m.arrivals.Len
}

// overloaded returns the most answers of 529 in a row of a lane whose API is overloaded;
// false if there is none.
func (m *Machine) overloaded() (inARow int, open bool) {
	if !m.settings.Adaptive {
		return 0, false
	}
	for _, l := range m.heap {
		if l.overload.Open() {
			inARow, open = max(inARow, l.overload.Failures()), true
		}
	}
	return inARow, open
}
