package replay

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"time"

	"paceline/queue/sim"
)

// pacer decides when a request starts. It calls simulation.send for each attempt,
// and at the end exactly one of answered, failed, refused and abandoned for each
// message.
type pacer interface {
	ask(w *simulation, m *Message) // a user asks m
	afterEvents(w *simulation)     // all events of this instant have run
}

// simulation runs messages through a pace. Its time is virtual and jumps from event
// to event.
type simulation struct {
	accounts      map[string]*sim.Account
	withoutOthers map[string]*sim.Account // copies without other traffic, of the accounts that have some
	pace          pacer
	now           time.Duration // since Epoch
	events        eventHeap
	scheduled     int    // events so far
	afterEvent    func() // may be nil
	*Result              // of the present run
}

// event is a function that runs at a time.
type event struct {
	at       time.Duration // since Epoch
	sequence int           // events of one instant run in the order in which they were scheduled
	do       func()
}

// eventHeap is a heap of the events to come, the earliest first.
type eventHeap []event

func (c eventHeap) Len() int { return len(c) }
func (c eventHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(c[i].at, c[j].at), cmp.Compare(c[i].sequence, c[j].sequence)) < 0
}
func (c eventHeap) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *eventHeap) Push(x any)   { *c = append(*c, x.(event)) }
func (c *eventHeap) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// newSimulation returns a simulation with the accounts of the messages.
func newSimulation(l *Load, p pacer, messages []*Message) (*simulation, error) {
	w := &simulation{accounts: map[string]*sim.Account{}, withoutOthers: map[string]*sim.Account{}, pace: p, afterEvent: l.AfterEvent}
	for m := range each(messages) {
		if w.accounts[m.Account] != nil {
			continue
		}
		s := l.account(m.Account)
		s.Epoch = Epoch
		var err error
		if w.accounts[m.Account], err = sim.NewAccount(s); err != nil {
			return nil, err
		}
		if len(s.Others) > 0 {
			s.Others = nil
			if w.withoutOthers[m.Account], err = sim.NewAccount(s); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// bucket is what a message shares its limits with: an account, and the group of its
// model on that account.
type bucket struct{ account, group string }

// bucket returns the bucket of a message.
func (w *simulation) bucket(m *Message) bucket {
	return bucket{m.Account, w.accounts[m.Account].Group(m.Call.Model)}
}

// clock is the present virtual time.
func (w *simulation) clock() time.Time { return Epoch.Add(w.now) }

// schedule runs do after d.
func (w *simulation) schedule(d time.Duration, do func()) {
	w.scheduled++
	heap.Push(&w.events, event{w.now + max(d, 0), w.scheduled, do})
}

// wakeup calls the pace's afterEvents again at a later time.
type wakeup struct {
	set bool
	at  time.Duration
}

// within wakes up after d, unless an earlier wake-up is due.
func (a *wakeup) within(w *simulation, d time.Duration) {
	at := w.now + max(d, 0)
	if a.set && a.at <= at {
		return
	}
	a.set, a.at = true, at
	w.schedule(d, func() { a.set = a.set && a.at > w.now })
}

// run asks the messages and runs all events that follow from them. The pace sees
// the events of one instant together. If ctx ends first, run returns its cause.
func (w *simulation) run(ctx context.Context, messages []*Message, users int) (*Result, error) {
	w.Result = newResult(users)
	for _, m := range messages {
		w.schedule(m.At-w.now, func() { w.ask(m) })
	}
	for len(w.events) > 0 {
		w.now = w.events[0].at
		for len(w.events) > 0 && w.events[0].at == w.now {
			heap.Pop(&w.events).(event).do()
			if ctx.Err() != nil {
				return nil, fmt.Errorf("replay: %w", context.Cause(ctx))
			}
			if w.afterEvent != nil {
				w.afterEvent()
			}
		}
		w.pace.afterEvents(w)
	}
	return w.Result, nil
}

// ask lets the user of a message ask it.
func (w *simulation) ask(m *Message) {
	w.asked(w.now, m)
	w.pace.ask(w, m)
}

// send calls the API. It calls done when the call has ended, or when the user has
// hung up, which ends the call.
func (w *simulation) send(m *Message, done func(sim.Decision)) sim.Decision {
	m.attempts++
	call := m.Call
	call.ID = m.id()
	d := w.accounts[m.Account].Arrive(w.clock(), call)
	w.called(w.now, m, d.Status)
	alone := w.withoutOthers[m.Account]
	if d.Status == 429 {
		w.RateLimited++
		if alone == nil || wouldWait(alone, w.clock(), call) {
			w.Foreseeable++
		}
	} else {
		w.started(m)
		if alone != nil {
			alone.Arrive(w.clock(), call)
		}
	}
	ends := d.Took
	if leaves := m.HangUpAfter; leaves > 0 && leaves < ends && (d.Admitted() || d.Hangs) {
		ends, m.hungUp = leaves, true
	}
	w.schedule(ends, func() {
		if m.hungUp {
			w.cancel(m)
		}
		done(d)
	})
	return d
}

// cancel ends the answer to a message at the API, if it runs.
func (w *simulation) cancel(m *Message) {
	for _, accounts := range []map[string]*sim.Account{w.accounts, w.withoutOthers} {
		if a := accounts[m.Account]; a != nil {
			a.Cancel(w.clock(), m.id())
		}
	}
}

// wouldWait reports whether an account would not admit a call now.
func wouldWait(a *sim.Account, now time.Time, c sim.Call) bool {
	wait, ok := a.Wait(now, c)
	return !ok || wait > 0
}

// answered notes that an answer has ended, or that its user has hung up.
func (w *simulation) answered(m *Message) {
	if m.hungUp {
		w.Result.hungUp(m)
	} else {
		w.Result.answered(w.now, m)
	}
	w.askNext(m)
}

// abandoned notes that a user has left before the API admitted the message.
func (w *simulation) abandoned(m *Message) {
	w.Result.abandoned(w.now, m)
	w.askNext(m)
}

// refused notes that the queue has refused a message on arrival.
func (w *simulation) refused(m *Message) {
	w.Result.refused(m)
	w.askNext(m)
}

// failed notes that a message has failed for good.
func (w *simulation) failed(m *Message) {
	w.Result.failed(m)
	w.askNext(m)
}

// askNext lets the user of a message ask the next one.
func (w *simulation) askNext(m *Message) {
	if m.Next != nil {
		m.Next.At = w.now
		w.ask(m.Next)
	}
}
