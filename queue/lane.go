package queue

import (
	"slices"
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// lane is what shares one limit of the API: an order, a pace and slots of its
// own. Lanes never wait for each other. What a report looks at in each of many lanes
// stands first, close together.
type lane struct {
	name         string
	wake         time.Duration // when to look again
	index        int           // in the heap of lanes
	running      int
	lastProgress time.Duration // something last started, finished or sent a byte
	failed       streak        // its calls, see [Machine.noteFailure]
	failures     laneFailures
	emptyAt      time.Duration // when the last in line starts, as of the last change; below zero: not worked out yet
	allStarted   time.Duration // when all who wait will have started, see lineEnds
	aside        asides
	head         head
	isReady      bool
	order        order
	laneMemory   // outlives the lane

	pace       spaced
	network    *limiter.Breaker // shared by all lanes
	triedAt    time.Duration    // when a call of the lane last tried the network
	plan       plan             // who will start when
	projection *projection      // that will be the next plan; nil: none is being made
	promises   [3]promises      // by class
	basis      uint64           // of what they were made of, see [limiter.Limiter.Basis]
	newcomers  newcomers        // that have joined its line of late
	emptyTimes emptyTimes
	toShed     bool             // a [Queue] has to shed it, see [Machine.shed]
	ready      list.Node[*lane] // in the list of lanes whose first request may start now
}

// inLine is how many stand in line: what counts as w, and has a position.
func (l *lane) inLine() int { return l.head.Len + l.order.len }

func (l *lane) waiting() int { return l.inLine() + l.aside.Len }

// next returns the first request in line; nil if the line is empty. While a breaker is
// open, each try takes another request: one that has failed as a try comes only after
// all others.
func (l *lane) next(s *Settings) *Ticket {
	if n := l.head.First; n != nil {
		return n.Item
	}
	if t := l.order.next(); t != nil {
		return t
	}
	if l.broken(s) {
		return l.firstFailedTry()
	}
	return nil
}

// turn returns who may start next, and when; nil if the line is empty.
func (l *lane) turn(s *Settings, now time.Duration) (t *Ticket, at time.Duration) {
	first := l.next(s)
	if first == nil {
		return nil, l.pause.opens()
	}
	return l.firstOrPasser(s, first, now)
}

// firstOrPasser returns who may start next, and when: the first in line, or one that may
// pass it while it waits for its bucket.
func (l *lane) firstOrPasser(s *Settings, first *Ticket, now time.Duration) (t *Ticket, at time.Duration) {
	at, by := l.nextStart(s, first)
	if at > now && s.adaptive() && limiter.Reason(by).IsBucket() {
		if passer, starts := l.order.passer(&l.limits, first, at, now); passer != nil {
			opens, _ := l.gate(s)
			return passer, max(starts, opens)
		}
	}
	return first, at
}

// nextStart returns when pace, pauses and breakers let t start if it is first in line,
// and what holds it up until then.
func (l *lane) nextStart(s *Settings, t *Ticket) (at time.Duration, by string) {
	if s.adaptive() {
		var reason limiter.Reason
		at, reason = l.limits.Next(t.cost)
		by = string(reason)
	} else {
		at, by = l.pace.nextStart(s, l.inLine()), BlockedBySpacing
	}
	if until, gate := l.gate(s); until > at {
		at, by = until, gate
	}
	return at, by
}

// gate returns until when a pause or a breaker holds up whoever is first in line, and
// which of them.
func (l *lane) gate(s *Settings) (at time.Duration, by string) {
	at, by = l.pause.opens(), BlockedByPause
	if s.adaptive() {
		if until := l.overload.Next(); until > at {
			at, by = until, BlockedByOverload
		}
		if until := l.network.Next(); l.networkHolds() && until > at {
			at, by = until, BlockedByNetwork
		}
	}
	return at, by
}

// opens returns when the next start may happen.
func (l *lane) opens(s *Settings, now time.Duration) time.Duration {
	_, at := l.turn(s, now)
	return at
}

// told returns the limits that starts are charged by; zero where none is, and under the
// spaced rule.
func (l *lane) told(s *Settings) limiter.Amount {
	if !s.adaptive() {
		return limiter.Amount{}
	}
	return l.limits.Told()
}

// broken reports whether a breaker holds back the lane.
func (l *lane) broken(s *Settings) bool {
	return s.adaptive() && (l.overload.Open() || l.networkHolds())
}

// breakerOf returns the class of the failures for which a breaker holds back l: that of the
// breaker which does so for longer.
func (m *Machine) breakerOf(l *lane) Class {
	if l.networkHolds() && (!l.overload.Open() || m.network.Next() > l.overload.Next()) {
		return NetworkError
	}
	return Overloaded
}

// fixDue returns when w must be counted for the spacing; never if it need not.
func (l *lane) fixDue(s *Settings) time.Duration {
	if s.adaptive() {
		return never
	}
	return l.pace.fixDue(s)
}

// putAtHead makes t one of the first to start again, in the order of the starts. A user has
// one there at most: its others get back what they have paid, and wait for their user's
// turns, so that one whose many requests are refused does not keep all others waiting. So
// does one that was lowered meanwhile.
func (l *lane) putAtHead(t *Ticket, now time.Duration) {
	if l.head.of[t.user] > 0 || t.lowered {
		t.refund()
		l.order.insert(t, now)
		l.noteJoined(t)
		return
	}
	at := l.head.Last
	for at != nil && byStart(at.Item, t) > 0 {
		at = at.Prev
	}
	l.head.insert(t, at)
	l.noteJoined(t)
}

// allWaiting returns those that wait, in no order.
func (l *lane) allWaiting() []*Ticket {
	all := make([]*Ticket, 0, l.waiting())
	for i := range l.order.classes {
		for s := range l.order.classes[i].users.All {
			all = slices.AppendSeq(all, s.line.all)
		}
	}
	all = slices.AppendSeq(all, l.head.All)
	return slices.AppendSeq(all, l.aside.All)
}

// removeWaiting takes t, which waits, out of the lane.
func (l *lane) removeWaiting(t *Ticket) {
	switch t.state {
	case inLine:
		l.order.leave(t)
	case atHead:
		l.head.remove(t)
	case aside:
		l.aside.remove(t)
	}
}

// takeTurn gives t, which is next in line, its turn at now.
func (l *lane) takeTurn(s *Settings, t *Ticket, now time.Duration) {
	if t.state == inLine {
		l.order.takeTurn(t)
	} else {
		l.removeWaiting(t) // it has paid before
	}
	l.order.started(t.class, now, s.Aging)
}

// due returns the next moment at which the lane changes by itself, but for starts.
func (l *lane) due(s *Settings) time.Duration {
	due := l.fixDue(s)
	if n := l.aside.First; n != nil {
		due = min(due, n.Item.since)
	}
	if l.pause.reason != "" {
		due = min(due, l.pause.until)
	}
	if l.waiting() == 0 && l.running == 0 {
		due = min(due, l.forgettableAt(s))
	}
	return due
}

// forgettableAt returns when the lane is like a new one if no request arrives.
func (l *lane) forgettableAt(s *Settings) time.Duration {
	at := max(l.limits.FullAt(), l.pause.until)
	if s.adaptive() {
		at = max(at, l.overload.RelevantUntil())
	} else {
		at = max(at, l.pace.nextStart(s, 0))
	}
	return at
}

// idle reports whether the lane is as good as a new one at now.
func (l *lane) idle(s *Settings, now time.Duration) bool {
	return l.waiting() == 0 && l.running == 0 && l.fixDue(s) > now && l.forgettableAt(s) <= now
}
