package queue

import (
	"cmp"
	"slices"
	"strconv"
)

// waitingIDs finds those that wait by what they are called. The zero waitingIDs is empty.
type waitingIDs struct {
	numbered map[uint64]*Ticket // those without a name; nil until one is looked for, for hardly anybody does
	complete bool               // all of them are there: else those before the mark of the arrivals
	named    map[string]*Ticket // those whose name no other has
	twins    map[string]twins   // those of names that several have, or have had
}

// twins are requests of one name: by the group and the name of their user, each user's by
// arrival. So it takes a step for each group to see whether several users have some, however
// many they are.
type twins map[string]map[string][]*Ticket

// find returns the one that is meant among all that wait.
func (w *waitingIDs) find(q *RequestQuery, all *arrivals) (*Ticket, error) {
	t := w.named[q.ID]
	if t != nil && !q.asks(t.user) {
		t = nil
	}
	if of, ok := w.twins[q.ID]; ok {
		var err error
		if t, err = of.find(q); err != nil {
			return nil, err
		}
	}
	n := w.findNumbered(q, all)
	switch {
	case t == nil && n == nil:
		return nil, ErrNotWaiting
	case t == nil:
		return n, nil
	case n == nil:
		return t, nil
	case n.user != t.user:
		return nil, ErrManyUsers
	case n.id < t.id:
		return n, nil
	}
	return t, nil
}

// findNumbered returns the request without a name whose number is the ID, if it may be meant.
func (w *waitingIDs) findNumbered(q *RequestQuery, all *arrivals) *Ticket {
	number, err := strconv.ParseUint(q.ID, 10, 64)
	if err != nil {
		return nil
	}
	w.findNumbers(all, all.Len)
	if n := w.numbered[number]; n != nil && n.ID() == q.ID && q.asks(n.user) {
		return n
	}
	return nil
}

// find returns the one that is meant; nil if there is none.
func (of twins) find(q *RequestQuery) (first *Ticket, err error) {
	if group, ok := q.group(); ok {
		of = twins{group: of[group]}
	}
	for group, users := range of {
		if !q.Viewer.sees(group) {
			continue
		}
		if q.User != "" {
			users = map[string][]*Ticket{q.User: users[q.User]}
		}
		for _, line := range users {
			switch {
			case len(line) == 0:
			case first != nil:
				return nil, ErrManyUsers
			default:
				first = line[0]
			}
		}
	}
	return first, nil
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
	if of := w.twins[t.name]; of != nil {
		of.add(t)
		return
	}
	first := w.named[t.name]
	if first == nil {
		if w.named == nil {
			w.named = map[string]*Ticket{}
		}
		w.named[t.name] = t
		return
	}
	if w.twins == nil {
		w.twins = map[string]twins{}
	}
	of := twins{}
	of.add(first)
	of.add(t)
	w.twins[t.name] = of
	delete(w.named, t.name)
}

// remove removes one that waits no more.
func (w *waitingIDs) remove(t *Ticket) {
	if t.name == "" {
		if delete(w.numbered, t.id); w.complete && len(w.numbered) == 0 {
			w.numbered, w.complete = nil, false
		}
		return
	}
	of := w.twins[t.name]
	if of == nil {
		delete(w.named, t.name)
		return
	}
	if of.remove(t); len(of) == 0 {
		delete(w.twins, t.name)
	}
}

func (of twins) add(t *Ticket) {
	users := of[t.user.group]
	if users == nil {
		users = map[string][]*Ticket{}
		of[t.user.group] = users
	}
	line := users[t.user.name]
	at, _ := slices.BinarySearchFunc(line, t.id, byID)
	users[t.user.name] = slices.Insert(line, at, t)
}

func (of twins) remove(t *Ticket) {
	users := of[t.user.group]
	line := users[t.user.name]
	if line[0] == t { // most leave in the order of their arrival
		line[0] = nil
		line = line[1:]
	} else {
		at, _ := slices.BinarySearchFunc(line, t.id, byID)
		line = slices.Delete(line, at, at+1)
	}
	switch {
	case len(line) > 0:
		users[t.user.name] = line
	case len(users) > 1:
		delete(users, t.user.name)
	default:
		delete(of, t.user.group)
	}
}

func byID(t *Ticket, id uint64) int { return cmp.Compare(t.id, id) }
