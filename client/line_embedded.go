package client

import (
	"cmp"
	"context"
	"errors"

	"paceline/queue"
)

// Waiting returns a page of those that wait. An error is a *[Failure].
func (s *Embedded) Waiting(ctx context.Context, q WaitingQuery) (WaitingPage, error) {
	if f := s.unavailable(ctx); f != nil {
		return WaitingPage{}, f
	}
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	body, err := encode(s.queue.Waiting(queue.WaitingQuery{
		Limit: q.Limit, Offset: q.Offset, LongestFirst: q.LongestFirst, User: q.User.raw, Lane: q.Lane, Text: q.Text,
	}))
	if err != nil {
		return WaitingPage{}, &Failure{Words: "the list cannot be written", Err: err}
	}
	p, f := decodeWaiting(body, q)
	if f != nil {
		return WaitingPage{}, f
	}
	return p, nil
}

// defaultPage is how many are listed where a query does not say it.
const defaultPage = 100

// Cancel takes one request out. An error is a *[Failure].
func (s *Embedded) Cancel(ctx context.Context, r RequestRef) error {
	if f := cmp.Or(s.unavailable(ctx), unnamed("request", r.ID)); f != nil {
		return f
	}
	return unchanged(s.queue.Cancel(r.query(), monitorName))
}

// SetPriority gives one request that waits a priority. An error is a *[Failure].
func (s *Embedded) SetPriority(ctx context.Context, r RequestRef, priority string) error {
	if f := cmp.Or(s.unavailable(ctx), unnamed("request", r.ID)); f != nil {
		return f
	}
	p, f := parsePriority(priority)
	if f != nil {
		return f
	}
	return unchanged(s.queue.SetPriority(r.query(), p, monitorName))
}

func (r RequestRef) query() queue.RequestQuery {
	q := queue.RequestQuery{ID: r.ID.raw, User: r.User.raw}
	if !r.User.IsZero() {
		q.Group = &r.Group.raw
	}
	return q
}

// unchanged returns why a request was not changed; nil if it was.
func unchanged(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, queue.ErrStarted):
		return startedFailure()
	case errors.Is(err, queue.ErrManyUsers):
		return manyUsersFailure()
	default:
		return goneFailure()
	}
}

// CancelUser takes out all that wait of the users of a name. An error is a *[Failure].
func (s *Embedded) CancelUser(ctx context.Context, user Name) (int, error) {
	if f := cmp.Or(s.unavailable(ctx), unnamed("user", user)); f != nil {
		return 0, f
	}
	return s.queue.CancelUser(user.raw, monitorName), nil
}

// SetUserPriority gives all that wait of the users of a name a priority. An error is a
// *[Failure].
func (s *Embedded) SetUserPriority(ctx context.Context, user Name, priority string) (int, error) {
	if f := cmp.Or(s.unavailable(ctx), unnamed("user", user)); f != nil {
		return 0, f
	}
	p, f := parsePriority(priority)
	if f != nil {
		return 0, f
	}
	return s.queue.SetUserPriority(user.raw, p, monitorName), nil
}
