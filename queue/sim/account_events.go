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
func (a *eventQueue) schedule(at micros, do func(now micros)) {
	a.scheduled++
	heap.Push(a, timedEvent{at, a.scheduled, do})
}

// next removes and returns the first event, if it is due by now.
func (a *eventQueue) next(now micros) (timedEvent, bool) {
	if len(a.events) == 0 || a.events[0].at > now {
		return timedEvent{}, false
	}
	return heap.Pop(a).(timedEvent), true
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (a *eventQueue) Len() int { return len(a.events) }

// Less orders by time, then by sequence.
func (a *eventQueue) Less(i, j int) bool {
	x, y := a.events[i], a.events[j]
	return x.at < y.at || x.at == y.at && x.sequence < y.sequence
}

// Swap swaps two events.
func (a *eventQueue) Swap(i, j int) { a.events[i], a.events[j] = a.events[j], a.events[i] }

// Push appends an event.
func (a *eventQueue) Push(x any) { a.events = append(a.events, x.(timedEvent)) }

// Pop removes the last event.
func (a *eventQueue) Pop() any {
	last := len(a.events) - 1
	x := a.events[last]
	a.events[last] = timedEvent{}
	a.events = a.events[:last]
	return x
}
