package client

import (
	"context"
	"errors"
	"time"

	"paceline/queue"
)

// Line is a [Source] that tells who waits, and can take requests out or change their
// priorities. An error of its methods is a *[Failure], also that a request has started or left
// meanwhile; then nothing has changed. The effect shows in the next samples.
type Line interface {
	// Waiting returns a page of those that wait.
	Waiting(ctx context.Context, q WaitingQuery) (WaitingPage, error)
	// Cancel takes one request out.
	Cancel(ctx context.Context, r RequestRef) error
	// CancelUser takes out all requests of the users of a name that wait, whichever group they
	// belong to, and returns how many there were.
	CancelUser(ctx context.Context, user Name) (int, error)
	// SetPriority gives one request that waits a priority: high, normal or low.
	SetPriority(ctx context.Context, r RequestRef, priority string) error
	// SetUserPriority gives all requests of the users of a name that wait a priority, whichever
	// group they belong to, and returns how many there were.
	SetUserPriority(ctx context.Context, user Name, priority string) (int, error)
}

var (
	_ Line = (*HTTP)(nil)
	_ Line = (*Embedded)(nil)
)

// RequestRef says which of the requests that wait is meant. Clients choose the IDs of their
// requests, so that several users may have one of the same ID; without the user none of those
// is hit. Equal ones of one user are hit by arrival. An older server goes by the ID alone.
type RequestRef struct {
	ID    Name
	User  Name // zero: not told
	Group Name // of the user, see [WaitingRequest]; it counts only with the user
}

// WaitingQuery says which of those that wait are listed.
type WaitingQuery struct {
	Limit, Offset int    // 1 to 1,000; zero: 100
	LongestFirst  bool   // who waits longest first; else whose turn is next
	User          Name   // only those of the users of a name
	Lane          string // only those of a lane
	Text          string // only those with this in their ID, user, lane or priority, in capitals or not
}

// chooses reports whether it asks for more than a part of the list of turns.
func (q WaitingQuery) chooses() bool {
	return q.LongestFirst || !q.User.IsZero() || q.Lane != "" || q.Text != ""
}

// WaitingPage is a part of the list of who waits.
type WaitingPage struct {
	Total    Opt[int]             `json:"total"`    // all that wait
	Matching Opt[int]             `json:"matching"` // of these, those that were asked for; unknown from an older server
	Waiting  List[WaitingRequest] `json:"waiting" first:"1000"`
}

// WaitingRequest is a request that waits.
type WaitingRequest struct {
	ID       Name               `json:"id"` // zero where the reader may not see it
	User     Name               `json:"user"`
	Lane     string             `json:"lane"`
	Group    Name               `json:"group"` // who is billed: the name of a gateway token
	Session  string             `json:"session"`
	Subagent bool               `json:"subagent"` // of the session asks
	Priority string             `json:"priority"`
	Class    string             `json:"class"`    // the priority that it counts as for its age; empty: its own
	Position Opt[int]           `json:"position"` // from 1, in its lane; 0 aside
	Waited   Opt[time.Duration] `json:"waitedMs"`
	Since    Opt[time.Time]     `json:"since"`
	ETA      Opt[time.Duration] `json:"etaMs"`      // until its start, if nobody else comes; aside until it is back in line
	ETAEarly Opt[time.Duration] `json:"etaEarlyMs"` // at the earliest, in nine cases of ten; known alone: not before the end of a pause
	ETALate  Opt[time.Duration] `json:"etaLateMs"`  // and at the latest
	Guess    bool               `json:"guess"`      // the account's limits are not known
	Aside    string             `json:"aside"`      // why it stands aside: backoff, limit, overload or connection; empty: it does not
	Attempt  Opt[int]           `json:"attempt"`    // from 1: the attempt it waits for
	CameBack bool               `json:"cameBack"`   // its client has sent it again, and it has kept its age
}

// finish implements [finisher]. A request whose ID a reader may not see is listed, too.
func (w *WaitingRequest) finish(object) bool { return !w.ID.IsZero() || !w.User.IsZero() }

// Ref says which request it is; the zero RequestRef where the reader may not see that.
func (w *WaitingRequest) Ref() RequestRef {
	if w.ID.IsZero() {
		return RequestRef{}
	}
	return RequestRef{w.ID, w.User, w.Group}
}

// IsZero reports whether no request is meant.
func (r RequestRef) IsZero() bool { return r == RequestRef{} }

var errLine = errors.New("client: the line is unchanged")

// unnamed returns that nobody is named; nil if somebody is.
func unnamed(what string, n Name) *Failure {
	if n.IsZero() {
		return &Failure{Words: "no " + what + " is named", Err: errLine}
	}
	return nil
}

func goneFailure() *Failure {
	return &Failure{Words: "it waits no more", Hint: "it runs, is done, or has left", Err: errLine}
}

func startedFailure() *Failure { return &Failure{Words: "it has started meanwhile", Err: errLine} }

func manyUsersFailure() *Failure {
	return &Failure{Words: "several users have a request of this ID", Hint: "choose it in the list of who waits, which says whose it is", Err: errLine}
}

// decodeWaiting reads a list of who waits.
func decodeWaiting(body []byte, q WaitingQuery) (WaitingPage, *Failure) {
	root, f := parse(body)
	if f != nil {
		return WaitingPage{}, f
	}
	var p WaitingPage
	fillStruct(&p, root)
	switch {
	case p.Waiting == nil:
		return WaitingPage{}, &Failure{Words: "this JSON is not the list of who waits", Hint: "is this the right address?", Err: errLine}
	case q.chooses() && !p.Matching.Known: // it has listed something else than was asked for
		return WaitingPage{}, &Failure{Words: "this server cannot sort and search who waits", Hint: "is it an older one?", Err: errLine}
	}
	return p, nil
}

func parsePriority(word string) (queue.Priority, *Failure) {
	p, err := queue.ParsePriority(word)
	if err != nil || word == "" {
		return 0, &Failure{Words: "a priority is high, normal or low", Err: errLine}
	}
	return p, nil
}
