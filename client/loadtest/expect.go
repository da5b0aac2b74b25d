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
func (v *simulation) run() {
	if v.plan.Open() {
		v.schedule(scheduledEvent{at: v.begin, message: message{}})
	} else {
		for user := range v.plan.Users {
			v.schedule(scheduledEvent{at: v.begin, message: message{user: user}})
		}
	}
	for {
		now, ok := v.next()
		if !ok {
			return
		}
		v.step(now)
	}
}

// next returns the time of the next event, of the plan or of the machine.
func (v *simulation) next() (time.Time, bool) {
	if len(v.events) == 0 && len(v.calls) == 0 {
		return time.Time{}, false
	}
	wake, ok := v.machine.Wake()
	if len(v.events) > 0 && (!ok || v.events[0].at.Before(wake)) {
		return v.events[0].at, true
	}
	return wake, ok
}

// step handles the events at now: finishes, then arrivals. After each of them the
// requests whose turn it is start at once, as in a [queue.Queue].
func (v *simulation) step(now time.Time) {
	for len(v.events) > 0 && !v.events[0].at.After(now) {
		e := heap.Pop(&v.events).(scheduledEvent)
		if e.ticket != nil {
			v.finish(now, e)
		} else {
			v.arrive(now, e.message)
		}
		v.start(now)
	}
	v.start(now)
	for _, d := range v.machine.Dropped() { // a service longer than maxRun
		if call, ok := v.calls[d.Ticket]; ok {
			delete(v.calls, d.Ticket)
			v.Refused++
			v.scheduleNext(now, call)
		}
	}
}

// start starts the requests whose turn it is.
func (v *simulation) start(now time.Time) {
	for t := v.machine.Next(now); t != nil; t = v.machine.Next(now) {
		v.machine.Start(now, t)
		v.schedule(scheduledEvent{at: now.Add(v.service), ticket: t, limits: v.bucket.take(now.Sub(v.begin))})
	}
}

// arrive adds a message to the machine, and schedules the next arrival of an open loop.
func (v *simulation) arrive(now time.Time, call message) {
	if v.plan.Open() && call.number+1 < v.plan.Arrivals {
		next := call.number + 1
		v.schedule(scheduledEvent{at: v.begin.Add(v.plan.arrivalTime(next)), message: message{user: next % v.plan.Users, number: next}})
	}
	call.arrived = now
	t, err := v.machine.Add(now, queue.Request{User: userName(call.user)})
	if err != nil {
		v.Refused++
		v.scheduleNext(now, call)
		return
	}
	v.calls[t] = call
}

// finish ends a call, and counts it.
func (v *simulation) finish(now time.Time, e scheduledEvent) {
	t := e.ticket
	call, ok := v.calls[t]
	if !ok {
		return // it was dropped before
	}
	delete(v.calls, t)
	v.machine.ReportLimits(now, t, e.limits)
	_, _ = v.machine.Finish(now, t, nil) // a success has no error
	took := now.Sub(call.arrived)
	v.Answered++
	v.sum += took
	v.Max = max(v.Max, took)
	v.Took = now.Sub(v.begin)
	v.scheduleNext(now, call)
}

// scheduleNext schedules the next message of a user in a closed loop.
func (v *simulation) scheduleNext(now time.Time, call message) {
	if !v.plan.Open() && call.number+1 < v.plan.Messages {
		v.schedule(scheduledEvent{at: now.Add(v.plan.Gap), message: message{user: call.user, number: call.number + 1}})
	}
}

// schedule adds an event to the queue of events.
func (v *simulation) schedule(e scheduledEvent) {
	v.scheduled++
	e.order = v.scheduled
	heap.Push(&v.events, e)
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
func (a eventQueue) Len() int { return len(a) }

// Less implements heap.Interface.
func (a eventQueue) Less(i, j int) bool {
	x, y := a[i], a[j]
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
func (a eventQueue) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *eventQueue) Push(e any) { *a = append(*a, e.(scheduledEvent)) }

// Pop implements heap.Interface.
func (a *eventQueue) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	*a = (*a)[:last]
	return e
}
