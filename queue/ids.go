package queue

import (
	"cmp"
	"slices"
	"strconv"
)

// waitingIDs finds those that wait by what they are called. The zero waitingIDs is empty.
type waitingIDs struct {
	numbered map[uint64]*Ticket   // those without a name; nil until one is looked for, for hardly anybody does
	complete bool                 // all of them are there: else those before the mark of the arrivals
	named    map[string]*Ticket   // the earliest of each name
	twins    map[string][]*Ticket // the later ones of names that several have
}

// find returns the earliest of an ID among all that wait; nil if none does.
func (w *waitingIDs) find(id string, all *arrivals) *Ticket {
	t := w.named[id]
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return t
	}
	w.findNumbers(all, all.Len)
	if n := w.numbered[number]; n != nil && n.ID() == id && (t == nil || n.id < t.id) {
		return n
	}
	return t
}

// findNumbers prepares that requests without a name are found, by so many steps, and reports
// whether there is more to prepare.
func (w *waitingIDs) findNumbers(all *arrivals, steps int) (more bool) {
	if w.complete {
		return false
	}
	if w.numbered == nil {
		w.numbered, all.Mark = map[uint64]*Ticket{}, all.First
	}
	for ; steps > 0 && all.Mark != nil; steps-- {
		if t := all.Mark.Item; t.name == "" {
			w.numbered[t.id] = t
		}
		all.Mark = all.Mark.Next
	}
	w.complete = all.Mark == nil
	return !w.complete
}

// add adds one that waits from now on.
func (w *waitingIDs) add(t *Ticket) {
	if t.name == "" {
		if w.numbered != nil {
			w.numbered[t.id] = t
		}
		return
	}
	if w.named == nil {
		w.named, w.twins = map[string]*Ticket{}, map[string][]*Ticket{}
	}
	first := w.named[t.name]
	if first == nil {
		w.named[t.name] = t
		return
	}
	if t.id < first.id {
		w.named[t.name], t = t, first
	}
	twins := w.twins[t.name]
	at, _ := slices.BinarySearchFunc(twins, t.id, byID)
	w.twins[t.name] = slices.Insert(twins, at, t)
}

// remove removes one that waits no more.
func (w *waitingIDs) remove(t *Ticket) {
	if t.name == "" {
		if delete(w.numbered, t.id); w.complete && len(w.numbered) == 0 {
			w.numbered, w.complete = nil, false
		}
		return
	}
	twins := w.twins[t.name]
	switch {
	case len(twins) == 0:
		delete(w.named, t.name)
		return
	case w.named[t.name] == t:
		w.named[t.name], twins[0] = twins[0], nil
		twins = twins[1:]
	default:
		at, _ := slices.BinarySearchFunc(twins, t.id, byID)
		twins = slices.Delete(twins, at, at+1)
	}
	if w.twins[t.name] = twins; len(twins) == 0 {
		delete(w.twins, t.name)
	}
}

func byID(t *Ticket, id uint64) int { return cmp.Compare(t.id, id) }
