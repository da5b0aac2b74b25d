package queue

import (
	"time"

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
	node   list.Node[*share]  // in a list of its class:
	listed *list.List[*share] // of users that wait, or of shares without requests; nil: in none

	servedAt time.Duration // the clock of its class when a user last had a turn, or began to wait

	price   price              // of a user's next request
	members fair.Queue[*share] // those that have requests
	named   map[string]*share  // all members: groups and origins,
	ofUsers map[*user]*share   // and users
	line    line               // a user's requests
}

// price is what the next turn of a user costs. It is fixed when a request becomes the next
// of its user.
type price struct {
	of   *list.Node[*Ticket] // that request's place in the line; nil: none
	cost float64
	told bool // the cost goes by told limits; else every start costs the same
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
func (s *share) find(key shareKey) *share {
	if key.user != nil {
		return s.ofUsers[key.user]
	}
	return s.named[key.name]
}

// add makes m a member, in the place of one of the same key.
func (s *share) add(m *share) {
	m.parent = s
	switch {
	case m.key.user == nil && s.named == nil:
		s.named = map[string]*share{m.key.name: m}
	case m.key.user == nil:
		s.named[m.key.name] = m
	case s.ofUsers == nil:
		s.ofUsers = map[*user]*share{m.key.user: m}
	default:
		s.ofUsers[m.key.user] = m
	}
}

// drop makes m a member no more.
func (s *share) drop(m *share) {
	if m.key.user != nil {
		delete(s.ofUsers, m.key.user)
	} else {
		delete(s.named, m.key.name)
	}
}

// size is how many members it has, with and without requests.
func (s *share) size() int { return len(s.named) + len(s.ofUsers) }
