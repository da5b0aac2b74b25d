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

// Find returns the request that is meant, if it waits; else the error is [ErrNotWaiting] or
// [ErrManyUsers]. Where 100 or more wait its place and its time can be old, by up to 50 µs for
// each of them and 5 s at most; those of one that has come since then are an upper bound.
func (q *Queue) Find(query RequestQuery) (w WaitingRequest, err error) {
	q.prepareIDs(query.ID)
	q.plan(func() []*lane {
		if t, err := q.machine.ids.find(&query, &q.machine.arrivals); err == nil {
			return []*lane{t.lane}
		}
		return nil
	})
	q.update(func(now time.Time) { w, err = q.machine.Find(now, query) })
	return w, err
}

// Cancel takes the request that is meant out of those that wait; its [Do] returns
// [ErrCancelled]. By names the person that asked, for the events. The error is
// [ErrNotWaiting], [ErrStarted] or [ErrManyUsers]; then nothing has changed.
func (q *Queue) Cancel(query RequestQuery, by string) (err error) {
	q.prepareIDs(query.ID)
	q.update(func(now time.Time) { err = q.machine.Cancel(now, query, by) })
	return err
}

// SetPriority gives the request that is meant, if it waits, another priority, see
// [Machine.SetPriority]. By names the person that asked, for the events. The error is
// [ErrNotWaiting], [ErrStarted] or [ErrManyUsers]; then nothing has changed.
func (q *Queue) SetPriority(query RequestQuery, p Priority, by string) (err error) {
	q.prepareIDs(query.ID)
	q.update(func(now time.Time) { err = q.machine.SetPriority(now, query, p, by) })
	return err
}

// prepareIDs prepares the search for an ID, if that is a number, in pieces.
func (q *Queue) prepareIDs(id string) {
	_, err := strconv.ParseUint(id, 10, 64)
	for more := err == nil; more; {
		q.update(func(time.Time) { more = q.machine.ids.findNumbers(&q.machine.arrivals, longLine) })
	}
}
