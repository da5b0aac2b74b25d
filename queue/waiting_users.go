package queue

import (
	"math"
	"slices"
)

// waitingUsers are the users of whom a request waits, in no order. Each knows its place.
type waitingUsers []waitingUser

// waitingUser is one of them. A start leaves since as it is: that is brought up to date when
// somebody asks who waits longest, which few do.
type waitingUser struct {
	user  *user
	since uint64 // the number of its oldest request, or of an older one that waits no more
}

// add adds a user, of whom a request waits from now on.
func (w *waitingUsers) add(u *user) {
	u.waitingAt = len(*w)
	*w = append(*w, waitingUser{u, u.requests.First.Item.id})
}

// remove removes a user, of whom none waits any more.
func (w *waitingUsers) remove(u *user) {
	end := len(*w) - 1
	last := (*w)[end]
	(*w)[u.waitingAt] = last
	last.user.waitingAt = u.waitingAt
	(*w)[end] = waitingUser{}
	*w = (*w)[:end]
}

// cameBack notes that the oldest request of a user has come back.
func (w waitingUsers) cameBack(u *user) { w[u.waitingAt].since = u.requests.First.Item.id }

// oldestBut returns the request that came first of all but those of some users; nil if there is
// none. It goes through the list, and looks only at the requests of those that may be older than
// the oldest so far.
func (w waitingUsers) oldestBut(some []crowdUser) (oldest *Ticket) {
	first := uint64(math.MaxUint64)
	for i := range w {
		one := &w[i]
		if one.since >= first || slices.ContainsFunc(some, func(c crowdUser) bool { return c.user == one.user }) {
			continue
		}
		t := one.user.requests.First.Item
		one.since = t.id
		if t.id < first {
			oldest, first = t, t.id
		}
	}
	return oldest
}
