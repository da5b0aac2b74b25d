package queue

import "paceline/queue/internal/list"

// line is the requests of one user in one class: first in, first out, but for the main
// thread of a session, which goes before its subagents. The zero line is empty.
type line struct {
	requests  arrivals
	sessions  map[string]*session // that have requests in it
	unordered bool                // a subagent that is tried again may stand before its main thread
	moved     []*Ticket           // main threads, while the line is copied: perhaps to where the copy has been before
	steps     int                 // in search of the others of a session, so far
}

// session is the requests of a session in a line. A nil session is none.
type session struct {
	name       string
	mainThread int                // how many are of it
	subagents  list.List[*Ticket] // the others, in the order of the line
}

func (l *line) len() int { return l.requests.Len }

func (l *line) first() *Ticket {
	if n := l.requests.First; n != nil {
		return n.Item
	}
	return nil
}

// join puts t behind the others, or before them.
func (l *line) join(t *Ticket, front bool) {
	s := l.sessionOf(t)
	switch {
	case !front:
		l.put(t, s, l.requests.Last)
		s.add(t)
	case t.client.isSubagent():
		l.requests.PushFront(&t.place)
		s.subagents.PushFront(&t.client.place)
		l.unordered = l.unordered || s.mainThread > 0
	default:
		l.requests.PushFront(&t.place)
		s.add(t)
	}
}

// push puts t behind the others, whatever its thread.
func (l *line) push(t *Ticket) {
	l.requests.PushBack(&t.place)
	l.sessionOf(t).add(t)
}

// insert puts t, which comes back, to where it belongs by its arrival. Beside the search for
// that place it takes about as many steps as others stand between the requests of a session.
func (l *line) insert(t *Ticket) {
	l.requests.insert(&t.place)
	s := l.sessionOf(t)
	switch {
	case s == nil:
	case l.unordered:
		s.add(t)
		l.orderSessions()
	case t.client.isSubagent():
		before := l.subagentBefore(t, s)
		if s.subagents.InsertAfter(&t.client.place, before); before == nil {
			for _, main := range l.mainThreadBehind(t, s) {
				l.moveForward(main, s)
			}
		}
	default:
		s.add(t)
		if l.subagentBefore(t, s) != nil {
			l.moveForward(t, s)
		}
	}
}

// subagentBefore returns the last subagent of a session that stands before t, looked for from
// there in both directions; nil if there is none.
func (l *line) subagentBefore(t *Ticket, s *session) *list.Node[*Ticket] {
	prev, next := t.place.Prev, t.place.Next
	for ; s.subagents.Len > 0 && prev != nil; l.steps++ {
		switch {
		case next == nil:
			return s.subagents.Last
		case prev.Item.client.isSubagentOf(s):
			return &prev.Item.client.place
		case next.Item.client.isSubagentOf(s):
			return next.Item.client.place.Prev
		}
		prev, next = prev.Prev, next.Next
	}
	return nil
}

// mainThreadBehind returns the requests of a session's main thread that stand behind t, its
// first subagent.
func (l *line) mainThreadBehind(t *Ticket, s *session) (behind []*Ticket) {
	prev, next := t.place.Prev, t.place.Next
	for found := 0; found < s.mainThread && next != nil && !next.Item.client.isSubagentOf(s); l.steps++ {
		if prev != nil {
			if prev.Item.client.isMainThreadOf(s) {
				found++
			}
			prev = prev.Prev
		}
		if next.Item.client.isMainThreadOf(s) {
			found++
			behind = append(behind, next.Item)
		}
		next = next.Next
	}
	return behind
}

// placer finds the node of a list behind which a ticket belongs; nil for the front.
type placer func(*list.List[*Ticket], *Ticket) *list.Node[*Ticket]

// merge puts t, which has waited elsewhere, where find says. If it belongs to a session,
// orderSessions has to follow.
func (l *line) merge(t *Ticket, find placer) {
	l.requests.InsertAfter(&t.place, find(&l.requests.List, t))
	l.sessionOf(t).add(t)
}

// orderSessions puts the main thread of each session before its subagents, and lists the
// subagents anew.
func (l *line) orderSessions() {
	for _, s := range l.sessions {
		s.subagents = list.List[*Ticket]{}
	}
	var next *list.Node[*Ticket]
	for n := l.requests.First; n != nil; n = next {
		t := n.Item
		next = n.Next
		switch s := l.sessionOf(t); {
		case t.client.isSubagent():
			s.subagents.PushBack(&t.client.place)
		case s != nil && s.subagents.Len > 0:
			l.moveForward(t, s)
		}
	}
	l.unordered = false
}

// moveForward moves t, of the main thread of a session, before its subagents.
func (l *line) moveForward(t *Ticket, s *session) {
	if l.requests.Mark != nil { // the line is being copied
		l.moved = append(l.moved, t)
	}
	l.requests.remove(&t.place)
	l.put(t, s, nil)
}

// put puts t behind at, or before the first subagent of its session.
func (l *line) put(t *Ticket, s *session, at *list.Node[*Ticket]) {
	if t.client.isMainThread() && s.subagents.Len > 0 {
		at = s.subagents.First.Item.place.Prev
	}
	l.requests.InsertAfter(&t.place, at)
}

// sessionOf returns the session of t, a new one if need be; nil if it belongs to none.
func (l *line) sessionOf(t *Ticket) *session {
	if !t.client.inSession() {
		return nil
	}
	name := t.client.session
	s := l.sessions[name]
	if s == nil {
		s = &session{name: name}
		if l.sessions == nil {
			l.sessions = map[string]*session{}
		}
		l.sessions[name] = s
	}
	return s
}

// add notes t, behind the other subagents if it is one.
func (s *session) add(t *Ticket) {
	switch {
	case s == nil:
	case t.client.isSubagent():
		s.subagents.PushBack(&t.client.place)
	default:
		s.mainThread++
	}
}

// remove takes t out.
func (l *line) remove(t *Ticket) {
	l.requests.remove(&t.place)
	s := l.sessionOf(t)
	if s == nil {
		return
	}
	if t.client.isSubagent() {
		s.subagents.Remove(&t.client.place)
	} else {
		s.mainThread--
	}
	if s.mainThread == 0 && s.subagents.Len == 0 {
		delete(l.sessions, s.name)
	}
}
