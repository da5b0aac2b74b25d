package queue

import (
	"iter"
	"time"

	"paceline/queue/internal/limiter"
)

// order decides which request of a lane is next. There are three classes, high before
// normal before low. In each of them groups share the turns, and in each group its users,
// by weighted fair queueing: by what their starts cost, see [tariff], and by their weights.
// Who comes back begins at the present virtual time, neither behind everybody nor with
// credit for the time away.
//
// Where all costs and weights are equal turns go round. So with G groups, and U users in
// mine, each with a turn of its own, my first request waits for at most G·U-1 other starts
// of its class.
type order struct {
	len       int
	tariff    *tariff
	classes   [3]class
	lastStart time.Duration // or when the first joined, if that was later
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

// priorityOf returns the priority whose class it is.
func priorityOf(class uint8) Priority { return [...]Priority{High, Normal, Low}[class] }

// join puts t into its class at now, behind its user's line or before it. It
// requires that t is in no line.
func (o *order) join(t *Ticket, now time.Duration, front bool) {
	c, s := o.enter(t, now)
	s.line.join(t, front)
	o.settle(c, s)
}

// insert puts t, which comes back, into its user's line by its arrival.
func (o *order) insert(t *Ticket, now time.Duration) {
	c, s := o.enter(t, now)
	s.line.insert(t)
	o.settle(c, s)
}

// merge puts tickets, which have waited in another order, into their users' lines: where
// find says.
func (o *order) merge(tickets []*Ticket, now time.Duration, find placer) {
	for _, t := range tickets {
		c, s := o.enter(t, now)
		s.line.merge(t, find)
		o.settle(c, s)
	}
}

// rejoin puts t, whose caller has come back, into its user's line by its arrival, and its
// user to the place that it has had since its latest turn, at the price of its turn that it
// had, if it had one: a lane that learns sets others.
func (o *order) rejoin(t *Ticket, now time.Duration, p price) {
	c, s := o.enter(t, now)
	s.line.insert(t)
	if s.line.first() == t && p.cost > 0 {
		s.price = price{&t.place, p.cost, p.told}
	}
	for part := s; part.parent != nil && !part.Waits(); part = part.parent {
		c.relist(part, true)
		part.parent.members.Return(&part.Flow, o.nextCost(part))
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
	o.settle(o.exit(t))
}

// exit takes t out of its line and of the counts. The caller must then settle or serve the
// share.
func (o *order) exit(t *Ticket) (*class, *share) {
	c := &o.classes[t.class]
	t.line.line.remove(t)
	o.len--
	c.len--
	c.amount.Sub(t.cost)
	if c.len == 0 {
		c.amount = limiter.Amount{} // no rounding is left over
	}
	return c, t.line
}

// next returns the next request; nil if there is none.
func (o *order) next() *Ticket {
	for i := range o.classes {
		if c := &o.classes[i]; c.len > 0 {
			return c.root.first()
		}
	}
	return nil
}

// amount returns what all requests cost.
func (o *order) amount() (all limiter.Amount) {
	for i := range o.classes {
		all.Add(o.classes[i].amount)
	}
	return all
}

// waitingOf returns how many requests of u are in the order, and when the first of those that
// are next arrived.
func (o *order) waitingOf(u *user) (n int, since time.Duration) {
	since = never
	for s := range o.sharesOf(u) {
		n += s.line.len()
		since = min(since, s.line.first().arrived)
	}
	return n, since
}

// sharesOf yields the shares of u that have requests: one in each class at most, or two while
// it leaves the turn of its origin.
func (o *order) sharesOf(u *user) iter.Seq[*share] {
	return func(yield func(*share) bool) {
		for i := range o.classes {
			group := o.classes[i].root.find(shareKey{name: u.group})
			if group == nil {
				continue
			}
			for _, of := range [...]*share{group, group.find(shareKey{name: u.origin})} {
				if of == nil {
					continue
				}
				if s := of.find(shareKey{user: u}); s != nil && s.line.len() > 0 && !yield(s) {
					return
				}
			}
		}
	}
}

// takeTurn starts t, which is the next of its user, and charges it. If others were before
// it, it passes them.
func (o *order) takeTurn(t *Ticket) {
	t.charge, t.byLimits = t.line.price.cost, t.line.price.told
	t.line.line.served(t)
	c, s := o.exit(t)
	o.serve(c, s, t.charge)
	if group := s.parent.parent; t.user.served && group.parent != nil && s.waits() { // it shares the turn of an origin
		o.adopt(c, t.user, group)
	}
}

// correct lets t, which has started, pay what it really costs. By now other limits may be
// told than when it paid: the truth is compared with the estimate, both at the present
// price.
func (o *order) correct(t *Ticket, truth limiter.Amount) {
	if t.byLimits && o.tariff.share(&truth) > 0 {
		t.pay(o.tariff.inProportion(t.charge, &t.cost, &truth))
	}
}

// refund gives back what t has paid.
func (t *Ticket) refund() { t.pay(0) }

// pay changes what t, which has had its turn, has paid: it is the share that had the turn
// which owes more, or less.
func (t *Ticket) pay(charge float64) {
	by := charge - t.charge
	t.charge = charge
	for s := t.line; by != 0 && s.parent != nil; s = s.parent {
		s.parent.members.Charge(&s.Flow, by)
	}
}
