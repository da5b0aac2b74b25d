package queue

import (
	"time"

	"paceline/queue/internal/list"
	"paceline/queue/internal/window"
)

// maxUsers is how many users are remembered. Those that were never served are forgotten
// first, so that invented names push out nobody else; among them the longest idle.
const maxUsers = 10_000

// user is one user's account. Group and name together identify a user.
type user struct {
	group, name string
	number      uint64  // no other user's
	weight      float64 // in its group; zero: 1
	payer       *payer  // its group
	origin      string  // see [Request]
	served      bool    // a call of it has succeeded
	ownTurns    bool    // from the beginning, see [newNames]
	absences    int     // requests of it that may come back
	putBack     int     // that wait, and have given their places away
	rank        *rank
	node        list.Node[*user]  // in its rank, by when it was last seen
	idle        list.Node[*user]  // while it has no requests,
	idleIn      *list.List[*user] // in this list; nil while it has some
	seen        time.Duration
	running     int
	done        int64
	failed      int64
	used        Usage
	lastWait    time.Duration
	started     bool // lastWait is known
	sighting    window.Sighting
	requests    arrivals         // that wait
	waitingAt   int              // its place in users.waiting, while one waits
	longWait    int              // its place among the long waits of the present slice
	longest     window.Peak      // wait of the last minute
	recent      *userRecent      // nil before its first request, and after a reset
	failing     list.Node[*user] // in users.failing,
	fails       bool             // while it stands there,
	failedAt    time.Duration    // by when a request of it failed last
	sent        burst
	fruitless   *failingUser // while every request of it fails; else nil
}

// standing is the lane and the priority of a request: requests that have both in common
// wait about equally long.
type standing struct {
	lane     string
	priority Priority
}

func (t *Ticket) standing() standing { return standing{t.lane.name, t.priority} }

// payer is a group of users: who pays for them.
type payer struct {
	weight float64 // zero: 1
	users  int     // that are remembered
}

// isIdle reports whether it has no requests, and none that may come back.
func (u *user) isIdle() bool { return u.running == 0 && u.requests.Len == 0 && u.absences == 0 }

// sharesTurn reports whether it shares a turn with the others of its origin that were
// never served.
func (u *user) sharesTurn() bool { return !u.served && u.origin != "" }

type userKey struct{ group, name string }

func (u *user) key() userKey { return userKey{u.group, u.name} }

// rank holds the users that have the same number of requests waiting.
type rank struct {
	node    list.Node[*rank]
	waiting int
	users   list.List[*user]
}

// users are all the users a queue remembers, the busiest first without a search:
// a request more or less moves its user to the neighbouring rank.
type users struct {
	byKey    map[userKey]*user
	payers   map[string]*payer // of these users
	ranks    list.List[*rank]  // by waiting, the most first; the last one is that of nobody waiting
	waiting  waitingUsers
	unserved list.List[*user] // those without requests that were never served, the longest idle first
	served   list.List[*user] // the others without requests
	failing  list.List[*user] // those of whom a request has failed, the latest last
	spare    *rank            // to be used again; nil: none
	active   window.Presence
	work     recentWork // of all users
	touches  uint64     // how often somebody was seen
	inserted uint64     // so far
}

func newUsers() users {
	us := users{byKey: map[userKey]*user{}, payers: map[string]*payer{}}
	us.ranks.PushBack(us.newRank(0))
	return us
}

func (us *users) newRank(waiting int) *list.Node[*rank] {
	r := us.spare
	if us.spare = nil; r == nil {
		r = &rank{}
	}
	r.waiting, r.node.Item = waiting, r
	return &r.node
}

// find returns a user, nil if it is unknown.
func (us *users) find(group, name string) *user { return us.byKey[userKey{group, name}] }

// add adds a user, in the place of another one if there are too many.
func (us *users) add(group, name string) *user {
	us.evict()
	return us.insert(group, name)
}

// insert adds a user.
func (us *users) insert(group, name string) *user {
	p := us.payers[group]
	if p == nil {
		p = &payer{}
		us.payers[group] = p
	}
	p.users++
	us.inserted++
	u := &user{group: group, name: name, number: us.inserted, payer: p, rank: us.ranks.Last.Item}
	u.node.Item, u.idle.Item, u.failing.Item = u, u, u
	us.byKey[u.key()] = u
	u.rank.users.PushBack(&u.node)
	us.listIdle(u)
	return u
}

// evict drops the longest idle user if there are too many, one that was never served
// if there is any, and rather one of which nothing may come back. A user with requests is
// kept.
func (us *users) evict() {
	if len(us.byKey) < maxUsers {
		return
	}
	for _, idle := range [...]*list.List[*user]{&us.unserved, &us.served} {
		if idle.Len > 0 {
			us.drop(longestIdle(idle))
			return
		}
	}
}

// longestIdle returns the first of a list from which nothing may come back, if it is one of
// the first few; else the first.
func longestIdle(idle *list.List[*user]) *user {
	n := idle.First
	for range 16 {
		if n == nil {
			break
		}
		if n.Item.absences == 0 {
			return n.Item
		}
		n = n.Next
	}
	return idle.First.Item
}

// drop forgets u, which has no requests.
func (us *users) drop(u *user) {
	u.idleIn.Remove(&u.idle)
	u.rank.users.Remove(&u.node)
	us.forgetFailing(u)
	delete(us.byKey, u.key())
	if u.payer.users--; u.payer.users == 0 {
		delete(us.payers, u.group)
	}
}

// serve notes that a call of u has succeeded.
func (us *users) serve(u *user) {
	u.served = true
	us.listIdle(u)
}

// leaveOrigin gives u, which has been served by now, turns of its own wherever it waits.
func (m *Machine) leaveOrigin(u *user) {
	if u.origin == "" { // it has had them
		return
	}
	for t := range u.requests.All {
		if t.state != inLine || t.line.parent.parent.parent == nil { // it has its own
			continue
		}
		group := t.line.parent.parent
		t.lane.order.adopt(&t.lane.order.classes[t.class], u, group)
		m.reschedule(t.lane)
	}
}

// listIdle puts u at the end of the list that it belongs to as long as it has no requests.
func (us *users) listIdle(u *user) {
	var list *list.List[*user]
	switch {
	case u.running > 0 || u.rank.waiting > 0:
	case u.served:
		list = &us.served
	default:
		list = &us.unserved
	}
	if u.idleIn != nil {
		u.idleIn.Remove(&u.idle)
	}
	if u.idleIn = list; list != nil {
		list.PushBack(&u.idle)
	}
}

// touch notes that u did something.
func (us *users) touch(u *user, now time.Duration) {
	us.touches++
	u.seen = now
	u.rank.users.MoveBack(&u.node)
	us.listIdle(u)
	us.active.See(&u.sighting, now)
}

// addWaiting changes the number of u's requests that wait by one, up or down.
func (us *users) addWaiting(u *user, by int) {
	old := u.rank
	neighbour := old.node.Next
	if by > 0 {
		neighbour = old.node.Prev
	}
	if neighbour == nil || neighbour.Item.waiting != old.waiting+by {
		neighbour = us.newRank(old.waiting + by)
		at := &old.node
		if by > 0 {
			at = old.node.Prev
		}
		us.ranks.InsertAfter(neighbour, at)
	}
	old.users.Remove(&u.node)
	switch {
	case old.waiting == 0:
		us.waiting.add(u)
	case neighbour.Item.waiting == 0:
		us.waiting.remove(u)
	}
	u.rank = neighbour.Item
	u.rank.users.PushBack(&u.node)
	if old.users.Len == 0 && old.waiting > 0 {
		us.ranks.Remove(&old.node)
		us.spare = old
	}
	us.listIdle(u)
}

// busiest yields users, those with the most waiting first, and among equals the
// last seen first.
func (us *users) busiest(yield func(*user) bool) {
	for r := range us.ranks.All {
		for n := r.users.Last; n != nil; n = n.Prev {
			if !yield(n.Item) {
				return
			}
		}
	}
}

// reset sets the totals of all users to zero.
func (us *users) reset() {
	for _, u := range us.byKey {
		u.done, u.failed, u.used, u.started, u.lastWait = 0, 0, Usage{}, false, 0
		u.longest, u.recent = window.Peak{}, nil
		us.forgetFailing(u)
		u.fruitless = nil
	}
	us.work = recentWork{}
}
