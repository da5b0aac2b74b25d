package queue

import (
	"time"

	"paceline/queue/internal/fair"
	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// class is the requests of one priority in a lane, and the shares that have them.
type class struct {
	root   share
	users  list.List[*share] // users that have requests, by when they last had a turn
	idle   list.List[*share] // shares without requests that may owe something
	clock  time.Duration     // how long higher classes have started while the lane had requests
	len    int               // requests
	amount limiter.Amount    // what they all cost
}

// account returns the share of a user. One that has never been served shares a turn with
// the others of its origin.
func (o *order) account(c *class, u *user) *share {
	g := c.member(&c.root, shareKey{name: u.group}, u.payer.weight)
	if u.sharesTurn() {
		g = c.member(g, shareKey{name: u.origin}, 1)
	} else {
		o.adopt(c, u, g)
	}
	return c.member(g, shareKey{user: u}, u.weight)
}

// member returns a member of a share, a new one if need be.
func (c *class) member(of *share, key shareKey, weight float64) *share {
	m := of.find(key)
	if m == nil {
		m = &share{key: key, servedAt: c.clock}
		m.Item, m.node.Item = m, m
		of.add(m)
	}
	m.Weight = weight
	return m
}

// adopt lets a user that has been served by now leave the turn of its origin: the user's
// line becomes a member of the group g.
func (o *order) adopt(c *class, u *user, g *share) {
	if u.origin == "" {
		return
	}
	origin, key := g.find(shareKey{name: u.origin}), shareKey{user: u}
	if origin == nil {
		return
	}
	s := origin.find(key)
	if s == nil || !s.Waits() {
		return
	}
	origin.members.Leave(&s.Flow)
	origin.drop(s)
	if debtor := g.find(key); debtor != nil {
		c.unlist(debtor)
	}
	s.Flow = fair.Flow[*share]{Item: s}
	g.add(s)
	o.settle(c, s) // first, so that the group goes on waiting
	o.settle(c, origin)
}

// settle brings the share s of a class, and all that it is part of, in line with its
// requests.
func (o *order) settle(c *class, s *share) {
	for ; s.parent != nil; s = s.parent {
		siblings := &s.parent.members
		switch {
		case s.waits() && s.Waits():
			siblings.SetCost(&s.Flow, o.nextCost(s))
		case s.waits():
			c.relist(s, false)
			siblings.Join(&s.Flow, o.nextCost(s))
		case s.Waits():
			siblings.Leave(&s.Flow)
			s.price = price{}
			c.relist(s, false)
		case s.listed == nil:
			c.relist(s, false)
		}
	}
	c.forget()
}

// serve charges a turn of this cost to s and to all its parents; the request has left its
// line.
func (o *order) serve(c *class, s *share, cost float64) {
	c.noteTurn(s)
	for ; s.parent != nil; s = s.parent {
		siblings := &s.parent.members
		if s.waits() {
			siblings.Serve(&s.Flow, cost, o.nextCost(s))
			continue
		}
		siblings.ServeLast(&s.Flow, cost)
		s.price = price{}
		c.relist(s, false)
	}
	c.forget()
}

// noteTurn notes that the share s of a user has a turn now.
func (c *class) noteTurn(s *share) {
	s.servedAt = c.clock
	if s.waits() {
		c.users.MoveBack(&s.node)
	}
}

// relist puts s into the list of users that wait, or of shares that do not. A user begins
// to wait now, or comes back and has waited since its latest turn.
func (c *class) relist(s *share, back bool) {
	c.unlist(s)
	switch {
	case !s.waits():
		s.listed = &c.idle
	case s.line.len() == 0:
		return
	case back:
		s.listed = &c.users
		c.users.InsertAfter(&s.node, c.servedBefore(s))
		return
	default:
		s.listed, s.servedAt = &c.users, c.clock
	}
	s.listed.PushBack(&s.node)
}

// servedBefore returns the last of the users that wait which had its turn before s, looked
// for from both ends.
func (c *class) servedBefore(s *share) *list.Node[*share] {
	first, last := c.users.First, c.users.Last
	for last != nil && last.Item.servedAt > s.servedAt {
		if first.Item.servedAt > s.servedAt {
			return first.Prev
		}
		first, last = first.Next, last.Prev
	}
	return last
}

func (c *class) unlist(s *share) {
	if s.listed != nil {
		s.listed.Remove(&s.node)
		s.listed = nil
	}
}

// nextCost returns what the next start of s costs.
func (o *order) nextCost(s *share) float64 {
	if f := s.members.First(); f != nil {
		return f.Cost()
	}
	if next := s.line.next(); s.price.of != next {
		s.price = o.tariff.price(next)
	}
	return s.price.cost
}

// keptIdle is how many shares without requests a class keeps although they owe nothing:
// most users come back soon.
const keptIdle = 128

// forget drops shares that have no requests and owe nothing, where there are many. It looks
// at a few each time, which is more often than they come. That of a user that is not done
// is kept: it may still be charged, or come back to its place.
func (c *class) forget() {
	for range min(c.idle.Len-keptIdle, 4) {
		s := c.idle.First.Item
		u := s.key.user
		if s.size() > 0 || u != nil && !u.isIdle() || s.parent.members.Owes(&s.Flow) {
			c.idle.MoveBack(&s.node)
			continue
		}
		c.unlist(s)
		s.parent.drop(s)
	}
}
