package sim

import "container/heap"

// agenda is what will happen to an account by itself, by time; at one time in the
// order in which it was planned.
type agenda struct {
	list  []due
	count uint64 // planned until now
}

type due struct {
	at     micros
	number uint64
	do     func(now micros)
}

// plan makes do happen at a time.
func (a *agenda) plan(at micros, do func(now micros)) {
	a.count++
	heap.Push(a, due{at, a.count, do})
}

// next takes out what is due first, if that is not after now.
func (a *agenda) next(now micros) (due, bool) {
	if len(a.list) == 0 || a.list[0].at > now {
		return due{}, false
	}
	return heap.Pop(a).(due), true
}

// Len, Less, Swap, Push and Pop make it a heap.
func (a *agenda) Len() int { return len(a.list) }

// Less is by time and then by number.
func (a *agenda) Less(i, j int) bool {
	x, y := a.list[i], a.list[j]
	return x.at < y.at || x.at == y.at && x.number < y.number
}

// Swap swaps two.
func (a *agenda) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }

// Push appends one.
func (a *agenda) Push(x any) { a.list = append(a.list, x.(due)) }

// Pop takes out the last.
func (a *agenda) Pop() any {
	last := len(a.list) - 1
	x := a.list[last]
	a.list[last] = due{}
	a.list = a.list[:last]
	return x
}
