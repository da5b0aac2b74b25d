package client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Waiting returns a page of those that wait. An error is a *[Failure].
func (s *HTTP) Waiting(ctx context.Context, q WaitingQuery) (WaitingPage, error) {
	u, f := s.line()
	if f != nil {
		return WaitingPage{}, f
	}
	query := u.Query()
	set := func(field, value string) {
		if value != "" {
			query.Set(field, value)
		}
	}
	if q.Limit != 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset != 0 {
		set("offset", strconv.Itoa(q.Offset))
	}
	if q.LongestFirst {
		set("order", "wait")
	}
	set("user", q.User.raw)
	set("lane", q.Lane)
	set("text", q.Text)
	u.RawQuery = query.Encode()
	body, f := s.call(ctx, http.MethodGet, u, nil)
	if f != nil {
		return WaitingPage{}, s.lineFailure(f, "this server does not tell who waits")
	}
	p, f := decodeWaiting(body, q)
	if f != nil {
		return WaitingPage{}, f
	}
	return p, nil
}

// Cancel asks the server to take one request out. An error is a *[Failure].
func (s *HTTP) Cancel(ctx context.Context, r RequestRef) error {
	return orNil(s.changeOne(ctx, http.MethodDelete, r, nil))
}

// SetPriority asks the server to give one request that waits a priority. An error is a
// *[Failure].
func (s *HTTP) SetPriority(ctx context.Context, r RequestRef, priority string) error {
	body, f := priorityBody(priority)
	if f != nil {
		return f
	}
	return orNil(s.changeOne(ctx, http.MethodPatch, r, body))
}

// orNil returns a failure as an error, nil if there is none.
func orNil(f *Failure) error {
	if f == nil {
		return nil
	}
	return f
}

// CancelUser asks the server to take out all that wait of the users of a name. An error is a
// *[Failure].
func (s *HTTP) CancelUser(ctx context.Context, user Name) (int, error) {
	return s.changeAll(ctx, http.MethodDelete, user, nil)
}

// SetUserPriority asks the server to give all that wait of the users of a name a priority. An
// error is a *[Failure].
func (s *HTTP) SetUserPriority(ctx context.Context, user Name, priority string) (int, error) {
	body, f := priorityBody(priority)
	if f != nil {
		return 0, f
	}
	return s.changeAll(ctx, http.MethodPatch, user, body)
}

func priorityBody(priority string) ([]byte, *Failure) {
	p, f := parsePriority(priority)
	if f != nil {
		return nil, f
	}
	return []byte(`{"priority":"` + p.String() + `"}`), nil
}

// changeOne changes one request.
func (s *HTTP) changeOne(ctx context.Context, method string, r RequestRef, body []byte) *Failure {
	u, f := s.line()
	if f = cmp.Or(f, unnamed("request", r.ID)); f != nil {
		return f
	}
	if !r.User.IsZero() {
		query := u.Query()
		query.Set("user", r.User.raw)
		query.Set("group", r.Group.raw)
		u.RawQuery = query.Encode()
	}
	// Dots are escaped, too: an ID may be "..", which is no folder.
	u.RawPath = u.EscapedPath() + "/" + strings.ReplaceAll(url.PathEscape(r.ID.raw), ".", "%2E")
	u.Path += "/" + r.ID.raw
	_, f = s.change(ctx, method, u, body)
	return f
}

// changeAll changes all that a user has waiting, and returns how many there were.
func (s *HTTP) changeAll(ctx context.Context, method string, user Name, body []byte) (int, error) {
	u, f := s.line()
	if f = cmp.Or(f, unnamed("user", user)); f != nil {
		return 0, f
	}
	query := u.Query()
	query.Set("user", user.raw)
	u.RawQuery = query.Encode()
	root, f := s.change(ctx, method, u, body)
	if f != nil {
		return 0, f
	}
	n := get[int](root, "requests")
	if !n.Known {
		return 0, notToldFailure()
	}
	return n.Value, nil
}

// change sends a change, and returns the answer to a successful one.
func (s *HTTP) change(ctx context.Context, method string, u *url.URL, body []byte) (object, *Failure) {
	answer, f := s.call(ctx, method, u, body)
	if f != nil {
		return nil, s.lineFailure(f, "this server cannot do that")
	}
	root, f := parse(answer)
	if f != nil {
		return nil, f
	}
	if !root.flag("success").Value {
		return nil, notToldFailure()
	}
	s.stream.discard()
	return root, nil
}

func notToldFailure() *Failure {
	return &Failure{Words: "the answer does not say that it was done", Hint: "look at who waits, and whether the server is a paceline", Err: errLine}
}

// line returns the address of the list of who waits.
func (s *HTTP) line() (*url.URL, *Failure) {
	u, ok := s.sibling("waiting")
	if !ok {
		return nil, &Failure{Words: "who waits is not told at this address", Hint: "give the address of the server itself, such as http://127.0.0.1:3000", Err: ErrNotOffered}
	}
	return u, nil
}

// lineFailure explains a failure of the list of who waits. cannot says what a server of
// another kind, or an older one, cannot do.
func (s *HTTP) lineFailure(f *Failure, cannot string) *Failure {
	switch status, _ := errors.AsType[statusError](f); {
	case status == http.StatusConflict && f.problem == "Several users":
		return manyUsersFailure()
	case status == http.StatusConflict:
		return startedFailure()
	case status == http.StatusNotFound && f.problem == "Not waiting":
		return goneFailure()
	case errors.Is(f, ErrNotOffered):
		return &Failure{Words: cannot, Hint: "is it a paceline, and not an older one?", Err: f.Err}
	case status == http.StatusForbidden && s.authorized:
		f.Words = "this token may not do that"
	}
	return f
}
