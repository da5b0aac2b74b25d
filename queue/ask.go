package queue

import (
	"slices"
	"strconv"
	"time"
)

// Waiting returns some of the waiting requests, in the order of their starts or longest first.
// Where 100 or more wait the order of the starts and the times can be old, by up to 50 µs for
// each of them and 5 s at most; one that has come since then is late in that order. It holds
// up others only for a part of its time, however many wait.
func (q *Queue) Waiting(query WaitingQuery) WaitingPage {
	q.plan(func() []*lane { return slices.Clone(q.machine.heap) })
	p := newWaitingList(query)
	defer q.update(func(time.Time) { q.machine.endList(p) })
	for more := true; more; {
		q.update(func(now time.Time) { more = q.machine.fillSome(now, p, longLine) })
	}
	return p.page
}

// Find returns the request of that ID, if it waits: the earliest, if there are
// several. Where 100 or more wait its place and its time can be old, by up to 50 µs for each
// of them and 5 s at most; those of one that has come since then are an upper bound.
func (q *Queue) Find(id string) (w WaitingRequest, ok bool) {
	q.prepareIDs(id)
	q.plan(func() []*lane {
		if t := q.machine.ids.find(id, &q.machine.arrivals); t != nil {
			return []*lane{t.lane}
		}
		return nil
	})
	q.update(func(now time.Time) { w, ok = q.machine.Find(now, id) })
	return w, ok
}

// Cancel takes the request of that ID out of those that wait; its [Do] returns
// [ErrCancelled]. by names the person that asked, for the events. It reports whether
// there was one.
func (q *Queue) Cancel(id, by string) (ok bool) {
	q.prepareIDs(id)
	q.update(func(now time.Time) { ok = q.machine.Cancel(now, id, by) })
	return ok
}

// Runs reports whether a request of that ID runs.
func (q *Queue) Runs(id string) (ok bool) {
	q.update(func(now time.Time) { ok = q.machine.Runs(now, id) })
	return ok
}

// SetPriority gives the request of that ID, if it waits, another priority, see
// [Machine.SetPriority]. By names the person that asked, for the events. It reports whether
// there was one.
func (q *Queue) SetPriority(id string, p Priority, by string) (ok bool) {
	q.prepareIDs(id)
	q.update(func(now time.Time) { ok = q.machine.SetPriority(now, id, p, by) })
	return ok
}

// prepareIDs prepares the search for an ID, if that is a number, in pieces.
func (q *Queue) prepareIDs(id string) {
	_, err := strconv.ParseUint(id, 10, 64)
	for more := err == nil; more; {
		q.update(func(time.Time) { more = q.machine.ids.findNumbers(&q.machine.arrivals, longLine) })
	}
}
