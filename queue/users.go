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
	node        list.Node[*user] // in its rank, by when it was last seen
	unserved    list.Node[*user] // the same, among those that were never served
	seen        time.Duration
	running     int
	done        int64
	failed      int64
	lastWait    time.Duration
	started     bool // lastWait is known
	sighting    window.Sighting
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
	unserved list.List[*user] // those that were never served, the longest idle first
	active   window.Presence
	touches  uint64 // how often somebody was seen
}

func newUsers() users {
	us := users{byKey: map[userKey]*user{}}
	us.ranks.PushBack(newRank(0))
	return us
}

func newRank(waiting int) *list.Node[*rank] {
	r := &rank{waiting: waiting}
	r.node.Item = r
	return &r.node
}

// find returns a user, nil if it is unknown.
func (us *users) find(group, name string) *user { return us.byKey[userKey{group, name}] }

// get returns a user, and adds it if it is unknown.
func (us *users) get(group, name string, now time.Duration) *user {
	u := us.find(group, name)
	if u == nil {
		us.evict()
		u = us.insert(group, name)
	}
	us.touch(u, now)
	return u
}

// insert adds a user.
func (us *users) insert(group, name string) *user {
	u := &user{group: group, name: name, rank: us.ranks.Last.Item}
	u.node.Item, u.unserved.Item = u, u
	us.unserved.PushBack(&u.unserved)
	us.byKey[userKey{group, name}] = u
	u.rank.users.PushBack(&u.node)
	return u
}

// evict drops the longest idle user if there are too many, one that was never served
// if there is any. A user with requests is kept.
func (us *users) evict() {
	if len(us.byKey) < maxUsers {
		return
	}
	for _, idle := range []*list.List[*user]{&us.unserved, &us.ranks.Last.Item.users} {
		for u := range idle.All {
			if u.running == 0 && u.rank.waiting == 0 {
				us.forget(u)
				return
			}
		}
	}
}

// forget drops a user without requests.
func (us *users) forget(u *user) {
	u.rank.users.Remove(&u.node)
	if !u.served {
		us.unserved.Remove(&u.unserved)
	}
	delete(us.byKey, userKey{u.group, u.name})
}

// serve notes that a call of u has succeeded.
func (us *users) serve(u *user) {
	if !u.served {
		u.served = true
		us.unserved.Remove(&u.unserved)
	}
}

// touch notes that u did something.
func (us *users) touch(u *user, now time.Duration) {
	us.touches++
	u.seen = now
	u.rank.users.MoveBack(&u.node)
	if !u.served {
		us.unserved.MoveBack(&u.unserved)
	}
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
		neighbour = newRank(old.waiting + by)
		at := &old.node
		if by > 0 {
			at = old.node.Prev
		}
		us.ranks.InsertAfter(neighbour, at)
	}
	old.users.Remove(&u.node)
	u.rank = neighbour.Item
	u.rank.users.PushBack(&u.node)
	if old.users.Len == 0 && old.waiting > 0 {
		us.ranks.Remove(&old.node)
	}
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
	}
}
