package queue

import (
	"time"

	"paceline/queue/internal/list"
)

// order decides which request of a lane is next. There are three classes, high before normal
// before low. In each stands a ring of groups, in each group a ring of users,
// and each user has a line, first in first out. A turn starts one request and
// moves its user and its group to the tail of their rings; a user that is new, or
// comes back, joins at the tail. So with G groups, and U users in mine, my first
// request waits for at most G·U-1 other starts of its class.
type order struct {
	classes [3]class
	len     int
}

type class struct {
	groups list.List[*group]
	byName map[string]*group
	ages   list.List[*Ticket] // by the time they joined the class
}

type group struct {
	node   list.Node[*group]
	name   string
	users  list.List[*userLine]
	byUser map[*user]*userLine
}

// userLine is a user's line in one group of one class.
type userLine struct {
	node  list.Node[*userLine]
	group *group
	user  *user
	line  list.List[*Ticket]
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
	m := o.lineOf(t)
	if front {
		m.line.PushFront(&t.place)
	} else {
		m.line.PushBack(&t.place)
	}
	t.since = now
	o.classes[t.class].ages.PushBack(&t.age)
}

// merge puts t, which has waited elsewhere, into its user's line by its arrival.
func (o *order) merge(t *Ticket) {
	m := o.lineOf(t)
	at := m.line.Last
	for at != nil && at.Item.id > t.id {
		at = at.Prev
	}
	m.line.InsertAfter(&t.place, at)
	ages := &o.classes[t.class].ages
	at = ages.Last
	for at != nil && at.Item.since > t.since {
		at = at.Prev
	}
	ages.InsertAfter(&t.age, at)
}

// lineOf returns the line of t's user, with its place in the rings.
func (o *order) lineOf(t *Ticket) *userLine {
	c := &o.classes[t.class]
	g := c.byName[t.user.group]
	if g == nil {
		g = &group{name: t.user.group, byUser: map[*user]*userLine{}}
		g.node.Item = g
		if c.byName == nil {
			c.byName = map[string]*group{}
		}
		c.byName[g.name] = g
		c.groups.PushBack(&g.node)
	}
	m := g.byUser[t.user]
	if m == nil {
		m = &userLine{group: g, user: t.user}
		m.node.Item = m
		g.byUser[t.user] = m
		g.users.PushBack(&m.node)
	}
	t.userLine, t.state = m, inLine
	o.len++
	return m
}

// leave takes t out, wherever it stands. A user or group without requests leaves its ring.
func (o *order) leave(t *Ticket) {
	c, m := &o.classes[t.class], t.userLine
	g := m.group
	m.line.Remove(&t.place)
	c.ages.Remove(&t.age)
	o.len--
	t.userLine = nil
	if m.line.Len == 0 {
		g.users.Remove(&m.node)
		delete(g.byUser, m.user)
	}
	if g.users.Len == 0 {
		c.groups.Remove(&g.node)
		delete(c.byName, g.name)
	}
}

// next returns the next request; nil if there is none.
func (o *order) next() *Ticket {
	for i := range o.classes {
		if g := o.classes[i].groups.First; g != nil {
			return g.Item.users.First.Item.line.First.Item
		}
	}
	return nil
}

// takeTurn gives t, which is next, its turn.
func (o *order) takeTurn(t *Ticket) {
	c, m := &o.classes[t.class], t.userLine
	m.group.users.MoveBack(&m.node)
	c.groups.MoveBack(&m.group.node)
	o.leave(t)
}

// oldest returns the request that will count a class higher next; nil if there is none.
func (o *order) oldest() *Ticket {
	var oldest *Ticket
	for i := 1; i < len(o.classes); i++ {
		if n := o.classes[i].ages.First; n != nil && (oldest == nil || n.Item.since < oldest.since) {
			oldest = n.Item
		}
	}
	return oldest
}

// ageDue returns when the next one counts a class higher.
func (o *order) ageDue(aging time.Duration) time.Duration {
	if t := o.oldest(); t != nil {
		return t.since + aging
	}
	return never
}

// promote moves each request that has waited in its class for aging at now to the next
// higher class, in the order in which they were due. There it joins like a new request.
func (o *order) promote(now, aging time.Duration) {
	for due := o.ageDue(aging); due <= now; due = o.ageDue(aging) {
		t := o.oldest()
		o.leave(t)
		t.class--
		o.join(t, due, false)
	}
}

// worstPosition returns an upper bound of the position that a new request would have,
// from 1, in constant time. It leaves aside that lower classes age meanwhile.
func (o *order) worstPosition(u *user, groupName string, class uint8) int {
	c := &o.classes[class]
	ahead := 0
	for i := range class {
		ahead += o.classes[i].ages.Len
	}
	groups, users, mine := c.groups.Len+1, 1, 0
	if g := c.byName[groupName]; g != nil {
		groups, users = c.groups.Len, g.users.Len+1
		if m := g.byUser[u]; m != nil && u != nil {
			users, mine = g.users.Len, m.line.Len
		}
	}
	return ahead + min(c.ages.Len+1, groups*users*(mine+1))
}

// clone returns a copy with tickets of its own, and the original of each of them.
func (o *order) clone() (*order, map[*Ticket]*Ticket) {
	copied, original := &order{}, make(map[*Ticket]*Ticket, o.len)
	copies := make(map[*Ticket]*Ticket, o.len)
	for i := range o.classes {
		for g := range o.classes[i].groups.All {
			for m := range g.users.All {
				for t := range m.line.All {
					c := &Ticket{}
					c.init(t.id, t.user, t.priority, t.arrived)
					c.class = t.class
					original[c], copies[t] = t, c
					copied.join(c, t.since, false)
				}
			}
		}
		ages := &copied.classes[i].ages
		for t := range o.classes[i].ages.All {
			ages.MoveBack(&copies[t].age)
		}
	}
	return copied, original
}
