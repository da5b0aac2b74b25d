// Package fair shares turns among flows by weighted fair queueing with its own clock
// (Golestani, "A self-clocked fair queueing scheme", INFOCOM 1994): the next turn is that
// of the flow whose start would finish first, by what starts cost, and the virtual time is
// the finish of the latest turn. Where all costs and weights are equal, turns go round.
package fair

import "cmp"

// Queue holds the flows that wait for a turn. The zero Queue is empty. It is not safe for
// concurrent use.
type Queue[T any] struct {
	heap    []entry[T] // a heap with four children a node, by before
	virtual float64
	turns   uint64  // how often a flow joined or had a turn
	weight  float64 // of all that wait
}

// entry has the keys beside the flow, so that a comparison touches no other memory.
type entry[T any] struct {
	finish float64
	turn   uint64
	flow   *Flow[T]
}

// Flow is one that shares a queue's turns. Its Item is the owner's. The zero Flow has the
// weight 1 and owes nothing.
type Flow[T any] struct {
	Item   T
	Weight float64 // turns for each turn of a flow of weight 1; zero: 1

	start  float64 // the virtual time at which its next start begins
	joined float64 // the virtual time at which it last joined
	cost   float64 // of its next start
	weight float64 // as it counts in the queue's
	turn   uint64  // of two with one finish, the lower one is first
	place  int     // in the heap, from 1; zero: it does not wait
}

// Waits reports whether the flow waits for a turn.
func (f *Flow[T]) Waits() bool { return f.place > 0 }

// Cost returns what the next start of a flow that waits costs.
func (f *Flow[T]) Cost() float64 { return f.cost }

func (f *Flow[T]) share(cost float64) float64 {
	if f.Weight > 0 {
		return cost / f.Weight
	}
	return cost
}

// Weight returns the weight of all flows that wait.
func (q *Queue[T]) Weight() float64 { return q.weight }

// Len returns how many flows wait.
func (q *Queue[T]) Len() int { return len(q.heap) }

// First returns the flow whose turn is next; nil if none waits.
func (q *Queue[T]) First() *Flow[T] {
	if len(q.heap) == 0 {
		return nil
	}
	return q.heap[0].flow
}

// Join lets f, which does not wait, wait for a turn that costs so much. It begins at the
// present virtual time: without credit for the time that it was away, but with what it
// owes.
func (q *Queue[T]) Join(f *Flow[T], cost float64) {
	f.start, f.joined, f.cost = max(f.start, q.virtual), q.virtual, cost
	q.turns++
	f.turn = q.turns
	f.weight = cmp.Or(f.Weight, 1)
	q.weight += f.weight
	q.heap = append(q.heap, entry[T]{})
	q.up(len(q.heap)-1, f.entry())
}

// Return lets f, which does not wait, wait for a turn that costs so much as if it had waited
// since its latest turn, or since it last joined. If others have had its turn meanwhile,
// its turn is the next one; that is all the credit it has.
func (q *Queue[T]) Return(f *Flow[T], cost float64) {
	start, turn := f.start, f.turn
	q.Join(f, cost)
	if turn == 0 { // it has never waited
		return
	}
	f.start = max(start, q.virtual-f.share(cost))
	f.joined, f.turn = min(f.joined, f.start), turn
	q.fix(f.place-1, f.entry())
}

// Leave takes out f, which waits.
func (q *Queue[T]) Leave(f *Flow[T]) {
	at, last := f.place-1, len(q.heap)-1
	f.place = 0
	if q.weight -= f.weight; last == 0 {
		q.weight = 0 // no rounding is left over
	}
	moved := q.heap[last]
	q.heap[last] = entry[T]{}
	q.heap = q.heap[:last]
	if at < last {
		q.fix(at, moved)
	}
}

// SetCost changes what the next start of f, which waits, costs.
func (q *Queue[T]) SetCost(f *Flow[T], cost float64) {
	if f.cost != cost {
		f.cost = cost
		q.fix(f.place-1, f.entry())
	}
}

// Serve gives f, which waits, a turn that costs so much, and lets it wait for the next one,
// which costs next. If it was the first, the virtual time goes on to the finish. Among equals
// f is the last from now on.
func (q *Queue[T]) Serve(f *Flow[T], cost, next float64) {
	q.serve(f, cost)
	f.cost = next
	q.fix(f.place-1, f.entry())
}

// ServeLast is Serve for a flow that waits for no other turn: it leaves.
func (q *Queue[T]) ServeLast(f *Flow[T], cost float64) {
	q.serve(f, cost)
	q.Leave(f)
}

func (q *Queue[T]) serve(f *Flow[T], cost float64) {
	f.start += f.share(cost)
	if f.place == 1 {
		q.virtual = max(q.virtual, f.start)
	}
	q.turns++
	f.turn = q.turns
}

// fewTurns is how many turns before the present a flow that waits can get back.
const fewTurns = 3

// Charge corrects what f has been served by a cost, up or down. What it gets back is no
// credit from before it joined. While it waits, that is no more than a few turns before
// the present, of its next cost or of what it gets back now: else whoever joins next would
// wait for all that it has got back.
func (q *Queue[T]) Charge(f *Flow[T], cost float64) {
	before := f.start
	f.start += f.share(cost)
	if f.Waits() {
		f.start = max(f.start, f.joined, min(before, q.virtual-fewTurns*f.share(max(f.cost, -cost))))
		q.fix(f.place-1, f.entry())
	}
}

// Owes reports whether f, which does not wait, was charged more than its turns: then it
// begins later than at the present virtual time when it joins again.
func (q *Queue[T]) Owes(f *Flow[T]) bool { return f.start > q.virtual }

// Next yields flows that wait in the order of their turns, as if none had another turn.
func (q *Queue[T]) Next(yield func(*Flow[T]) bool) {
	if len(q.heap) == 0 {
		return
	}
	var room [64]int
	front := append(room[:0], 0) // places whose parents were yielded
	for len(front) > 0 {
		least := 0
		for i := range front {
			if q.heap[front[i]].before(&q.heap[front[least]]) {
				least = i
			}
		}
		at := front[least]
		front[least] = front[len(front)-1]
		front = front[:len(front)-1]
		if !yield(q.heap[at].flow) {
			return
		}
		for child := children*at + 1; child <= children*at+children && child < len(q.heap); child++ {
			front = append(front, child)
		}
	}
}

// Copy makes f a copy of a flow of another queue, whose clock q takes over. It does not
// wait yet, see [Queue.Enter].
func (q *Queue[T]) Copy(f, of *Flow[T], from *Queue[T]) {
	item := f.Item
	*f = *of
	f.Item, f.place = item, 0
	q.virtual, q.turns = from.virtual, from.turns
}

// Enter lets f, a copy that does not wait, wait in q at the place of what it is a copy of.
func (q *Queue[T]) Enter(f *Flow[T]) {
	f.weight = cmp.Or(f.Weight, 1)
	q.weight += f.weight
	q.heap = append(q.heap, entry[T]{})
	q.up(len(q.heap)-1, f.entry())
}

const children = 4

func (f *Flow[T]) entry() entry[T] { return entry[T]{f.start + f.share(f.cost), f.turn, f} }

func (e *entry[T]) before(other *entry[T]) bool {
	return e.finish < other.finish || e.finish == other.finish && e.turn < other.turn
}

// fix puts e at its place, where at is free.
func (q *Queue[T]) fix(at int, e entry[T]) {
	if at > 0 && e.before(&q.heap[(at-1)/children]) {
		q.up(at, e)
	} else {
		q.down(at, e)
	}
}

func (q *Queue[T]) up(at int, e entry[T]) {
	for at > 0 {
		parent := (at - 1) / children
		if !e.before(&q.heap[parent]) {
			break
		}
		q.put(at, q.heap[parent])
		at = parent
	}
	q.put(at, e)
}

func (q *Queue[T]) down(at int, e entry[T]) {
	for {
		least := children*at + 1
		if least >= len(q.heap) {
			break
		}
		for child := least + 1; child < least+children && child < len(q.heap); child++ {
			if q.heap[child].before(&q.heap[least]) {
				least = child
			}
		}
		if !q.heap[least].before(&e) {
			break
		}
		q.put(at, q.heap[least])
		at = least
	}
	q.put(at, e)
}

func (q *Queue[T]) put(at int, e entry[T]) {
	q.heap[at] = e
	e.flow.place = at + 1
}
