package queue

import (
	"math"
	"time"
)

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
	Estimate    Cost   // what it was expected to cost when it arrived
	Cost        Cost   // the estimate, then the real one
	Fingerprint uint64 // see [Request]; zero: not known
	Refused     bool   // at the door
	Started     bool
	Abandoned   bool          // its caller has gone, or the queue gave it up, before it started
	Ended       bool          // the last call has
	Waited      time.Duration // from arrival to first start, or until it left
	Delayed     time.Duration // from arrival to latest start: longer than Waited if it was tried again
	Took        time.Duration // its last call, if that has ended
	Told        Limits        // by the answer to its latest call; zero: nothing
	ToldAt      time.Time     // when it did
	Errors      int           // calls that failed
	LastError   Class         // of the latest of them, if there is one
	Failed      bool          // for good
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
	delayed     time.Duration
	took        time.Duration
	estimate    Cost
	cost        Cost
	told        Limits
	toldAt      time.Duration
	fingerprint uint64
	priority    Priority
	refused     bool
	started     bool
	left        bool
	ended       bool
	failed      bool
	errors      uint8
	lastError   Class
}

// add remembers a request, and returns its number.
func (r *recentRequests) add(e requestEntry) uint64 {
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, e)
	} else {
		r.ring[r.total%maxRecent] = e
	}
	r.total++
	return r.total - 1
}

// of returns the request with a number; nil if it is forgotten.
func (r *recentRequests) of(number uint64) *requestEntry {
	if r.total-number > uint64(len(r.ring)) {
		return nil
	}
	return &r.ring[number%maxRecent]
}

// started notes that a ticket has started at now.
func (r *recentRequests) started(t *Ticket, now time.Duration) {
	e := r.of(t.record)
	if e == nil {
		return
	}
	if !e.started {
		e.started, e.waited = true, now-e.arrived
	}
	e.ended, e.delayed, e.told = false, now-e.arrived, Limits{}
}

// left notes that a ticket is done at now, without a start.
func (r *recentRequests) left(t *Ticket, now time.Duration) {
	if e := r.of(t.record); e != nil && !e.started {
		e.left, e.waited = true, now-e.arrived
	}
}

// costKnown notes what a ticket has cost.
func (r *recentRequests) costKnown(t *Ticket, c Cost) {
	if e := r.of(t.record); e != nil {
		e.cost = c
	}
}

// limitsKnown notes the limits that the answer to a ticket has reported at now.
func (r *recentRequests) limitsKnown(t *Ticket, l Limits, now time.Duration) {
	if e := r.of(t.record); e != nil && l != (Limits{}) {
		e.told, e.toldAt = l, now
	}
}

// ended notes that a call of a ticket has.
func (r *recentRequests) ended(t *Ticket, took time.Duration) {
	if e := r.of(t.record); e != nil {
		e.ended, e.took, e.lane = true, took, t.lane.name
	}
}

// callFailed notes that a call of a ticket has failed.
func (r *recentRequests) callFailed(t *Ticket, class Class) {
	if e := r.of(t.record); e != nil {
		e.errors, e.lastError = min(e.errors, math.MaxUint8-1)+1, class
	}
}

// failed notes that a ticket has failed for good.
func (r *recentRequests) failed(t *Ticket) {
	if e := r.of(t.record); e != nil {
		e.failed = true
	}
}

// RecentRequests returns the requests that arrived within the last hour, or since the
// beginning, in the order of their arrival. since is when the list becomes complete (the
// latest 8,192 are kept). Requests waiting at since are included.
func (m *Machine) RecentRequests(now time.Time) (requests []RequestRecord, since time.Time) {
	m.advance(now)
	all := m.recentRange()
	return m.appendRecent(nil, all), m.wallTime(all.from)
}

// recentRange is requests of late: the numbers, and from when on they must have arrived or
// waited.
type recentRange struct {
	first, end uint64
	from       time.Duration
}

// recentRange returns all of the last hour.
func (m *Machine) recentRange() recentRange {
	r := &m.recent
	all := recentRange{r.total - uint64(len(r.ring)), r.total, max(m.now-recentTime, 0)}
	if all.first > 0 {
		all.from = max(all.from, r.of(all.first).arrived)
	}
	return all
}

// appendRecent appends those of a range that are remembered.
func (m *Machine) appendRecent(requests []RequestRecord, some recentRange) []RequestRecord {
	for n := some.first; n < some.end; n++ {
		if e := m.recent.of(n); e != nil && (e.arrived >= some.from || e.waits(some.from)) {
			requests = append(requests, m.requestRecord(e))
		}
	}
	return requests
}

// waits reports whether a request waited at a time after its arrival.
func (e *requestEntry) waits(at time.Duration) bool {
	return !e.refused && (!e.started && !e.left || e.arrived+e.waited > at)
}

func (m *Machine) requestRecord(e *requestEntry) RequestRecord {
	group, name := e.group, e.name
	if e.user != nil {
		group, name = e.user.group, e.user.name
	}
	record := RequestRecord{
		Arrived: m.wallTime(e.arrived), User: name, Group: group, Lane: m.laneName(e.lane), Priority: e.priority,
		Estimate: e.estimate, Cost: e.cost, Fingerprint: e.fingerprint,
		Refused: e.refused, Started: e.started, Abandoned: e.left, Ended: e.ended, Waited: e.waited, Delayed: e.delayed, Took: e.took, Told: e.told,
		Errors: int(e.errors), LastError: e.lastError, Failed: e.failed,
	}
	if e.told != (Limits{}) {
		record.ToldAt = m.wallTime(e.toldAt)
	}
	return record
}
