package queue

import "paceline/queue/internal/list"

// line is the requests of one user in one class: first in, first out, but for the main
// thread of a session, which goes before its subagents. The zero line is empty.
type line struct {
	requests  arrivals
	subagents map[string]*list.List[*Ticket] // those of each session that has any, in their order
	moved     []*Ticket                      // main threads, while the line is copied: perhaps to where the copy has been before
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
	if front {
		l.requests.PushFront(&t.place)
	} else {
		l.insert(t, l.requests.Last)
	}
	if t.client.isSubagent() {
		own := l.agents(t.client.session)
		if front {
			own.PushFront(&t.client.place)
		} else {
			own.PushBack(&t.client.place)
		}
	}
}

// push puts t behind the others, whatever its thread.
func (l *line) push(t *Ticket) {
	l.requests.PushBack(&t.place)
	if t.client.isSubagent() {
		l.agents(t.client.session).PushBack(&t.client.place)
	}
}

// merge puts t, which has waited elsewhere, into the line by its arrival: where find says,
// which may be nil. If it belongs to a session, orderSessions has to follow.
func (l *line) merge(t *Ticket, find placer) {
	if find != nil {
		l.requests.InsertAfter(&t.place, find(&l.requests.List, t))
	} else {
		l.requests.insert(&t.place)
	}
	if t.client.isSubagent() {
		l.agents(t.client.session).PushBack(&t.client.place)
	}
}

// orderSessions puts the main thread of each session before its subagents, and lists the
// subagents anew.
func (l *line) orderSessions() {
	clear(l.subagents)
	copying := l.requests.Mark != nil
	var next *list.Node[*Ticket]
	for n := l.requests.First; n != nil; n = next {
		t := n.Item
		next = n.Next
		switch {
		case t.client.isSubagent():
			l.agents(t.client.session).PushBack(&t.client.place)
		case t.client.isMainThread():
			if l.subagents[t.client.session] != nil {
				l.requests.remove(n)
				l.insert(t, nil)
				if copying {
					l.moved = append(l.moved, t)
				}
			}
		}
	}
}

// placer finds the node of a list behind which a ticket belongs; nil for the front.
type placer func(*list.List[*Ticket], *Ticket) *list.Node[*Ticket]

// insert puts t behind at, or before the first subagent of its session.
func (l *line) insert(t *Ticket, at *list.Node[*Ticket]) {
	if t.client.isMainThread() {
		if own := l.subagents[t.client.session]; own != nil {
			at = own.First.Item.place.Prev
		}
	}
	l.requests.InsertAfter(&t.place, at)
}

// agents returns the subagents of a session.
func (l *line) agents(session string) *list.List[*Ticket] {
	own := l.subagents[session]
	if own == nil {
		own = &list.List[*Ticket]{}
		if l.subagents == nil {
			l.subagents = map[string]*list.List[*Ticket]{}
		}
		l.subagents[session] = own
	}
	return own
}

// remove takes t out.
func (l *line) remove(t *Ticket) {
	l.requests.remove(&t.place)
	if !t.client.isSubagent() {
		return
	}
	own := l.subagents[t.client.session]
	if own.Remove(&t.client.place); own.Len == 0 {
		delete(l.subagents, t.client.session)
	}
}
