package loadtest

import (
	"container/heap"
	"fmt"
	"time"

	"paceline/queue"
)

// UsualService is how long an answer takes if that is not known. It is what the
// published description assumes.
const UsualService = 1500 * time.Millisecond

// Expected are the figures of a plan, computed by the rules of a queue.
type Expected struct {
	Figures                // of the answered messages
	Answered int           // messages
	Refused  int           // at the door: the queue is full, or the wait would be too long
	Took     time.Duration // from the first message to the last answer
}

// Expect computes the figures of a plan behind an empty queue with the settings s and
// no other users, if every answer takes service. It drives a [queue.Machine] in virtual
// time: no clock is read and nothing sleeps. The network takes no time, and no call
// fails.
//
// If the settings are adaptive and the account's limit of requests is known, the queue
// learns that limit from the answers and keeps to it. Limits of tokens are left out.
func Expect(s queue.Settings, p Plan, service time.Duration, a Account) (Expected, error) {
	if err := p.Validate(); err != nil {
		return Expected{}, err
	}
	begin := time.Unix(0, 0)
	m, err := queue.NewMachine(s, begin.Add(-learnedBefore), 0)
	if err != nil {
		return Expected{}, fmt.Errorf("loadtest: the settings make no sense: %w", err)
	}
	v := &simulation{plan: p, machine: m, service: service, begin: begin, calls: map[*queue.Ticket]message{}}
	if s.Adaptive && a.PerMinute > 0 {
		v.bucket = newTokenBucket(a)
		if a.Learned {
			v.learnLimits(a)
		}
	}
	v.run()
	if v.Answered > 0 {
		v.Average = v.sum / time.Duration(v.Answered)
	}
	return v.Expected, nil
}

// simulation drives a machine through a plan.
type simulation struct {
	Expected
	plan      Plan
	machine   *queue.Machine
	bucket    *tokenBucket // nil if nothing is known of the account
	service   time.Duration
	begin     time.Time
	events    eventQueue
	scheduled uint64                    // the number of events scheduled so far
	calls     map[*queue.Ticket]message // those that wait or run
	sum       time.Duration
}

// message is one message of a plan: its user, its number for that user, and its arrival.
type message struct {
	user, number int
	arrived      time.Time
}

// run runs the simulation to its end.
func (s *simulation) run() {
	if s.plan.Open() {
		s.schedule(scheduledEvent{at: s.begin, message: message{}})
	} else {
		for user := range s.plan.Users {
			s.schedule(scheduledEvent{at: s.begin, message: message{user: user}})
		}
	}
	for {
		now, ok := s.next()
		if !ok {
			return
		}
		s.step(now)
	}
}

// next returns the time of the next event, of the plan or of the machine.
func (s *simulation) next() (time.Time, bool) {
	if len(s.events) == 0 && len(s.calls) == 0 {
		return time.Time{}, false
	}
	wake, ok := s.machine.Wake()
	if len(s.events) > 0 && (!ok || s.events[0].at.Before(wake)) {
		return s.events[0].at, true
	}
	return wake, ok
}

// step handles the events at now: finishes, then arrivals. After each of them the
// requests whose turn it is start at once, as in a [queue.Queue].
func (s *simulation) step(now time.Time) {
	for len(s.events) > 0 && !s.events[0].at.After(now) {
		e := heap.Pop(&s.events).(scheduledEvent)
		if e.ticket != nil {
			s.finish(now, e)
		} else {
			s.arrive(now, e.message)
		}
		s.start(now)
	}
	s.start(now)
	for _, d := range s.machine.Dropped() { // a service longer than maxRun
		if call, ok := s.calls[d.Ticket]; ok {
			delete(s.calls, d.Ticket)
			s.Refused++
			s.scheduleNext(now, call)
		}
	}
}

// start starts the requests whose turn it is.
func (s *simulation) start(now time.Time) {
	for t := s.machine.Next(now); t != nil; t = s.machine.Next(now) {
		s.machine.Start(now, t)
		s.schedule(scheduledEvent{at: now.Add(s.service), ticket: t, limits: s.bucket.take(now.Sub(s.begin))})
	}
}

// arrive adds a message to the machine, and schedules the next arrival of an open loop.
func (s *simulation) arrive(now time.Time, call message) {
	if s.plan.Open() && call.number+1 < s.plan.Arrivals {
		next := call.number + 1
		s.schedule(scheduledEvent{at: s.begin.Add(s.plan.arrivalTime(next)), message: message{user: next % s.plan.Users, number: next}})
	}
	call.arrived = now
	t, err := s.machine.Add(now, queue.Request{User: userName(call.user)})
	if err != nil {
		s.Refused++
		s.scheduleNext(now, call)
		return
	}
	s.calls[t] = call
}

// finish ends a call, and counts it.
func (s *simulation) finish(now time.Time, e scheduledEvent) {
	t := e.ticket
	call, ok := s.calls[t]
	if !ok {
		return // it was dropped before
	}
	delete(s.calls, t)
	s.machine.ReportLimits(now, t, e.limits)
	_, _ = s.machine.Finish(now, t, nil) // a success has no error
	took := now.Sub(call.arrived)
	s.Answered++
	s.sum += took
	s.Max = max(s.Max, took)
	s.Took = now.Sub(s.begin)
	s.scheduleNext(now, call)
}

// scheduleNext schedules the next message of a user in a closed loop.
func (s *simulation) scheduleNext(now time.Time, call message) {
	if !s.plan.Open() && call.number+1 < s.plan.Messages {
		s.schedule(scheduledEvent{at: now.Add(s.plan.Gap), message: message{user: call.user, number: call.number + 1}})
	}
}

// schedule adds an event to the queue of events.
func (s *simulation) schedule(e scheduledEvent) {
	s.scheduled++
	e.order = s.scheduled
	heap.Push(&s.events, e)
}

// scheduledEvent is an event at a time: the end of a call, or an arrival.
type scheduledEvent struct {
	at      time.Time
	order   uint64
	ticket  *queue.Ticket // of the call that ends; nil for an arrival
	limits  queue.Limits  // in its answer
	message message
}

// eventQueue is a heap of events: by time, finishes before arrivals, then in the order
// in which they were scheduled.
type eventQueue []scheduledEvent

// Len implements heap.Interface.
func (q eventQueue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q eventQueue) Less(i, j int) bool {
	x, y := q[i], q[j]
	switch {
	case !x.at.Equal(y.at):
		return x.at.Before(y.at)
	case (x.ticket == nil) != (y.ticket == nil):
		return x.ticket != nil
	default:
		return x.order < y.order
	}
}

// Swap implements heap.Interface.
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *eventQueue) Push(e any) { *q = append(*q, e.(scheduledEvent)) }

// Pop implements heap.Interface.
func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}
