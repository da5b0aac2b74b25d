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

// Epoch is when the accounts begin, with full buckets.
var Epoch = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// WarmUp is the time from [Epoch] to the first messages. A pace that is warm learns
// the limits in it.
const WarmUp = time.Hour

// Message is one message of a user.
type Message struct {
	User, Number int    // from 0; Number is unique within a user
	Account      string // the account that pays; empty where there is only one
	Priority     queue.Priority
	Origin       string // where it comes from, an address for instance
	Subagent     bool   // it is one of a subagent
	Call         sim.Call
	Group        string        // the model group that names its lane; empty: [queue.ModelGroup] of the model
	Bytes        int           // of the request's body; its tokens are estimated from it
	Estimate     queue.Cost    // what our queue expects it to cost; zero: as the gateway estimates it from Bytes and the answers before it
	At           time.Duration // when it is asked, since Epoch; if before WarmUp, it has waited since then
	Patience     time.Duration // its user leaves if the API has not admitted it after this time; zero: never
	ComesBack    bool          // who leaves for want of patience asks the same again at once
	SeenLate     time.Duration // and is seen to have left only this long after that
	ByKey        bool          // what comes back has another body: only its idempotency key is the same
	Retries      int           // how often its user asks again what has failed for good, a second later
	HangUpAfter  time.Duration // its user hangs up this long after the API has admitted it; zero: never
	NoStream     bool          // the answer is not streamed: headers and usage come at its end
	Tag          string        // marks some messages in the result
	Next         *Message      // asked when this one is done; may be nil

	cost           float64 // the largest of its shares of its account's limits; 1 where there are none
	attempts       int     // so far
	startCounted   bool    // the API has admitted it, or it has failed
	hungUp         bool    // its user has left while its answer ran
	retried        int     // times that its user has asked again after a failure
	attemptsBefore int     // attempts before its user last asked again
	returns        int     // times that its user has left and come back
	unread         bool    // a copy of one whose user is back, and is not yet seen to have left
}

// id is the same for the same attempt under every pace, so that random faults hit
// the same attempts.
func (m *Message) id() uint64 {
	return uint64(m.User+1)<<40 | uint64(m.Number+1)<<8 | uint64(m.attempts)
}

// over reports whether d ends a message: it was answered, or its user has hung up.
func (m *Message) over(d sim.Decision) bool { return m.hungUp || d.Admitted() }

// group is the model group that the queue takes for the message. The account has
// its own view of that: see simulation.bucket.
func (m *Message) group() string { return cmp.Or(m.Group, queue.ModelGroup(m.Call.Model)) }

// lane names the queue's lane of the message.
func (m *Message) lane() string { return queue.LaneName(m.Account, m.group()) }

// Load is the traffic of a number of users, and the accounts that serve it.
type Load struct {
	Name  string
	Users int // every [Message.User] is below it
	// Account is the account of every name that is not in Accounts. Its Epoch is
	// replaced by [Epoch].
	Account  sim.AccountSettings
	Accounts map[string]sim.AccountSettings
	// Messages returns a new set of messages each time, because a run changes them.
	Messages func() []*Message
	// WarmUp returns the messages that a warm pace answers before the first of
	// Messages, also a new set each time. Nil: each user's first message to each
	// model of each account.
	WarmUp func() []*Message
	// Seed fixes the random jitter of the queue's back-offs.
	Seed uint64
	// AfterEvent is called after each event, so that a long run can yield to other
	// work. It may be nil.
	AfterEvent func()
	// Bottleneck is what makes messages wait under the best pace. A run does not
	// need it.
	Bottleneck Bottleneck
}

// Bottleneck is what makes the messages of a load wait under the best pace.
type Bottleneck string

// What binds the loads of the comparison.
const (
	BottleneckNone     Bottleneck = "nothing"
	BottleneckRequests Bottleneck = "requests"
	BottleneckTokens   Bottleneck = "tokens"
	BottleneckOthers   Bottleneck = "others on the account"
	BottleneckFaults   Bottleneck = "faults of the API"
)

// account returns the settings of an account.
func (l *Load) account(account string) sim.AccountSettings {
	if s, ok := l.Accounts[account]; ok {
		return s
	}
	return l.Account
}

// Pace decides when requests start: one of [Paces], or [QueuePace].
type Pace struct {
	Name string

	newPacer func(*Load) (pacer, error) // a new one for each run
	warm     bool                       // it has answered the load's WarmUp messages
	restarts bool                       // the queue is restarted at the end of the warm-up
	like     string                     // the comparison leaves it out where its result equals that of this pace; empty: never
}

// QueuePace returns the pace of a queue with these settings, driven as the gateway
// drives it. If warm, it has learned the limits and each user's costs from the
// load's WarmUp messages.
func QueuePace(name string, s queue.Settings, warm bool) Pace {
	return Pace{Name: name, newPacer: func(l *Load) (pacer, error) { return newQueued(s, l.Seed) }, warm: warm}
}

// restartedPace returns the pace of a warm queue that was stopped [downtime] before the
// first messages, and continues from its saved state.
func restartedPace(name string, s queue.Settings) Pace {
	p := QueuePace(name, s, true)
	p.restarts = true
	return p
}

// downtime is how long a queue that is restarted is down.
const downtime = 10 * time.Second

// Run runs a load through a pace, until every message has been answered or has
// failed. It returns an error if the settings of the queue or of an account, or the
// load, are invalid, and the cause of the end of ctx if that ends the run. Runs
// share no state: they may run concurrently if Messages and AfterEvent allow that.
func Run(ctx context.Context, l *Load, p Pace) (*Result, error) {
	pace, err := p.newPacer(l)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	messages := l.Messages()
	if err := l.check(messages); err != nil {
		return nil, err
	}
	s, err := newSimulation(l, pace, messages)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if p.warm {
		if _, err := s.run(ctx, l.warmUpMessages(), l.Users); err != nil {
			return nil, err
		}
	}
	if p.restarts {
		if err := pace.(*queued).restart(Epoch.Add(WarmUp-downtime), Epoch.Add(WarmUp)); err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
	}
	s.now = WarmUp
	return s.run(ctx, messages, l.Users)
}

// check returns an error if a message has a user that the load does not have.
func (l *Load) check(messages []*Message) error {
	for m := range each(messages) {
		if m.User < 0 || m.User >= l.Users {
			return fmt.Errorf("replay: the load %q has a message of user %d, but only %d users", l.Name, m.User, l.Users)
		}
	}
	return nil
}

// each yields the messages and all that follow from them.
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

// warmUpMessages returns the messages of the warm-up, spread evenly over it.
func (l *Load) warmUpMessages() (all []*Message) {
	if l.WarmUp != nil {
		all = l.WarmUp()
	} else {
		all = l.firstMessages()
	}
	for i, m := range all {
		m.At, m.Number, m.Next = WarmUp*9/10*time.Duration(i)/time.Duration(len(all)), m.Number+1<<16, nil
		m.Patience, m.ComesBack, m.SeenLate = 0, false, 0
	}
	return all
}

// firstMessages returns the first message of each user to each model of each
// account.
func (l *Load) firstMessages() (all []*Message) {
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
