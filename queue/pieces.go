package queue

import (
	"slices"
	"time"
)

// pieceSize is how many of many things are gone through in one piece.
const pieceSize = 256

// inPieces calls f for n things in pieces, each of them under the lock, which is free in
// between: others do not have to wait for all.
func (q *Queue) inPieces(n int, f func(from, to int)) {
	for from := 0; from < n; from += pieceSize {
		q.update(func(time.Time) { f(from, min(from+pieceSize, n)) })
	}
}

// eachLane calls f for each lane in pieces. A lane that comes or goes meanwhile may be
// left out.
func (q *Queue) eachLane(f func(*lane)) {
	var lanes []*lane
	q.update(func(now time.Time) {
		q.machine.advance(now)
		lanes = slices.Clone(q.machine.heap)
	})
	q.inPieces(len(lanes), func(from, to int) {
		for _, l := range lanes[from:to] {
			if l.index >= 0 {
				f(l)
			}
		}
	})
}

// RecentRequests returns the requests of the last hour, see [Machine.RecentRequests]. It costs
// as much as there are, a piece of them at a time: one may be told as of a little later than
// another.
func (q *Queue) RecentRequests() (requests []RequestRecord, since time.Time) {
	var all recentRange
	q.update(func(now time.Time) {
		q.machine.advance(now)
		all = q.machine.recentRange()
		since = q.machine.wallTime(all.from)
	})
	n := int(all.end - all.first)
	requests = make([]RequestRecord, 0, n)
	q.inPieces(n, func(from, to int) {
		some := recentRange{all.first + uint64(from), all.first + uint64(to), all.from}
		requests = q.machine.appendRecent(requests, some)
	})
	return requests, since
}

// KnownLimits returns the limits that the API has reported, see [Machine.KnownLimits].
func (q *Queue) KnownLimits() map[string]Limits {
	all := knownLimits{}
	q.eachLane(func(l *lane) { all.add(l.name, &l.laneMemory) })
	q.update(func(time.Time) { q.machine.memories.all(all.add) })
	return all
}

// Blocked returns what holds up each lane in which somebody waits.
func (q *Queue) Blocked() (all []BlockedLane) {
	q.eachLane(func(l *lane) { all = q.machine.appendBlocked(all, l) })
	return all
}
