package ui

import (
	"context"
	"time"

	"paceline/client"
)

// Change is a change of what the monitor says of the queue, better or worse: what
// [Options.OnChange] is told. Its text is fit to be shown: one line, nothing that a terminal
// obeys.
type Change struct {
	Level, Before  string    // "healthy", "warning", "critical" or "unreachable"
	Message        string    // of the verdict, or why nothing answers
	Recommendation string    // what to do; may be empty
	Address        string    // of the queue
	Since          time.Time // as the endpoint tells it, else when it was seen
}

// standing is how the queue stands: a level of the verdict, or that nothing answers.
type standing int

const unreachable = standing(client.Critical) + 1

func (s standing) String() string {
	if s == unreachable {
		return "unreachable"
	}
	return client.Level(s).String()
}

// standingOf is how the queue stands after a poll. It has failed, or its sample is judged.
func standingOf(failure *client.Failure, v client.Verdict) standing {
	if failure != nil {
		return unreachable
	}
	return standing(v.Level)
}

// changeOf tells how the queue stands now, after a poll.
func changeOf(failure *client.Failure, s *snapshot, address string, now time.Time) Change {
	c := Change{
		Level: standingOf(failure, s.verdict).String(), Message: clean(s.verdict.Message), Recommendation: clean(s.verdict.Recommendation),
		Address: clean(address), Since: now,
	}
	switch {
	case failure != nil:
		c.Message, c.Recommendation = clean(failure.Words), clean(failure.Hint)
	case s.sample.Detail != nil && s.sample.Detail.Since.Known:
		c.Since = s.sample.Detail.Since.Value
	}
	return c
}

// changes hands each change of the standing to a function, one after the other: while it is
// busy the latest waits, and older ones are dropped.
type changes struct {
	tell    func(context.Context, Change) error // nil: nobody wants to know
	known   bool
	level   string // of the newest poll
	busy    bool
	waiting *Change
	failed  bool // has failed before
}

// see takes how the queue stands after a poll. It returns the change to tell now; nil if
// there is none.
func (c *changes) see(now Change) *Change {
	before := c.level
	c.level = now.Level
	switch {
	case c.tell == nil, !c.known, now.Level == before:
		c.known = true
		return nil
	case !c.busy:
		now.Before, c.busy = before, true
		return &now
	}
	now.Before = before
	if c.waiting != nil {
		now.Before = c.waiting.Before
	}
	c.waiting = &now
	if now.Level == now.Before { // it is again as was told last
		c.waiting = nil
	}
	return nil
}

// done takes that a change was told. It returns the next one; nil if there is none. The
// first failure is worth a word.
func (c *changes) done(err error) (next *Change, first bool) {
	first = err != nil && !c.failed
	c.failed = c.failed || err != nil
	next, c.waiting = c.waiting, nil
	c.busy = next != nil
	return next, first
}

// changeToldMsg says that a change was told.
type changeToldMsg struct{ err error }
