package replay

import (
	"fmt"
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
	Bytes        int           // of the request's body, from which its tokens are estimated
	At           time.Duration // since Dawn, when it is asked
	Patience     time.Duration // its user leaves if it has not started after so long; zero: never
	Next         *Message      // the user's next one, asked when this one is answered; nil: none

	attempts int
	begun    bool // the API has let it in, or it has failed
}

// id is the same for the same attempt under every pace, so that chance does the
// same to it.
func (m *Message) id() uint64 {
	return uint64(m.User+1)<<40 | uint64(m.Number+1)<<8 | uint64(m.attempts)
}

// lane names what shares the limits that a message meets.
func (m *Message) lane() string { return m.Account + "/" + queue.ModelGroup(m.Call.Model) }

// Load is what so many users ask of accounts.
type Load struct {
	Name  string
	Users int
	// Account is what an account is, unless Accounts has another one for its name.
	Account  sim.AccountSettings
	Accounts map[string]sim.AccountSettings
	// Messages makes the messages, anew each time: a run uses them up.
	Messages func() []*Message

	binds what // which limit is the narrowest, where messages wait
}

// of returns the settings of an account.
func (l *Load) of(account string) sim.AccountSettings {
	if s, ok := l.Accounts[account]; ok {
		return s
	}
	return l.Account
}

// Pace says when a request starts.
type Pace struct {
	Name string
	make func(*Load) (pacer, error)
	warm bool // it has answered a message of each user before
}

// Queue returns the pace of a queue with such settings, as the gateway drives it.
// One that is warm has learned the limits in the hour before, and what each user's
// messages are like.
func Queue(name string, s queue.Settings, warm bool) Pace {
	return Pace{name, func(*Load) (pacer, error) { return newPaced(s) }, warm}
}

// Play runs a load through a pace. The error says what is wrong with the settings
// of the queue or of an account.
func Play(l *Load, p Pace) (*Felt, error) {
	paced, err := p.make(l)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	messages := l.Messages()
	w, err := newWorld(l, paced, messages)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if p.warm {
		w.run(l.rehearsal(), l.Users)
	}
	w.now = Opening
	return w.run(messages, l.Users), nil
}

// rehearsal is one message of each user to each model, in the hour before.
func (l *Load) rehearsal() (all []*Message) {
	type place struct {
		user  int
		model string
	}
	seen := map[place]bool{}
	for _, m := range l.Messages() {
		for ; m != nil; m = m.Next {
			if p := (place{m.User, m.Call.Model}); !seen[p] {
				seen[p] = true
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *Message) int { return a.User - b.User })
	for i, m := range all {
		m.At, m.Number, m.Next = Opening*9/10*time.Duration(i)/time.Duration(len(all)), m.Number+1<<16, nil
	}
	return all
}
