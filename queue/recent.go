package queue

import "time"

// How many requests are remembered.
const (
	recentTime = time.Hour
	maxRecent  = 1 << 13 // requests
)

// RequestRecord is what is known of a request of the last hour.
type RequestRecord struct {
	Arrived     time.Time
	User, Group string
	Lane        string
	Priority    Priority
	Cost        Cost   // as estimated, then the real one
	Fingerprint uint64 // see [Request]; zero: not known
	Refused     bool   // at the door
	Started     bool
	Abandoned   bool          // its caller has gone, or the queue gave it up, before it started
	Ended       bool          // the last call has
	Waited      time.Duration // from arrival to first start, or until it left
	Took        time.Duration // its last call, if that has ended
}

// recentRequests are the requests of the last hour, or as many as are kept. The zero
// recentRequests is ready to use.
type recentRequests struct {
	ring  []requestEntry // those of numbers from total-len(ring) on, each at its number modulo maxRecent
	total uint64
}

// requestEntry is a [RequestRecord] as the machine keeps it.
type requestEntry struct {
	user        *user
	group, name string // in place of user, for one that was refused
	lane        string
	arrived     time.Duration
	waited      time.Duration
	took        time.Duration
	cost        Cost
	fingerprint uint64
	priority    Priority
	refused     bool
	started     bool
	left        bool
	ended       bool
}

// add remembers a request, and returns its number.
func (t *recentRequests) add(p requestEntry) uint64 {
	if len(t.ring) < maxRecent {
		t.ring = append(t.ring, p)
	} else {
		t.ring[t.total%maxRecent] = p
	}
	t.total++
	return t.total - 1
}

// of returns the request with a number; nil if it is forgotten.
func (t *recentRequests) of(number uint64) *requestEntry {
	if t.total-number > uint64(len(t.ring)) {
		return nil
	}
	return &t.ring[number%maxRecent]
}

// started notes that a ticket has started, and what it had waited.
func (t *recentRequests) started(k *Ticket, waited time.Duration) {
	p := t.of(k.record)
	if p == nil {
		return
	}
	if !p.started {
		p.started, p.waited = true, waited
	}
	p.ended = false
}

// left notes that a ticket is done without a start.
func (t *recentRequests) left(k *Ticket, waited time.Duration) {
	if p := t.of(k.record); p != nil && !p.started {
		p.left, p.waited = true, waited
	}
}

// costKnown notes what a ticket has cost.
func (t *recentRequests) costKnown(k *Ticket, c Cost) {
	if p := t.of(k.record); p != nil {
		p.cost = c
	}
}

// ended notes that a call of a ticket has.
func (t *recentRequests) ended(k *Ticket, took time.Duration) {
	if p := t.of(k.record); p != nil {
		p.ended, p.took, p.lane = true, took, k.lane.name
	}
}

// RecentRequests returns the requests that arrived within the last hour, or since the
// beginning, in the order of their arrival. since is when the list becomes complete (the
// latest 8,192 are kept). Requests waiting at since are included.
func (m *Machine) RecentRequests(now time.Time) (requests []RequestRecord, since time.Time) {
	m.advance(now)
	from := max(m.now-recentTime, 0)
	t := &m.recent
	first := t.total - uint64(len(t.ring))
	if first > 0 {
		from = max(from, t.of(first).arrived)
	}
	for n := first; n < t.total; n++ {
		if p := t.of(n); p.arrived >= from || p.waits(from) {
			requests = append(requests, m.requestRecord(p))
		}
	}
	return requests, m.wallTime(from)
}

// waits reports whether a request waited at a time after its arrival.
func (p *requestEntry) waits(at time.Duration) bool {
	return !p.refused && (!p.started && !p.left || p.arrived+p.waited > at)
}

func (m *Machine) requestRecord(p *requestEntry) RequestRecord {
	group, name := p.group, p.name
	if p.user != nil {
		group, name = p.user.group, p.user.name
	}
	return RequestRecord{
		Arrived: m.wallTime(p.arrived), User: name, Group: group, Lane: m.laneName(p.lane), Priority: p.priority,
		Cost: p.cost, Fingerprint: p.fingerprint,
		Refused: p.refused, Started: p.started, Abandoned: p.left, Ended: p.ended, Waited: p.waited, Took: p.took,
	}
}
