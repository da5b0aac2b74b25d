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
	ask(s *simulation, m *Message) // a user asks m
	afterEvents(s *simulation)     // all events of this instant have run
}

// simulation runs messages through a pace. Its time is virtual and jumps from event
// to event.
type simulation struct {
	load          *Load
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

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].at, h[j].at), cmp.Compare(h[i].sequence, h[j].sequence)) < 0
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// newSimulation returns a simulation with the accounts of the messages.
func newSimulation(l *Load, p pacer, messages []*Message) (*simulation, error) {
	s := &simulation{load: l, accounts: map[string]*sim.Account{}, withoutOthers: map[string]*sim.Account{}, pace: p, afterEvent: l.AfterEvent}
	for m := range each(messages) {
		if s.accounts[m.Account] != nil {
			continue
		}
		settings := l.account(m.Account)
		settings.Epoch = Epoch
		var err error
		if s.accounts[m.Account], err = sim.NewAccount(settings); err != nil {
			return nil, err
		}
		if len(settings.Others) > 0 {
			settings.Others = nil
			if s.withoutOthers[m.Account], err = sim.NewAccount(settings); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// bucket is what a message shares its limits with: an account, and the group of its
// model on that account.
type bucket struct{ account, group string }

// bucket returns the bucket of a message.
func (s *simulation) bucket(m *Message) bucket {
	return bucket{m.Account, s.accounts[m.Account].Group(m.Call.Model)}
}

// cost returns the largest of a message's shares of its limits ("Dominant resource
// fairness", NSDI 2011); 1 where there are none.
func (s *simulation) cost(m *Message) (most float64) {
	account := s.load.account(m.Account)
	limits := account.Limits
	if workspace, ok := account.Workspaces[m.Call.Workspace]; ok {
		limits = workspace
	}
	l, c := limits.Of(s.bucket(m).group), &m.Call
	for _, share := range [...][2]int{{1, l.RequestsPerMinute}, {c.InputTokens, l.InputTokensPerMinute}, {c.OutputTokens, l.OutputTokensPerMinute}, {c.InputTokens + c.OutputTokens, l.TokensPerMinute}} {
		if used, perMinute := float64(share[0]), float64(share[1]); perMinute > 0 {
			most = max(most, used/perMinute)
		}
	}
	return cmp.Or(most, 1)
}

// clock is the present virtual time.
func (s *simulation) clock() time.Time { return Epoch.Add(s.now) }

// schedule runs do after d.
func (s *simulation) schedule(d time.Duration, do func()) {
	s.scheduled++
	heap.Push(&s.events, event{s.now + max(d, 0), s.scheduled, do})
}

// wakeup calls the pace's afterEvents again at a later time.
type wakeup struct {
	set bool
	at  time.Duration
}

// within wakes up after d, unless an earlier wake-up is due.
func (w *wakeup) within(s *simulation, d time.Duration) {
	at := s.now + max(d, 0)
	if w.set && w.at <= at {
		return
	}
	w.set, w.at = true, at
	s.schedule(d, func() { w.set = w.set && w.at > s.now })
}

// run asks the messages and runs all events that follow from them. The pace sees
// the events of one instant together. If ctx ends first, run returns its cause.
func (s *simulation) run(ctx context.Context, messages []*Message, users int) (*Result, error) {
	s.Result = newResult(users)
	for _, m := range messages {
		s.schedule(m.At-s.now, func() { s.ask(m) })
	}
	for len(s.events) > 0 {
		s.now = s.events[0].at
		for len(s.events) > 0 && s.events[0].at == s.now {
			heap.Pop(&s.events).(event).do()
			if ctx.Err() != nil {
				return nil, fmt.Errorf("replay: %w", context.Cause(ctx))
			}
			if s.afterEvent != nil {
				s.afterEvent()
			}
		}
		s.pace.afterEvents(s)
	}
	return s.Result, nil
}

// ask lets the user of a message ask it.
func (s *simulation) ask(m *Message) {
	m.cost = s.cost(m)
	s.asked(s.now, m)
	s.pace.ask(s, m)
}

// send calls the API. It calls done when the call has ended, or when the user has
// hung up, which ends the call.
func (s *simulation) send(m *Message, done func(sim.Decision)) sim.Decision {
	m.attempts++
	call := m.Call
	call.ID = m.id()
	d := s.accounts[m.Account].Arrive(s.clock(), call)
	s.called(s.now, m, d.Status)
	alone := s.withoutOthers[m.Account]
	if d.Status == 429 {
		s.RateLimited++
		if alone == nil || wouldWait(alone, s.clock(), call) {
			s.Foreseeable++
		}
	} else {
		s.started(m)
		if alone != nil {
			alone.Arrive(s.clock(), call)
		}
	}
	ends := d.Took
	if leaves := m.HangUpAfter; leaves > 0 && leaves < ends && (d.Admitted() || d.Hangs) {
		ends, m.hungUp = leaves, true
	}
	s.schedule(ends, func() {
		if m.hungUp {
			s.cancel(m)
		}
		if m.NoStream && d.Admitted() {
			d.Headers = s.accounts[m.Account].EndHeaders(s.clock(), call, d)
		}
		done(d)
	})
	return d
}

// cancel ends the answer to a message at the API, if it runs.
func (s *simulation) cancel(m *Message) {
	for _, accounts := range []map[string]*sim.Account{s.accounts, s.withoutOthers} {
		if a := accounts[m.Account]; a != nil {
			a.Cancel(s.clock(), m.id())
		}
	}
}

// wouldWait reports whether an account would not admit a call now.
func wouldWait(a *sim.Account, now time.Time, c sim.Call) bool {
	wait, ok := a.Wait(now, c)
	return !ok || wait > 0
}

// answered notes that an answer has ended, or that its user has hung up.
func (s *simulation) answered(m *Message) {
	switch {
	case m.unread:
	case m.hungUp:
		s.Result.hungUp(m)
	default:
		s.Result.answered(s.now, m)
	}
	s.askNext(m)
}

// abandoned notes that a user has left before the API admitted the message.
func (s *simulation) abandoned(m *Message) {
	s.Result.abandoned(s.now, m)
	s.askNext(m)
}

// refused notes that the queue has refused a message on arrival.
func (s *simulation) refused(m *Message) {
	s.Result.refused(m)
	s.askNext(m)
}

// failed notes that a message has failed for good, unless its user asks it again.
func (s *simulation) failed(m *Message) {
	if m.unread {
		return
	}
	if m.retried < m.Retries {
		m.retried++
		m.attemptsBefore = m.attempts
		s.schedule(time.Second, func() { s.pace.ask(s, m) })
		return
	}
	s.Result.failed(m)
	s.askNext(m)
}

// askNext lets the user of a message ask the next one.
func (s *simulation) askNext(m *Message) {
	if m.Next != nil {
		m.Next.At = s.now
		s.ask(m.Next)
	}
}
