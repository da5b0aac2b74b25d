package replay

import (
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// queued is the pace of our queue, driven as the gateway drives it: a request's
// cost is estimated from its size, its headers are read with the first byte, and
// its usage when the API reports it. It sees nothing else of the accounts.
type queued struct {
	machine   *queue.Machine
	estimator estimator
	messages  map[*queue.Ticket]*Message // waiting and running
	wakeup    wakeup
	seed      uint64              // of the machine's jitter, less one
	countedAt time.Duration       // when blocked was read
	blocked   []queue.BlockedLane // what the machine reported then
}

// newQueued returns the pace of a queue with these settings.
func newQueued(s queue.Settings, seed uint64) (*queued, error) {
	m, err := queue.NewMachine(s, Epoch, seed+1)
	if err != nil {
		return nil, err
	}
	return &queued{machine: m, estimator: newEstimator(), messages: map[*queue.Ticket]*Message{}, seed: seed}, nil
}

// restart replaces the machine by one that starts at begun with the state that the
// old one had at stopped. The estimator starts anew, as its state is not saved.
func (q *queued) restart(stopped, begun time.Time) error {
	state := q.machine.State(stopped)
	m, err := queue.NewMachine(q.machine.Settings(), begun, q.seed+1)
	if err != nil {
		return err
	}
	q.machine, q.estimator = m, newEstimator()
	return m.Restore(state)
}

// How often a message was sent again stands in the bits above its number, which needs fewer: in
// the number of a copy that nobody reads, and in the fingerprint of another body.
const (
	copyBits = 24
	bodyBits = 32
)

func (q *queued) ask(s *simulation, m *Message) {
	r := queue.Request{
		User: strconv.Itoa(m.User), Lane: m.lane(), Priority: m.Priority, Cost: q.estimator.estimate(m),
		Origin: m.Origin, Subagent: m.Subagent, Fingerprint: uint64(m.Number + 1),
	}
	if m.ByKey {
		r.Fingerprint, r.IdempotencyKey = r.Fingerprint|uint64(m.returns)<<bodyBits, strconv.Itoa(m.Number)
	}
	t, err := q.machine.Add(s.clock(), r)
	if err != nil {
		s.refused(m)
		return
	}
	q.messages[t] = m
	switch {
	case m.ComesBack:
		s.schedule(m.Patience, func() { q.abandon(s, t) })
	case m.Patience > 0:
		s.schedule(m.At+m.Patience-s.now, func() { q.abandon(s, t) })
	}
}

// abandon lets the user of t leave, unless the API has admitted the message or it
// is done.
func (q *queued) abandon(s *simulation, t *queue.Ticket) {
	m := q.messages[t]
	if m == nil || m.startCounted {
		return
	}
	if !m.ComesBack {
		delete(q.messages, t)
		q.machine.Leave(s.clock(), t)
		s.abandoned(m)
		return
	}
	m.returns++
	if m.SeenLate > 0 {
		q.leaveLate(s, t, *m)
	} else {
		delete(q.messages, t)
		q.machine.Leave(s.clock(), t)
	}
	q.ask(s, m)
}

// leaveLate lets the user of t, who is back already, be seen to leave. Until then a copy
// of its message waits and runs in its place, which nobody will read.
func (q *queued) leaveLate(s *simulation, t *queue.Ticket, unread Message) {
	unread.unread, unread.startCounted, unread.Next = true, true, nil
	unread.Number += unread.returns << copyBits
	q.messages[t] = &unread
	s.schedule(unread.SeenLate, func() {
		if q.messages[t] == &unread {
			delete(q.messages, t)
			s.cancel(&unread)
			q.machine.Leave(s.clock(), t)
		}
	})
}

// failDropped fails the messages that the machine has dropped. A message that was
// answered or left at the same instant is done already.
func (q *queued) failDropped(s *simulation) {
	for _, d := range q.machine.Dropped() {
		if m := q.messages[d.Ticket]; m != nil {
			delete(q.messages, d.Ticket)
			s.cancel(m)
			s.failed(m)
		}
	}
}

func (q *queued) afterEvents(s *simulation) {
	q.countBlocked(s)
	for t := q.machine.Next(s.clock()); t != nil; t = q.machine.Next(s.clock()) {
		q.machine.Start(s.clock(), t)
		m := q.messages[t]
		d := s.send(m, func(d sim.Decision) { q.ended(s, t, d) })
		if d.Admitted() && !m.NoStream { // a stream: headers and usage come with its first event
			q.reportProgress(s, t, d.Took)
			s.schedule(d.FirstToken, func() {
				q.machine.Progress(s.clock(), t)
				q.machine.ReportLimits(s.clock(), t, d.Headers.Told(s.clock()))
				q.machine.ReportUsage(s.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: q.estimator.estimate(m).Output})
			})
		}
	}
	q.failDropped(s)
	if wake, ok := q.machine.Wake(); ok && len(q.messages) > 0 {
		q.wakeup.within(s, wake.Sub(s.clock()))
	}
	q.blocked = q.machine.Blocked(s.clock(), q.blocked[:0])
}

// reportProgress reports progress of t every half MaxRun until left has passed: the
// answer is never silent for too long.
func (q *queued) reportProgress(s *simulation, t *queue.Ticket, left time.Duration) {
	half := q.machine.Settings().MaxRun / 2
	if left <= half {
		return
	}
	s.schedule(half, func() {
		q.machine.Progress(s.clock(), t)
		q.reportProgress(s, t, left-half)
	})
}

// countBlocked adds up the time that messages were blocked since the last count.
func (q *queued) countBlocked(s *simulation) {
	for _, h := range q.blocked {
		s.Blocked[h.Reason] += (s.now - q.countedAt) * time.Duration(h.Waiting)
	}
	q.countedAt = s.now
}

// ended reports to the machine how a call of t has ended, unless the machine has
// dropped it before.
func (q *queued) ended(s *simulation, t *queue.Ticket, d sim.Decision) {
	m := q.messages[t]
	switch {
	case m == nil:
		return
	case m.hungUp:
		delete(q.messages, t)
		q.machine.Leave(s.clock(), t)
		s.answered(m)
		return
	case d.Admitted():
		if m.NoStream {
			q.machine.ReportLimits(s.clock(), t, d.Headers.Told(s.clock()))
		}
		q.machine.ReportUsage(s.clock(), t, queue.Cost{Input: m.Call.InputTokens, Output: d.OutputTokens})
		_, _ = q.machine.Finish(s.clock(), t, nil)
		q.estimator.learn(m, d.OutputTokens)
		delete(q.messages, t)
		s.answered(m)
		return
	}
	q.machine.ReportLimits(s.clock(), t, d.Headers.Told(s.clock()))
	again, _ := q.machine.Finish(s.clock(), t, d.Err())
	if again {
		return
	}
	delete(q.messages, t)
	s.failed(m)
}
