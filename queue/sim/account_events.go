package sim

import "container/heap"

// eventQueue is a heap of the future events of an account, by time. Events of one
// time run in the order in which they were scheduled.
type eventQueue struct {
	events    []timedEvent
	scheduled uint64 // events so far
}

// timedEvent is a function that runs at a time.
type timedEvent struct {
	at       micros
	sequence uint64
	do       func(now micros)
}

// schedule runs do at a time.
func (q *eventQueue) schedule(at micros, do func(now micros)) {
	q.scheduled++
	heap.Push(q, timedEvent{at, q.scheduled, do})
}

// next removes and returns the first event, if it is due by now.
func (q *eventQueue) next(now micros) (timedEvent, bool) {
	if len(q.events) == 0 || q.events[0].at > now {
		return timedEvent{}, false
	}
	return heap.Pop(q).(timedEvent), true
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (q *eventQueue) Len() int { return len(q.events) }

// Less orders by time, then by sequence.
func (q *eventQueue) Less(i, j int) bool {
	x, y := q.events[i], q.events[j]
	return x.at < y.at || x.at == y.at && x.sequence < y.sequence
}

// Swap swaps two events.
func (q *eventQueue) Swap(i, j int) { q.events[i], q.events[j] = q.events[j], q.events[i] }

// Push appends an event.
func (q *eventQueue) Push(x any) { q.events = append(q.events, x.(timedEvent)) }

// Pop removes the last event.
func (q *eventQueue) Pop() any {
	last := len(q.events) - 1
	x := q.events[last]
	q.events[last] = timedEvent{}
	q.events = q.events[:last]
	return x
}
