package sim

import (
	"container/heap"
	"math"
)

// eventQueue is a heap of future events, by time. Events of one time run in the order in
// which they were scheduled.
type eventQueue[T ~int64] struct {
	events    []timedEvent[T]
	scheduled uint64 // events so far
}

// timedEvent is a function that runs at a time.
type timedEvent[T ~int64] struct {
	at       T
	sequence uint64
	do       func(now T)
}

// schedule runs do at a time.
func (q *eventQueue[T]) schedule(at T, do func(now T)) {
	q.scheduled++
	heap.Push(q, timedEvent[T]{at, q.scheduled, do})
}

// next removes and returns the first event, if it is due by now.
func (q *eventQueue[T]) next(now T) (timedEvent[T], bool) {
	if len(q.events) == 0 || q.events[0].at > now {
		return timedEvent[T]{}, false
	}
	return heap.Pop(q).(timedEvent[T]), true
}

// due returns when the first event is due; the last of all times if there is none.
func (q *eventQueue[T]) due() T {
	if len(q.events) == 0 {
		return T(math.MaxInt64)
	}
	return q.events[0].at
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (q *eventQueue[T]) Len() int { return len(q.events) }

// Less orders by time, then by sequence.
func (q *eventQueue[T]) Less(i, j int) bool {
	x, y := q.events[i], q.events[j]
	return x.at < y.at || x.at == y.at && x.sequence < y.sequence
}

// Swap swaps two events.
func (q *eventQueue[T]) Swap(i, j int) { q.events[i], q.events[j] = q.events[j], q.events[i] }

// Push appends an event.
func (q *eventQueue[T]) Push(x any) { q.events = append(q.events, x.(timedEvent[T])) }

// Pop removes the last event.
func (q *eventQueue[T]) Pop() any {
	last := len(q.events) - 1
	x := q.events[last]
	q.events[last] = timedEvent[T]{}
	q.events = q.events[:last]
	return x
}
