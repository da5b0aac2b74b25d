package queue

import "time"

// newNames counts, for each origin, the users that were let in with turns of their own before
// they were served. So people behind one address who begin together do not wait for each
// other, and names that are invented gain no more than a few turns. The zero newNames has
// counted none.
type newNames struct {
	byOrigin map[string]nameCount
}

// nameCount is how many there were of one origin since a time.
type nameCount struct {
	since time.Duration
	names int
}

const (
	maxNewNames = 32 // of an origin with turns of their own,
	newNameTime = 10 * time.Minute
	maxOrigins  = 1000 // then all are forgotten
)

// has reports whether another new user of an origin has turns of its own.
func (n *newNames) has(origin string, now time.Duration) bool {
	c := n.byOrigin[origin]
	return c.names < maxNewNames || now-c.since >= newNameTime
}

// add counts one.
func (n *newNames) add(origin string, now time.Duration) {
	c, known := n.byOrigin[origin]
	if !known && (n.byOrigin == nil || len(n.byOrigin) >= maxOrigins) {
		n.byOrigin = map[string]nameCount{}
	}
	if !known || now-c.since >= newNameTime {
		c = nameCount{since: now}
	}
	c.names++
	n.byOrigin[origin] = c
}
