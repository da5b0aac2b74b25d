package queue

import (
	"math"
	"time"

	"paceline/queue/internal/fair"
	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// order decides which request of a lane is next. There are three classes, high before
// normal before low. In each of them groups share the turns, and in each group its users,
// by weighted fair queueing: by what their starts cost, see [tariff], and by their weights.
// Who comes back begins at the present virtual time, neither behind everybody nor with
// credit for the time away.
//
// Where all costs and weights are equal turns go round. So with G groups, and U users in
// mine, my first request waits for at most G·U-1 other starts of its class.
type order struct {
	len       int
	tariff    *tariff
	classes   [3]class
	lastStart time.Duration // or when the first joined, if that was later
}

type class struct {
	root   share
	users  list.List[*share] // users that have requests, by when they last had a turn
	idle   list.List[*share] // shares without requests that may owe something
	clock  time.Duration     // how long higher classes have started while the lane had requests
	len    int               // requests
	amount limiter.Amount    // what they all cost
}

func classOf(p Priority) uint8 {
	switch p {
	case High:
		return 0
	case Low:
		return 2
	default:
		return 1
	}
}

// join puts t into its class at now, behind its user's line or before it. It
// requires that t is in no line.
func (o *order) join(t *Ticket, now time.Duration, front bool) {
	c, s := o.enter(t, now)
	s.line.join(t, front)
	o.settle(c, s)
}

// merge puts t, which has waited in another order, into its user's line by its arrival.
func (o *order) merge(t *Ticket, now time.Duration, find placer) {
	c, s := o.enter(t, now)
	s.line.merge(t, find)
	o.settle(c, s)
}

// rejoin puts t, whose caller has come back, into its user's line by its arrival, and its
// user to the places that it had.
func (o *order) rejoin(t *Ticket, now time.Duration, places []fair.Place) {
	c, s := o.enter(t, now)
	s.line.merge(t, arrivedBefore)
	for part := s; len(places) > 0 && part.parent != nil && !part.Waits(); part = part.parent {
		c.relist(part)
		part.parent.members.Return(&part.Flow, o.nextCost(part), places[0])
		places = places[1:]
	}
	o.settle(c, s)
}

// enter counts t, which enters the line of its user's share.
func (o *order) enter(t *Ticket, now time.Duration) (*class, *share) {
	if o.len == 0 {
		o.lastStart = now
	}
	c := &o.classes[t.class]
	t.line, t.state, t.charge = o.account(c, t.user), inLine, 0
	o.len++
	c.len++
	c.amount.Add(t.cost)
	return c, t.line
}

// leave takes t out, wherever it stands.
func (o *order) leave(t *Ticket) {
	c, s := &o.classes[t.class], t.line
	s.line.remove(t)
	o.len--
	c.len--
	c.amount.Sub(t.cost)
	if c.len == 0 {
		c.amount = limiter.Amount{} // no rounding is left over
	}
	t.line = nil
	o.settle(c, s)
}

// account returns the share of a user. One that has never been served shares a turn with
// the others of its origin.
func (o *order) account(c *class, u *user) *share {
	g := c.root.member(shareKey{name: u.group}, u.groupWeight)
	if u.sharesTurn() {
		g = g.member(shareKey{name: u.origin}, 1)
	} else {
		o.adopt(c, u, g)
	}
	return g.member(shareKey{user: u}, u.weight)
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
	delete(origin.byKey, key)
	if debtor := g.find(key); debtor != nil {
		c.unlist(debtor)
	}
	s.Flow = fair.Flow[*share]{Item: s}
	s.parent, g.byKey[key] = g, s
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
			c.relist(s)
			siblings.Join(&s.Flow, o.nextCost(s))
		case s.Waits():
			siblings.Leave(&s.Flow)
			c.relist(s)
		case s.listed == nil:
			c.relist(s)
		}
	}
	c.forget()
}

// relist puts s into the list of users that wait, or of shares that do not.
func (c *class) relist(s *share) {
	c.unlist(s)
	switch {
	case !s.waits():
		s.listed = &c.idle
	case s.line.len() > 0:
		s.listed, s.servedAt = &c.users, c.clock
	default:
		return
	}
	s.listed.PushBack(&s.node)
}

func (c *class) unlist(s *share) {
	if s.listed != nil {
		s.listed.Remove(&s.node)
		s.listed = nil
	}
}

// nextCost returns what the next start of s costs. The price of a request is fixed when
// it first becomes the next of its user.
func (o *order) nextCost(s *share) float64 {
	if f := s.members.First(); f != nil {
		return f.Cost()
	}
	t := s.line.first()
	if t.charge == 0 {
		t.charge, t.unit = o.tariff.cost(&t.cost)
	}
	return t.charge
}

// forget drops shares that have no requests and owe nothing. It looks at a few each time,
// which is more often than they come.
func (c *class) forget() {
	for range min(c.idle.Len, 4) {
		s := c.idle.First.Item
		if len(s.byKey) > 0 || s.parent.members.Owes(&s.Flow) {
			c.idle.MoveBack(&s.node)
			continue
		}
		c.unlist(s)
		delete(s.parent.byKey, s.key)
	}
}

// next returns the next request; nil if there is none.
func (o *order) next() *Ticket {
	for i := range o.classes {
		if t := o.classes[i].root.first(); t != nil {
			return t
		}
	}
	return nil
}

// takeTurn starts t, which is the next of its user, and charges it. If others were before
// it, it passes them.
func (o *order) takeTurn(t *Ticket) {
	for s := t.line; s.parent != nil; s = s.parent {
		s.parent.members.Serve(&s.Flow, t.charge)
	}
	u, s := t.user, t.line
	o.classes[t.class].served(s)
	o.leave(t)
	if origin := s.parent; u.served && origin.key.name != "" && s.Waits() {
		o.adopt(&o.classes[t.class], u, origin.parent)
	}
}

// correct lets t, which has started, pay what it really costs.
func (o *order) correct(t *Ticket, truth limiter.Amount) {
	if t.unit > 0 && t.charge > 0 {
		o.pay(t, min(o.tariff.share(&truth), 1)/t.unit)
	}
}

// refund gives back what t has paid.
func (o *order) refund(t *Ticket) { o.pay(t, 0) }

// pay changes what t, which has had its turn, has paid.
func (o *order) pay(t *Ticket, charge float64) {
	by := charge - t.charge
	if by == 0 {
		return
	}
	t.charge = charge
	c := &o.classes[t.class]
	account := o.account(c, t.user)
	for s := account; s.parent != nil; s = s.parent {
		s.parent.members.Charge(&s.Flow, by)
	}
	o.settle(c, account)
}

// started notes that a request of a class has started at now. The time since the last
// start was that class's: the clocks of the lower ones go on.
func (o *order) started(class uint8, now, aging time.Duration) {
	took := now - o.lastStart
	o.lastStart = now
	for lower := int(class) + 1; lower < len(o.classes); lower++ {
		o.classes[lower].clock += took
		o.promote(&o.classes[lower], now, aging)
	}
}

// promote moves up the next request of each user of a class that has had no turn for
// aging while higher classes started. There it joins like a new one, and there it is
// charged. The user's other requests do not move with it: else a user with many would
// soon be before all others of its class.
func (o *order) promote(c *class, now, aging time.Duration) {
	for n := c.users.First; n != nil && c.clock-n.Item.servedAt >= aging; n = c.users.First {
		s := n.Item
		t := s.line.first()
		c.served(s)
		o.leave(t)
		t.class--
		o.join(t, now, false)
	}
}

// served notes that a user has a turn.
func (c *class) served(s *share) {
	s.servedAt = c.clock
	c.users.MoveBack(&s.node)
}

// clone returns a copy with tickets of its own.
func (o *order) clone() *order {
	prices := *o.tariff
	copied, tickets := &order{tariff: &prices, len: o.len, lastStart: o.lastStart}, make([]Ticket, o.len)
	for i := range o.classes {
		from, into := &o.classes[i], &copied.classes[i]
		into.clock, into.len, into.amount = from.clock, from.len, from.amount
		from.root.copyTo(&into.root, &tickets)
		for s := range from.users.All {
			s.twin.listed = &into.users
			into.users.PushBack(&s.twin.node)
		}
		for s := range from.idle.All {
			s.twin.listed = &into.idle
			into.idle.PushBack(&s.twin.node)
		}
		from.root.forgetCopies()
	}
	return copied
}

// worstPosition returns an upper bound of the position that a new request would have,
// from 1, and of what all up to it cost, in constant time. It leaves aside that lower
// classes age meanwhile. Where costs differ the position is about that of a request that
// costs as much as others.
func (o *order) worstPosition(r *Request, u *user) (position int, amount limiter.Amount) {
	class, own := classOf(r.Priority), r.Cost.amount()
	for i := range class {
		position += o.classes[i].len
		amount.Add(o.classes[i].amount)
	}
	c := &o.classes[class]
	part := min(c.turnsBefore(r.Group, u)/float64(c.len+1), 1) // of the class that is before it
	all := c.amount
	all.Add(own)
	if share := o.tariff.share(&own); share > 0 {
		part = min(c.turnsBefore(r.Group, u)*share/o.tariff.share(&all), 1)
	}
	for d := range all {
		amount[d] += part * all[d]
	}
	return position + int(math.Ceil(part*float64(c.len+1))), amount
}

// turnsBefore returns after how many turns at most a new request of u would have had its
// own, if all cost the same. A user that is not known yet is nil.
func (c *class) turnsBefore(group string, u *user) float64 {
	g := c.root.find(shareKey{name: group})
	turns := c.root.rivals(g)
	var m *share
	if g != nil && u != nil {
		if m = g.find(shareKey{user: u}); u.sharesTurn() {
			o := g.find(shareKey{name: u.origin})
			turns *= g.rivals(o)
			if g, m = o, nil; o != nil {
				m = o.find(shareKey{user: u})
			}
		}
	}
	if g != nil {
		turns *= g.rivals(m)
	}
	if m != nil {
		turns *= m.line.len() + 1
	}
	return float64(turns)
}

// rivals returns how many members share the turns of s with one of them, which may be
// nil, itself included.
func (s *share) rivals(m *share) int {
	if m != nil && m.Waits() {
		return s.members.Len()
	}
	return s.members.Len() + 1
}
