package queue

import "errors"

// Why one request cannot be told of or changed. Test with errors.Is.
var (
	// ErrNotWaiting says that no request that is meant waits.
	ErrNotWaiting = errors.New("queue: no such request waits")
	// ErrStarted says that the one that is meant has started.
	ErrStarted = errors.New("queue: the request has started")
	// ErrManyUsers says that requests of several users are meant.
	ErrManyUsers = errors.New("queue: requests of several users have this ID")
)

// RequestQuery says which one of the requests that wait is meant. Clients choose the IDs of
// their requests, so that several may have one. Where they are all of one user the earliest
// is meant; which of several users is never guessed.
type RequestQuery struct {
	ID     string
	User   string  // only of users of that name; empty: of all
	Group  *string // only of users of that group, see [Request]; nil: of all
	Viewer Viewer  // who asks: others' requests are as if they were not there
}

// asks reports whether a request of u may be meant.
func (q *RequestQuery) asks(u *user) bool {
	return (q.User == "" || q.User == u.name) && (q.Group == nil || *q.Group == u.group) && q.Viewer.sees(u.group)
}

// group returns the only group whose requests may be meant, if there is only one.
func (q *RequestQuery) group() (name string, ok bool) {
	switch {
	case q.Group != nil:
		return *q.Group, true
	case q.Viewer.OwnOnly:
		return q.Viewer.Group, true
	}
	return "", false
}
