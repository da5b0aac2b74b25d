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
	weight      float64 // in its group; zero: 1
	groupWeight float64 // of its group; zero: 1
	origin      string  // see [Request]
	served      bool    // a call of it has succeeded
	absences    int     // requests of it that may come back
	rank        *rank
	node        list.Node[*user]  // in its rank, by when it was last seen
	idle        list.Node[*user]  // while it has no requests,
	idleIn      *list.List[*user] // in this list; nil while it has some
	seen        time.Duration
	running     int
	done        int64
	failed      int64
	lastWait    time.Duration
	started     bool // lastWait is known
	sighting    window.Sighting
	requests    list.List[*Ticket] // that wait, by arrival
	waitingAt   int                // its place in users.waiting, while one waits
	longest     window.Peak[*user] // wait of the last minute
}

// sharesTurn reports whether it shares a turn with the others of its origin that were
// never served.
func (u *user) sharesTurn() bool { return !u.served && u.origin != "" }

type userKey struct{ group, name string }

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
	ranks    list.List[*rank] // by waiting, the most first; the last one is that of nobody waiting
	waiting  []*user          // who have a request that waits, in no order
	unserved list.List[*user] // those without requests that were never served, the longest idle first
	served   list.List[*user] // the others without requests
	spare    *rank            // to be used again; nil: none
	active   window.Presence
	touches  uint64 // how often somebody was seen
}

func newUsers() users {
	us := users{byKey: map[userKey]*user{}}
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
	u := &user{group: group, name: name, rank: us.ranks.Last.Item}
	u.node.Item, u.idle.Item, u.longest.Of = u, u, u
	us.byKey[userKey{group, name}] = u
	u.rank.users.PushBack(&u.node)
	us.listIdle(u)
	return u
}

// evict drops the longest idle user if there are too many, one that was never served
// if there is any. A user with requests is kept.
func (us *users) evict() {
	if len(us.byKey) < maxUsers {
		return
	}
	for _, idle := range [...]*list.List[*user]{&us.unserved, &us.served} {
		if n := idle.First; n != nil {
			u := n.Item
			idle.Remove(n)
			u.rank.users.Remove(&u.node)
			delete(us.byKey, userKey{u.group, u.name})
			return
		}
	}
}

// serve notes that a call of u has succeeded.
func (us *users) serve(u *user) {
	u.served = true
	us.listIdle(u)
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
		u.waitingAt = len(us.waiting)
		us.waiting = append(us.waiting, u)
	case neighbour.Item.waiting == 0:
		last := len(us.waiting) - 1
		us.waiting[u.waitingAt] = us.waiting[last]
		us.waiting[u.waitingAt].waitingAt = u.waitingAt
		us.waiting[last] = nil
		us.waiting = us.waiting[:last]
	}
	u.rank = neighbour.Item
	u.rank.users.PushBack(&u.node)
	if old.users.Len == 0 && old.waiting > 0 {
		us.ranks.Remove(&old.node)
		us.spare = old
	}
	us.listIdle(u)
}

// addRequest counts t among those of u that wait, by its arrival.
func (u *user) addRequest(t *Ticket) {
	at := u.requests.Last
	if at != nil && at.Item.id > t.id { // it has waited before, like few of those behind it
		for at = u.requests.First; at.Item.id < t.id; at = at.Next {
		}
		at = at.Prev
	}
	u.requests.InsertAfter(&t.mine, at)
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
		u.done, u.failed, u.started, u.lastWait = 0, 0, false, 0
		u.longest = window.Peak[*user]{Of: u}
	}
}
