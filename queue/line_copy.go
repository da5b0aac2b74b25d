package queue

// lineCopy is a copy of the line of a lane, with tickets, shares and users of its own. It is
// made at once, or a piece at a time; between two pieces the line may change a little. Then
// some of those that have left or joined since are in it, and some are not: who uses it has
// to skip the former, and to note the latter. All that stay are in it, once.
type lineCopy struct {
	order *order
	heads []*Ticket         // those at the lane's head
	class map[*Ticket]uint8 // of each original, as it was then

	lane   *lane
	shares map[*share]*share // the copy of each
	users  map[*user]*user
	room   struct { // for the next copies
		tickets []Ticket
		shares  []share
		users   []copiedUser
	}

	requestsHint, usersHint int // about how many there are

	part     int    // what is copied now: a class, or below zero the lane's head
	begun    bool   // with part
	share    *share // whose requests are copied now; nil: none
	idleLeft int    // shares without requests that are not copied yet
}

// newLineCopy returns a copy of the line of l that has nobody in it yet, and no room, for
// about so many users.
func newLineCopy(l *lane, users int) lineCopy {
	prices := l.tariff
	c := lineCopy{
		order: &order{tariff: &prices, lastStart: l.order.lastStart},
		lane:  l, part: len(l.order.classes) - 1, requestsHint: l.inLine(), usersHint: min(users, l.inLine()),
	}
	for i := range c.order.classes {
		c.order.classes[i].clock = l.order.classes[i].clock
	}
	return c
}

// len is how many are in the copy.
func (c *lineCopy) len() int { return len(c.heads) + c.order.len }

// copyAll copies the whole line.
func (c *lineCopy) copyAll() {
	c.makeRoom(c.requestsHint)
	for c.part = range c.order.classes {
		from := &c.lane.order.classes[c.part]
		for s := range from.users.All {
			for t := range s.line.all {
				c.add(s, t)
			}
		}
		for s := range from.idle.All {
			c.shareOf(s)
		}
	}
	for t := range c.lane.head.All {
		c.addHead(t)
	}
}

// copySome goes on by so many steps, and reports whether there is more to copy. It copies
// lower classes first, so that nobody is missed who moves up meanwhile.
func (c *lineCopy) copySome(steps int) (more bool) {
	if c.class == nil {
		c.makeRoom(0)
	}
	for ; steps > 0 && c.part >= 0; steps-- {
		if !c.copyNext(&c.lane.order.classes[c.part]) {
			c.part, c.begun = c.part-1, false
		}
	}
	if c.part >= 0 {
		return true
	}
	head := &c.lane.head
	if !c.begun {
		c.begun, head.Mark = true, head.First
	}
	for ; steps > 0 && head.Mark != nil; steps-- {
		t := head.Mark.Item
		head.Mark = head.Mark.Next
		c.addHead(t)
	}
	return head.Mark != nil
}

// copyNext copies the next request or share of a class; false if there is none.
func (c *lineCopy) copyNext(from *class) bool {
	if !c.begun {
		c.begun, from.users.Mark, from.idle.Mark, c.idleLeft = true, from.users.First, from.idle.First, from.idle.Len
	}
	if c.share != nil {
		line := &c.share.line
		for _, part := range [...]*arrivals{&line.threads, &line.subagents} {
			if at := part.Mark; at != nil {
				part.Mark = at.Next
				c.add(c.share, at.Item)
				return true
			}
		}
		c.share = nil
	}
	if at := from.users.Mark; at != nil {
		from.users.Mark = at.Next
		if c.shares[at.Item] == nil { // else it has had a turn since it was copied
			c.share = at.Item
			line := &c.share.line
			line.threads.Mark, line.subagents.Mark = line.threads.First, line.subagents.First
		}
		return true
	}
	if at := from.idle.Mark; at != nil && c.idleLeft > 0 {
		from.idle.Mark = at.Next
		c.idleLeft--
		c.shareOf(at.Item)
		return true
	}
	return false
}

// add adds a copy of t, which stands in the line of a share.
func (c *lineCopy) add(of *share, t *Ticket) {
	copied := c.ticketOf(t)
	if copied == nil {
		return
	}
	s, class := c.shareOf(of), &c.order.classes[c.part]
	c.order.len++
	class.len++
	copied.line = s
	s.line.join(copied, false)
	if of.price.of == &t.place {
		s.price, s.price.of = of.price, &copied.place
	}
	if s.listed == nil {
		s.listed = &class.users
		class.users.PushBack(&s.node)
	}
}

// finish lets the shares that have requests wait for their turns, once all is copied.
func (c *lineCopy) finish() {
	for _, s := range c.shares {
		s.parent.add(s)
	}
	for i := range c.order.classes {
		for s := range c.order.classes[i].users.All {
			for ; s.parent != nil && !s.Waits(); s = s.parent {
				s.parent.members.Enter(&s.Flow)
			}
		}
	}
}

// addHead adds a copy of t, which stands at the lane's head.
func (c *lineCopy) addHead(t *Ticket) {
	if copied := c.ticketOf(t); copied != nil {
		c.heads = append(c.heads, copied)
	}
}

// shareOf returns the copy of a share, a new one if need be, without its requests.
func (c *lineCopy) shareOf(s *share) *share {
	if s.parent == nil {
		return &c.order.classes[c.part].root
	}
	if known := c.shares[s]; known != nil {
		return known
	}
	parent := c.shareOf(s.parent)
	copied := take(&c.room.shares)
	copied.parent, copied.key, copied.servedAt, copied.line.passing = parent, s.key, s.servedAt, s.line.passing
	if s.key.user != nil {
		copied.key.user = c.userOf(s.key.user)
	}
	copied.Item, copied.node.Item = copied, copied
	parent.members.Copy(&copied.Flow, &s.Flow, &s.parent.members)
	c.shares[s] = copied
	return copied
}

// copiedUser is a copy of a user and of its payer.
type copiedUser struct {
	user  user
	payer payer
}

// userOf returns the copy of a user, with what the order has to know of it. A copy is never
// idle: its shares are kept.
func (c *lineCopy) userOf(u *user) *user {
	copied := c.users[u]
	if copied == nil {
		one := take(&c.room.users)
		one.payer.weight = u.payer.weight
		one.user = user{
			group: u.group, name: u.name, weight: u.weight, payer: &one.payer, origin: u.origin, served: u.served,
			running: 1,
		}
		copied = &one.user
		c.users[u] = copied
	}
	return copied
}

// ticketOf returns a copy of t, in no list; nil if it has one already, from where it stood
// before.
func (c *lineCopy) ticketOf(t *Ticket) *Ticket {
	if _, known := c.class[t]; known {
		return nil
	}
	c.class[t] = t.class
	copied := take(&c.room.tickets)
	copied.copyOf(t)
	copied.user = c.userOf(t.user)
	return copied
}

// makeRoom makes room for about so many copies. A [Queue] does it outside of its lock: who
// allocates may have to help the garbage collector, or to wait for it.
func (c *lineCopy) makeRoom(n int) {
	if c.class == nil {
		c.class = make(map[*Ticket]uint8, c.requestsHint)
		c.shares, c.users = make(map[*share]*share, c.usersHint), make(map[*user]*user, c.usersHint)
	}
	c.room.tickets = withRoom(c.room.tickets, n)
	c.room.shares = withRoom(c.room.shares, min(n, c.usersHint))
	c.room.users = withRoom(c.room.users, min(n, c.usersHint))
}

func withRoom[T any](room []T, n int) []T {
	if len(room) >= (n+1)/2 {
		return room
	}
	return make([]T, n)
}

// take takes one out of a room, which grows if need be.
func take[T any](room *[]T) *T {
	*room = withRoom(*room, 1)
	one := &(*room)[0]
	*room = (*room)[1:]
	return one
}
