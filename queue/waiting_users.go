package queue

import (
	"cmp"
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

// longest returns those who wait longest, n at most, the longest first. It looks only at the
// requests of those that may be among them.
func (w waitingUsers) longest(n int) []*user {
	found := make([]waitingUser, 0, n)
	for i := range w {
		one := &w[i]
		full := len(found) == n
		if full && one.since >= found[n-1].since {
			continue
		}
		if one.since = one.user.requests.First.Item.id; full {
			if one.since >= found[n-1].since {
				continue
			}
			found = found[:n-1]
		}
		at, _ := slices.BinarySearchFunc(found, one.since, func(f waitingUser, since uint64) int { return cmp.Compare(f.since, since) })
		found = slices.Insert(found, at, *one)
	}
	longest := make([]*user, len(found))
	for i := range found {
		longest[i] = found[i].user
	}
	return longest
}
