package queue

import "time"

// lane is what shares one limit of the API: an order, a pace and slots of its
// own. Lanes never wait for each other.
type lane struct {
	name    string
	head    list[*Ticket] // told by the API to wait: before everybody else, by start
	order   order
	backoff list[*Ticket] // by when they are due
	pace    spaced
	limits  adaptive
	running int

	pausedUntil time.Duration // zero or past: not paused
	pausedAt    time.Duration // the last pause's beginning
	pauses      int           // in a row that the API gave no time for
	pauseWords  string
	overloads   int           // answers of 529 since the last success
	alive       time.Duration // something last started, finished or sent a byte

	wake    time.Duration // when to look again
	index   int           // in the heap of lanes
	ready   node[*lane]   // among those whose next in line may start now
	isReady bool
}

// inLine is how many stand in line: what counts as w, and has a position.
func (l *lane) inLine() int { return l.head.len + l.order.len }

func (l *lane) waiting() int { return l.inLine() + l.backoff.len }

func (l *lane) paused(now time.Duration) bool { return l.pausedUntil > now }

// next returns who is next in line, nil if nobody is.
func (l *lane) next() *Ticket {
	if n := l.head.first; n != nil {
		return n.item
	}
	return l.order.next()
}

// adapts reports whether the account's limits decide the pace.
func (l *lane) adapts(s *Settings) bool { return s.Adaptive && l.limits.known }

// opens returns when the next start may happen, as far as pace and pause go.
func (l *lane) opens(s *Settings) time.Duration {
	if l.adapts(s) {
		if t := l.next(); t != nil {
			return max(l.limits.opens(t.cost), l.pausedUntil)
		}
		return l.pausedUntil
	}
	at := max(l.pace.gate(s, l.inLine()), l.pausedUntil)
	if l.guesses(s) {
		if t := l.next(); t != nil {
			at = max(at, l.limits.allowed(t.cost))
		}
	}
	return at
}

// fixDue returns when w must be counted for the spacing; never if it need not.
func (l *lane) fixDue(s *Settings) time.Duration {
	if l.adapts(s) {
		return never
	}
	return l.pace.fixDue(s)
}

// startable reports whether the next in line may start at now.
func (l *lane) startable(s *Settings, now time.Duration) bool {
	return l.inLine() > 0 && l.running < l.room(s) && l.fixDue(s) > now && l.opens(s) <= now
}

// putAtHead makes t one of the first to start again, in the order of the starts.
func (l *lane) putAtHead(t *Ticket) {
	at := l.head.last
	for at != nil && later(at.item, t) {
		at = at.prev
	}
	l.head.insertAfter(&t.place, at)
	t.state = atHead
}

func later(a, b *Ticket) bool {
	return a.started > b.started || a.started == b.started && a.id > b.id
}

// putInBackoff lets t stand aside until due.
func (l *lane) putInBackoff(t *Ticket, due time.Duration) {
	at := l.backoff.last
	for at != nil && at.item.since > due {
		at = at.prev
	}
	l.backoff.insertAfter(&t.place, at)
	t.state, t.since = inBackoff, due
}

// drop takes t, which waits, out of the lane.
func (l *lane) drop(t *Ticket) {
	switch t.state {
	case inLine:
		l.order.leave(t)
	case atHead:
		l.head.remove(&t.place)
	case inBackoff:
		l.backoff.remove(&t.place)
	}
}

// take gives t, which is next in line, its turn.
func (l *lane) take(t *Ticket) {
	if t.state == atHead {
		l.head.remove(&t.place)
		return
	}
	l.order.take(t)
}

// due returns the next moment at which the lane changes by itself, but for starts.
func (l *lane) due(s *Settings) time.Duration {
	due := min(l.fixDue(s), l.order.ageDue(s.Aging))
	if n := l.backoff.first; n != nil {
		due = min(due, n.item.since)
	}
	if l.pauseWords != "" {
		due = min(due, l.pausedUntil)
	}
	if l.waiting() == 0 && l.running == 0 && l.limits.known { // then the lane can go
		due = min(due, l.limits.full())
	}
	return due
}

// idle reports whether the lane is as good as a new one at now.
func (l *lane) idle(s *Settings, now time.Duration) bool {
	return l.waiting() == 0 && l.running == 0 && !l.paused(now) && l.opens(s) <= now && l.fixDue(s) > now && l.limits.full() <= now
}

// laneHeap orders lanes by wake, and those of one instant by name, for
// container/heap.
type laneHeap []*lane

func (h laneHeap) Len() int { return len(h) }

func (h laneHeap) Less(i, j int) bool {
	return h[i].wake < h[j].wake || h[i].wake == h[j].wake && h[i].name < h[j].name
}

func (h laneHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *laneHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
