package queue

import "paceline/queue/internal/list"

// line is the requests of one user in one class: first in, first out, but for those of
// subagents, which let the others pass: somebody sits before the main thread of a session,
// whichever it is. Where both wait all the time, one turn in mostPassing+1 is a subagent's. The
// zero line is empty.
type line struct {
	threads   arrivals // all but those of subagents
	subagents arrivals
	passing   int // have passed the first of the subagents, one after the other
}

// mostPassing is how many others pass a subagent one after the other.
const mostPassing = 3

func (l *line) len() int { return l.threads.Len + l.subagents.Len }

// next returns the place of the next request; nil if there is none.
func (l *line) next() *list.Node[*Ticket] {
	if n := l.subagents.First; n != nil && (l.threads.First == nil || l.passing >= mostPassing) {
		return n
	}
	return l.threads.First
}

// first returns the next request; nil if there is none.
func (l *line) first() *Ticket {
	if n := l.next(); n != nil {
		return n.Item
	}
	return nil
}

// of returns the part that t stands in, or belongs to.
func (l *line) of(t *Ticket) *arrivals {
	if t.subagent {
		return &l.subagents
	}
	return &l.threads
}

// join puts t behind the others of its part, or before them.
func (l *line) join(t *Ticket, front bool) {
	if front {
		l.of(t).PushFront(&t.place)
	} else {
		l.of(t).PushBack(&t.place)
	}
}

// insert puts t, which comes back, to where it belongs by its arrival.
func (l *line) insert(t *Ticket) { l.of(t).insert(&t.place) }

// placer finds the node of a list behind which a ticket belongs; nil for the front.
type placer func(*list.List[*Ticket], *Ticket) *list.Node[*Ticket]

// merge puts t, which has waited elsewhere, where find says.
func (l *line) merge(t *Ticket, find placer) {
	part := &l.of(t).List
	part.InsertAfter(&t.place, find(part, t))
}

// remove takes t out.
func (l *line) remove(t *Ticket) { l.of(t).remove(&t.place) }

// served notes that t, which has yet to be removed, has its turn.
func (l *line) served(t *Ticket) {
	if t.subagent || l.subagents.Len == 0 {
		l.passing = 0
	} else {
		l.passing++
	}
}

// turnsBefore returns after how many turns of the user at most a new request would have its
// own, that one included, if nobody else comes.
func (l *line) turnsBefore(subagent bool) int {
	n := l.threads.Len + 1
	if subagent {
		return n + l.subagents.Len
	}
	return n + min((l.passing+n-1)/mostPassing, l.subagents.Len)
}

// oldest returns the request that arrived first; nil if it is empty.
func (l *line) oldest() (oldest *Ticket) {
	for _, n := range [...]*list.Node[*Ticket]{l.threads.First, l.subagents.First} {
		if n != nil && (oldest == nil || n.Item.id < oldest.id) {
			oldest = n.Item
		}
	}
	return oldest
}

// all yields those in line. The one yielded may be removed.
func (l *line) all(yield func(*Ticket) bool) {
	for _, part := range [...]*arrivals{&l.threads, &l.subagents} {
		for t := range part.All {
			if !yield(t) {
				return
			}
		}
	}
}
