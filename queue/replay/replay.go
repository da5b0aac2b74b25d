package replay

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// Dawn is when the accounts begin, with full buckets. Messages are asked from
// [Opening] on; in the time before, whoever may learn learns.
var Dawn = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// Opening is the time from [Dawn] to the first messages.
const Opening = time.Hour

// Message is one message of a user.
type Message struct {
	User, Number int    // from 0; the number tells a user's messages apart
	Account      string // whom it is billed to; empty where there is one only
	Priority     queue.Priority
	Call         sim.Call
	Group        string        // of models, that its lane is named after; empty: that of [queue.ModelGroup]
	Bytes        int           // of the request's body, from which its tokens are estimated
	At           time.Duration // since Dawn, when it is asked; if that is before Opening, it waits since then
	Patience     time.Duration // its user leaves if the API has not let it in after so long; zero: never
	Leaves       time.Duration // its user leaves so long after the API has let it in, if it has not ended; zero: never
	Plain        bool          // the answer is not streamed: headers and usage come with its end
	Tag          string        // tells some messages apart in what is felt; see [Felt.Of]
	Next         *Message      // the user's next one, asked when this one is answered; nil: none

	attempts int  // made by now
	begun    bool // the API has let it in, or it has failed
	hungUp   bool // its user has left while it ran
}

// id is the same for the same attempt under every pace, so that chance does the
// same to it.
func (m *Message) id() uint64 {
	return uint64(m.User+1)<<40 | uint64(m.Number+1)<<8 | uint64(m.attempts)
}

// over reports whether an attempt that came to d was the last one: it was answered,
// or its user has left.
func (m *Message) over(d sim.Decision) bool { return m.hungUp || d.Admitted() }

// group is the group of models that the queue takes a message to be for. Which
// buckets it draws from, its account says: see world.bucket.
func (m *Message) group() string { return cmp.Or(m.Group, queue.ModelGroup(m.Call.Model)) }

// lane names the lane of the queue that a message waits in.
func (m *Message) lane() string { return queue.LaneName(m.Account, m.group()) }

// Load is what so many users ask of accounts.
type Load struct {
	Name  string
	Users int // more than each [Message.User]
	// Account is what an account is, unless Accounts has another one for its name.
	// Its Epoch does not count: it is [Dawn].
	Account  sim.AccountSettings
	Accounts map[string]sim.AccountSettings
	// Messages makes the messages, anew each time: a run uses them up.
	Messages func() []*Message
	// Before makes the messages of the hour before the opening, which a pace that
	// is warm has answered: also anew each time. Nil is the first message of each
	// user to each model of each account.
	Before func() []*Message
	// Seed fixes what is chance in a queue of ours, the jitter of its back-offs.
	Seed uint64
	// Between is called after each thing that happens, so that a long run can give
	// way to other work. Nil: nothing is.
	Between func()
	// Binds says what makes messages wait under the best of paces. A run does not
	// need it.
	Binds Bound
}

// Bound is what makes the messages of a load wait under the best of paces.
type Bound string

// What binds the loads of the comparison.
const (
	BoundByNothing  Bound = "nothing"
	BoundByRequests Bound = "requests"
	BoundByTokens   Bound = "tokens"
	BoundByOthers   Bound = "others on the account"
	BoundByFaults   Bound = "faults of the API"
)

// of returns the settings of an account.
func (l *Load) of(account string) sim.AccountSettings {
	if s, ok := l.Accounts[account]; ok {
		return s
	}
	return l.Account
}

// Pace says when requests start: one of [Paces], or [Queue].
type Pace struct {
	Name string

	make     func(*Load) (pacer, error) // for one run
	warm     bool                       // it has answered messages in the hour before
	restarts bool                       // and is started anew at the opening
	like     string                     // it is shown only where it does something else than this one; empty: always
}

// Queue returns the pace of a queue with such settings, as the gateway drives it.
// One that is warm has learned the limits in the hour before, and what each user's
// messages are like.
func Queue(name string, s queue.Settings, warm bool) Pace {
	return Pace{Name: name, make: func(l *Load) (pacer, error) { return newPaced(s, l.Seed) }, warm: warm}
}

// Restarted returns the pace of a queue that has learned in the hour before, was
// stopped [Downtime] before the opening, and goes on from its saved state.
func Restarted(name string, s queue.Settings) Pace {
	p := Queue(name, s, true)
	p.restarts = true
	return p
}

// Downtime is how long a queue that is restarted is away.
const Downtime = 10 * time.Second

// Play runs a load through a pace, and returns when all has been answered or has
// failed. The error says what is wrong with the settings of the queue or of an
// account, or with the load, or is the cause of the end of ctx, which ends the run
// soon. Each call is a world of its own: calls may run at the same time, as far as
// Messages and Between allow it.
func Play(ctx context.Context, l *Load, p Pace) (*Felt, error) {
	pace, err := p.make(l)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	messages := l.Messages()
	if err := l.check(messages); err != nil {
		return nil, err
	}
	w, err := newWorld(l, pace, messages)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if p.warm {
		if _, err := w.run(ctx, l.rehearsal(), l.Users); err != nil {
			return nil, err
		}
	}
	if p.restarts {
		if err := pace.(*paced).restart(Dawn.Add(Opening-Downtime), Dawn.Add(Opening)); err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
	}
	w.now = Opening
	return w.run(ctx, messages, l.Users)
}

// check returns an error if a message is of a user whom the load does not have.
func (l *Load) check(messages []*Message) error {
	for m := range each(messages) {
		if m.User < 0 || m.User >= l.Users {
			return fmt.Errorf("replay: the load %q has a message of user %d, but only %d users", l.Name, m.User, l.Users)
		}
	}
	return nil
}

// each goes through messages and all that follow from them.
func each(messages []*Message) iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		for _, m := range messages {
			for ; m != nil; m = m.Next {
				if !yield(m) {
					return
				}
			}
		}
	}
}

// rehearsal is what is asked in the hour before.
func (l *Load) rehearsal() (all []*Message) {
	if l.Before != nil {
		all = l.Before()
	} else {
		all = l.firsts()
	}
	for i, m := range all {
		m.At, m.Number, m.Next, m.Patience = Opening*9/10*time.Duration(i)/time.Duration(len(all)), m.Number+1<<16, nil, 0
	}
	return all
}

// firsts are the first messages of each user to each model of each account.
func (l *Load) firsts() (all []*Message) {
	type place struct {
		user           int
		account, model string
	}
	seen := map[place]bool{}
	for m := range each(l.Messages()) {
		if p := (place{m.User, m.Account, m.Call.Model}); !seen[p] {
			seen[p] = true
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b *Message) int { return a.User - b.User })
	return all
}
