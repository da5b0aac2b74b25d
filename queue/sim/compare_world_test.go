package sim_test

import (
	"cmp"
	"container/heap"
	"testing"
	"time"

	"paceline/queue/sim"
)

// The paces are compared in virtual time: the same users ask the same account the
// same things, and only who says when a request starts is another.

// dawn is when an account begins, with full buckets. Within the hour before
// opening whoever may learn learns.
var dawn = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

const opening = time.Hour

// ask is one message of a user.
type ask struct {
	user, number int
	call         sim.Call
	bytes        int           // of the request's body
	at           time.Duration // when it is asked
	next         *ask          // the user's next message, asked when this one is answered
	attempts     int
	begun        bool // the API has let it in, or it has failed
}

// id is the same for the same attempt under every pace, so that chance does the
// same to it.
func (a *ask) id() uint64 {
	return uint64(a.user+1)<<40 | uint64(a.number+1)<<8 | uint64(a.attempts)
}

// pace says when a request starts. It calls world.send, and in the end
// world.answered or world.failed, once each.
type pace interface {
	ask(w *world, a *ask)
	after(w *world) // something has happened
}

// world runs a load through a pace.
type world struct {
	tb      testing.TB
	account *sim.Account
	alone   *sim.Account // the same one without others; nil where there are none
	pace    pace
	now     time.Duration // since dawn
	due     calendar
	planned int
	felt
}

// happening is something that happens at a time.
type happening struct {
	at     time.Duration
	number int
	do     func()
}

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

// newWorld returns a world with the account of a load.
func newWorld(tb testing.TB, p pace, l *load) *world {
	w := &world{tb: tb, pace: p}
	w.account = newAccount(tb, l.account)
	if s := l.account; len(s.Others) > 0 {
		s.Others = nil
		w.alone = newAccount(tb, s)
	}
	return w
}

func newAccount(tb testing.TB, s sim.AccountSettings) *sim.Account {
	s.Epoch = dawn
	a, err := sim.NewAccount(s)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func (w *world) clock() time.Time { return dawn.Add(w.now) }

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

// run lets these be asked, and everything happen that comes of it. What happens at
// one instant is one thing to the pace.
func (w *world) run(asks []*ask, users int) felt {
	w.felt = newFelt(users)
	for _, a := range asks {
		w.in(a.at-w.now, func() { w.question(a) })
	}
	for len(w.due) > 0 {
		w.now = w.due[0].at
		for len(w.due) > 0 && w.due[0].at == w.now {
			heap.Pop(&w.due).(happening).do()
		}
		w.pace.after(w)
	}
	return w.felt
}

func (w *world) question(a *ask) {
	a.at = w.now
	w.asked(w.now, a)
	w.pace.ask(w, a)
}

// send calls the API; done is told when the call has ended.
func (w *world) send(a *ask, done func(sim.Decision)) sim.Decision {
	a.attempts++
	call := a.call
	call.ID = a.id()
	d := w.account.Arrive(w.clock(), call)
	if d.Status == 429 {
		w.refused++
		if w.alone == nil || w.wouldWait(call) {
			w.foreseen++
		}
	} else {
		w.started(a)
		if w.alone != nil {
			w.alone.Arrive(w.clock(), call)
		}
	}
	w.in(d.Took, func() { done(d) })
	return d
}

// wouldWait reports whether our own traffic alone leaves no room for a call.
func (w *world) wouldWait(c sim.Call) bool {
	wait, ok := w.alone.Wait(w.clock(), c)
	return !ok || wait > 0
}

func (w *world) answered(a *ask) {
	w.felt.answered(w.now, a)
	w.goOn(a)
}

func (w *world) failed(a *ask) {
	w.felt.failed(a)
	w.goOn(a)
}

// goOn lets the user of a message ask the next one.
func (w *world) goOn(a *ask) {
	if a.next != nil {
		w.question(a.next)
	}
}
