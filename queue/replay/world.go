package replay

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"time"

	"paceline/queue/sim"
)

// pacer says when a request starts. It calls world.send for each attempt, and in
// the end world.answered or world.failed, one of them and once for each message.
type pacer interface {
	ask(w *world, m *Message) // a user asks
	after(w *world)           // everything of an instant has happened
}

// world runs messages through a pace. Its time is virtual: it goes from one
// happening to the next.
type world struct {
	accounts map[string]*sim.Account
	alone    map[string]*sim.Account // the same ones without others, where there are some
	pace     pacer
	now      time.Duration // since Dawn
	due      calendar
	planned  int    // happenings, ever
	between  func() // nil for nothing
	*Felt           // what the users of this run feel
}

// happening is something that happens at a time.
type happening struct {
	at     time.Duration // since Dawn
	number int           // of two at one time, the one that was planned first comes first
	do     func()
}

// calendar is a heap of what is to come.
type calendar []happening

func (c calendar) Len() int { return len(c) }
func (c calendar) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(c[i].at, c[j].at), cmp.Compare(c[i].number, c[j].number)) < 0
}
func (c calendar) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *calendar) Push(x any)   { *c = append(*c, x.(happening)) }
func (c *calendar) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// newWorld returns a world with the accounts that the messages are billed to.
func newWorld(l *Load, p pacer, messages []*Message) (*world, error) {
	w := &world{accounts: map[string]*sim.Account{}, alone: map[string]*sim.Account{}, pace: p, between: l.Between}
	for m := range each(messages) {
		if w.accounts[m.Account] != nil {
			continue
		}
		s := l.of(m.Account)
		s.Epoch = Dawn
		var err error
		if w.accounts[m.Account], err = sim.NewAccount(s); err != nil {
			return nil, err
		}
		if len(s.Others) > 0 {
			s.Others = nil
			if w.alone[m.Account], err = sim.NewAccount(s); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// bucket is what a message truly shares its limits with: an account, and what of it
// its model shares.
type bucket struct{ account, group string }

func (w *world) bucket(m *Message) bucket {
	return bucket{m.Account, w.accounts[m.Account].Group(m.Call.Model)}
}

func (w *world) clock() time.Time { return Dawn.Add(w.now) }

// in makes do happen after a time.
func (w *world) in(d time.Duration, do func()) {
	w.planned++
	heap.Push(&w.due, happening{w.now + max(d, 0), w.planned, do})
}

// alarm makes the pace look again.
type alarm struct {
	set bool
	at  time.Duration
}

// in rings after a time, unless it rings before.
func (a *alarm) in(w *world, d time.Duration) {
	at := w.now + max(d, 0)
	if a.set && a.at <= at {
		return
	}
	a.set, a.at = true, at
	w.in(d, func() { a.set = a.set && a.at > w.now })
}

// run lets these be asked, and everything happen that comes of it, unless ctx ends
// before. What happens at one instant is one thing to the pace.
func (w *world) run(ctx context.Context, messages []*Message, users int) (*Felt, error) {
	w.Felt = newFelt(users)
	for _, m := range messages {
		w.in(m.At-w.now, func() { w.question(m) })
	}
	for len(w.due) > 0 {
		w.now = w.due[0].at
		for len(w.due) > 0 && w.due[0].at == w.now {
			heap.Pop(&w.due).(happening).do()
			if ctx.Err() != nil {
				return nil, fmt.Errorf("replay: %w", context.Cause(ctx))
			}
			if w.between != nil {
				w.between()
			}
		}
		w.pace.after(w)
	}
	return w.Felt, nil
}

func (w *world) question(m *Message) {
	w.asked(w.now, m)
	w.pace.ask(w, m)
}

// send calls the API; done is told when the call has ended, or when its user has
// left, whose answer does not go on.
func (w *world) send(m *Message, done func(sim.Decision)) sim.Decision {
	m.attempts++
	call := m.Call
	call.ID = m.id()
	d := w.accounts[m.Account].Arrive(w.clock(), call)
	w.called(w.now, m, d.Status)
	alone := w.alone[m.Account]
	if d.Status == 429 {
		w.Refused++
		if alone == nil || wouldWait(alone, w.clock(), call) {
			w.Foreseen++
		}
	} else {
		w.started(m)
		if alone != nil {
			alone.Arrive(w.clock(), call)
		}
	}
	ends := d.Took
	if leaves := m.Leaves; leaves > 0 && leaves < ends && (d.Admitted() || d.Hangs) {
		ends, m.hungUp = leaves, true
	}
	w.in(ends, func() {
		if m.hungUp {
			w.cut(m)
		}
		done(d)
	})
	return d
}

// cut ends the answer to a message, if it runs: nobody wants any more of it.
func (w *world) cut(m *Message) {
	for _, accounts := range []map[string]*sim.Account{w.accounts, w.alone} {
		if a := accounts[m.Account]; a != nil {
			a.Cancel(w.clock(), m.id())
		}
	}
}

// wouldWait reports whether an account has no room for a call now, or never.
func wouldWait(a *sim.Account, now time.Time, c sim.Call) bool {
	wait, ok := a.Wait(now, c)
	return !ok || wait > 0
}

// answered notes that an answer has ended, or that its user has left before.
func (w *world) answered(m *Message) {
	if m.hungUp {
		w.Felt.hungUp(m)
	} else {
		w.Felt.answered(w.now, m)
	}
	w.goOn(m)
}

func (w *world) left(m *Message) {
	w.leaves(w.now, m)
	w.goOn(m)
}

// turnedAway notes that a queue has not taken in a message.
func (w *world) turnedAway(m *Message) {
	w.Felt.turnedAway(m)
	w.goOn(m)
}

func (w *world) failed(m *Message) {
	w.Felt.failed(m)
	w.goOn(m)
}

// goOn lets the user of a message ask the next one.
func (w *world) goOn(m *Message) {
	if m.Next != nil {
		m.Next.At = w.now
		w.question(m.Next)
	}
}
