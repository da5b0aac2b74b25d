package queue

import (
	"paceline/queue/internal/fair"
	"paceline/queue/internal/list"
)

// share is one party of a class's turns: the class itself, a group in it, a user in a
// group, or an origin in a group whose users share one turn until they have been served.
// A share without requests is kept while it owes something.
type share struct {
	fair.Flow[*share]
	parent *share
	key    shareKey
	idle   list.Node[*share] // in its class, while it has no requests
	isIdle bool
	twin   *share // its copy, while the order is cloned

	members fair.Queue[*share]  // those that have requests
	byKey   map[shareKey]*share // all members; nil for a user's
	line    line                // a user's requests
}

// shareKey is what a share is called among its siblings: a group or an origin by name, or
// a user.
type shareKey struct {
	name string
	user *user
}

// waits reports whether it has a request.
func (s *share) waits() bool { return s.line.len() > 0 || s.members.Len() > 0 }

// first returns the request whose turn is next; nil if there is none.
func (s *share) first() *Ticket {
	for f := s.members.First(); f != nil; f = s.members.First() {
		s = f.Item
	}
	return s.line.first()
}

// find returns a member; nil if there is none.
func (s *share) find(key shareKey) *share { return s.byKey[key] }

// member returns a member, a new one if need be.
func (s *share) member(key shareKey, weight float64) *share {
	m := s.byKey[key]
	if m == nil {
		m = &share{parent: s, key: key}
		m.Item, m.idle.Item = m, m
		if s.byKey == nil {
			s.byKey = map[shareKey]*share{}
		}
		s.byKey[key] = m
	}
	m.Weight = weight
	return m
}

// copyTo makes into a copy with the copies of its requests, and puts those of its parts
// that are idle into a list.
func (s *share) copyTo(into *share, idle *list.List[*share]) {
	for t := range s.line.requests.All {
		into.line.join(t.twin, false)
		t.twin.line, t.twin = into, nil
	}
	if s.byKey == nil {
		return
	}
	into.byKey = make(map[shareKey]*share, len(s.byKey))
	for key, m := range s.byKey {
		c := &share{Flow: m.Flow, parent: into, key: key, isIdle: m.isIdle}
		c.Item, c.idle.Item = c, c
		if c.isIdle {
			idle.PushBack(&c.idle)
		}
		into.byKey[key], m.twin = c, c
		m.copyTo(c, idle)
	}
	s.members.CopyTo(&into.members, func(f *fair.Flow[*share]) *fair.Flow[*share] { return &f.Item.twin.Flow })
	for _, m := range s.byKey {
		m.twin = nil
	}
}
