package queue

import (
	"math/rand/v2"
	"time"

	"paceline/queue/internal/limiter"
)

// Machine is the queue as a state machine, without goroutines and without a
// clock: it is told what happened and when, and says who starts and when to look
// again. [Queue] drives one in real time; a simulation can drive one through
// hours in milliseconds. Every method takes the time; a time before an earlier
// one counts as that one. A Machine is not safe for concurrent use.
//
// After each call, and at [Machine.Wake], the driver asks [Machine.Next] until it
// answers nil, and calls [Machine.Start] for each ticket that it got. At one
// instant it tells finishes first, then arrivals, and then asks for starts.
type Machine struct {
	settings Settings
	epoch    time.Time
	now      time.Duration // since epoch
	random   *rand.Rand

	lanes     map[string]*lane
	heap      laneHeap                 // the same lanes by wake
	ready     list[*lane]              // those whose next in line may start now
	aliases   map[string]string        // lanes that joined another
	owners    map[string]string        // accounts that are part of another one: keys of an organization
	memories  memories                 // of lanes that are gone
	spent     map[string]spentCap      // by account
	network   limiter.Breaker          // of connections, whatever the lane
	reachedAt time.Duration            // the latest start of a call that the API has answered
	poison    map[uint64]time.Duration // fingerprints of requests that make the API fail, until when that counts
	arrivals  list[*Ticket]            // all that wait
	active    list[*Ticket]            // all that run, by their last sign of life
	lastID    uint64
	learned   uint64 // how often limits, or costs, were told
	busy      bool   // somebody waits or runs
	closed    bool

	users   users
	metrics metrics
	health  health
	events  events
	traffic traffic
	tick    time.Duration // the next look at the health and the log's metrics; never while idle
	dropped []Drop

	projections int // how often a lane was projected for a pause
}

// Drop is a request that the machine itself ended, and why.
type Drop struct {
	Ticket *Ticket
	Err    error
}

// NewMachine returns a machine that works by s from epoch on. The seed makes the
// jitter of its back-offs repeat.
func NewMachine(s Settings, epoch time.Time, seed uint64) (*Machine, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Machine{
		settings: s,
		epoch:    epoch,
		random:   rand.New(rand.NewPCG(seed, 0)),
		lanes:    map[string]*lane{},
		aliases:  map[string]string{},
		owners:   map[string]string{},
		poison:   map[uint64]time.Duration{},
		spent:    map[string]spentCap{},
		users:    newUsers(),
		tick:     never,
	}, nil
}

// Settings returns the settings in force.
func (m *Machine) Settings() Settings { return m.settings }

// SetSettings changes the settings from now on. Nobody loses their place.
func (m *Machine) SetSettings(now time.Time, s Settings) error {
	return m.setSettings(now, s, "")
}

// setSettings is SetSettings that says who asked, if that is known.
func (m *Machine) setSettings(now time.Time, s Settings, by string) error {
	if err := s.Validate(); err != nil {
		return err
	}
	m.settle(now)
	m.settings = s
	for _, l := range m.lanes {
		m.reckon(l)
	}
	m.emit(Event{Kind: KindSettings, By: by})
	return nil
}

// Add takes a request in, or refuses it: with [ErrClosed], or with a
// [*RefusedError].
func (m *Machine) Add(now time.Time, r Request) (*Ticket, error) {
	t := &Ticket{}
	if err := m.add(now, t, r); err != nil {
		return nil, err
	}
	return t, nil
}

// add is Add with a ticket that is part of something larger.
func (m *Machine) add(now time.Time, t *Ticket, r Request) error {
	m.settle(now)
	if r.User == "" {
		r.User = Anonymous
	}
	if m.closed {
		return ErrClosed
	}
	l := m.lane(r.Lane)
	if err := m.door(l, r); err != nil {
		m.reckon(l)
		m.metrics.refused++
		m.metrics.refusedLately.Add(m.now)
		m.traffic.add(past{
			group: r.Group, name: r.User, lane: l.name, arrived: m.now, priority: r.Priority,
			cost: r.Cost, fingerprint: r.Fingerprint, refused: true,
		})
		m.emit(Event{Kind: KindRefused, User: r.User, Lane: l.name, Error: err.Error()})
		return err
	}
	m.lastID++
	t.init(m.lastID, m.users.get(r.Group, r.User, m.now), r.Priority, m.now)
	t.lane, t.name, t.cost, t.fingerprint = l, r.ID, r.Cost.amount(), r.Fingerprint
	t.past = m.traffic.add(past{
		user: t.user, lane: l.name, arrived: m.now, priority: r.Priority, cost: r.Cost, fingerprint: r.Fingerprint,
	})
	m.metrics.total++
	m.tick = min(m.tick, m.now+tickLength)
	m.startWaiting(t, m.arrivals.last)
	l.order.join(t, m.now, false)
	m.reckon(l)
	m.emit(Event{Kind: KindAdded, User: r.User, Lane: l.name})
	return nil
}

// Next returns the request whose turn it is at now, nil if nobody's. The driver
// answers with Start, or with Leave if the caller has gone: then the turn is the
// next one's.
func (m *Machine) Next(now time.Time) *Ticket {
	m.settle(now)
	if m.ready.first == nil {
		return nil
	}
	l := m.ready.first.item
	if m.network.Open() && m.settings.Adaptive { // the lanes try in turn
		for other := range m.ready.all {
			if other.triedAt < l.triedAt {
				l = other
			}
		}
	}
	return l.next(&m.settings)
}

// Start starts t, which Next has returned.
func (m *Machine) Start(now time.Time, t *Ticket) {
	m.settle(now)
	l := t.lane
	if !m.busy {
		m.busy = true
		m.emit(Event{Kind: KindBusy, Lane: l.name})
	}
	l.take(t)
	l.pace.start(m.now)
	t.number = l.limits.Start(m.now, t.cost)
	m.startTry(t)
	l.running++
	l.alive = m.now
	m.stopWaiting(t)
	t.state, t.started, t.since, t.taken = running, m.now, m.now, false
	t.attempts++
	m.active.pushBack(&t.age)
	t.user.running++
	waited := m.now - t.arrived
	if t.again {
		m.metrics.retries++
	} else {
		m.metrics.firstStart(m.now, waited)
		t.user.lastWait, t.user.started = waited, true
	}
	t.again = true
	m.traffic.started(t, waited)
	m.users.see(t.user, m.now)
	m.reckon(l)
	m.emit(Event{Kind: KindStarted, User: t.user.name, Lane: l.name, Millis: waited.Milliseconds()})
}

// startTry notes of which pause t is a probe, and of which breakers a try.
func (m *Machine) startTry(t *Ticket) {
	l := t.lane
	t.try = 0
	if t.probe = l.pause.on(m.now); t.probe {
		l.pause.probes++
		l.pause.probe = never
	}
	if !m.settings.Adaptive {
		return
	}
	if l.overload.Open() {
		if l.overload.Start(m.now) {
			t.try |= tryOverload
		} else {
			l.limits.ComeBack()
		}
	} else {
		l.overload.Start(m.now)
	}
	wasOpen := m.network.Open()
	if m.network.Start(m.now) {
		t.try |= tryNetwork
		l.triedAt = m.now
	}
	switch {
	case wasOpen && !m.network.Open(): // the silence of the last tries has closed it
		m.reconnected(l)
	case wasOpen: // there is one try fewer
		m.reckonOthers(l)
	}
}

// Progress says that t, which runs, gave a sign of life: the header of a success, or
// a piece of it.
func (m *Machine) Progress(now time.Time, t *Ticket) {
	m.settle(now)
	if t.state == running {
		t.since, t.lane.alive = m.now, m.now
		m.active.moveBack(&t.age)
		if !t.taken {
			m.takenIn(t)
			m.reckon(t.lane)
		}
	}
}

// Leave takes out t, whose caller has gone, wherever it stands. It costs no slot
// from now on, and counts as cancelled. Nothing happens if t is done.
func (m *Machine) Leave(now time.Time, t *Ticket) {
	m.settle(now)
	if t.state == done {
		return
	}
	m.leave(t, "")
}

// leave takes t out as cancelled; by is who asked for it, empty for the caller.
func (m *Machine) leave(t *Ticket, by string) {
	m.end(t)
	m.metrics.cancelled++
	m.emit(Event{Kind: KindCancelled, User: t.user.name, Lane: t.lane.name, By: by})
	m.rest()
}

// Dropped returns the requests that the machine itself ended since the last
// call: those that a pause leaves no time, with [ErrWaitTooLong], and calls that
// were silent for Settings.MaxRun, with [ErrSilent].
func (m *Machine) Dropped() []Drop {
	d := m.dropped
	m.dropped = nil
	return d
}

// Close refuses what comes from now on with [ErrClosed]. Who waits is served.
func (m *Machine) Close(now time.Time) {
	m.settle(now)
	if !m.closed {
		m.closed = true
		m.emit(Event{Kind: KindDraining})
	}
}

// Abort ends everything that waits or runs, as cancelled; [Machine.Dropped] names
// it, with [ErrClosed].
func (m *Machine) Abort(now time.Time) {
	m.Close(now)
	for _, l := range []*list[*Ticket]{&m.arrivals, &m.active} {
		for t := range l.all {
			m.Leave(now, t)
			m.dropped = append(m.dropped, Drop{t, ErrClosed})
		}
	}
}

// Idle reports whether nothing waits and nothing runs.
func (m *Machine) Idle() bool { return m.arrivals.len == 0 && m.active.len == 0 }

// Wake returns when to look again if nothing happens before; false means never.
func (m *Machine) Wake() (time.Time, bool) {
	wake := m.tick
	if len(m.heap) > 0 {
		wake = min(wake, m.heap[0].wake)
	}
	if n := m.active.first; n != nil {
		wake = min(wake, n.item.since+m.settings.MaxRun)
	}
	if wake == never {
		return time.Time{}, false
	}
	return m.epoch.Add(wake), true
}

// settle brings the machine to now: everything that was due happens, in the
// order in which it was due, but for starts.
func (m *Machine) settle(now time.Time) {
	at := max(now.Sub(m.epoch), m.now)
	for {
		lane, silent := never, never
		if len(m.heap) > 0 {
			lane = m.heap[0].wake
		}
		if n := m.active.first; n != nil {
			silent = n.item.since + m.settings.MaxRun
		}
		due := min(lane, silent, m.tick)
		if due > at {
			break
		}
		m.now = max(m.now, due)
		switch due {
		case lane:
			m.change(m.heap[0], due)
		case silent:
			m.cut(m.active.first.item)
		default:
			m.onTick()
		}
	}
	m.now = at
}

// cut takes the slot of a call that was silent for too long.
func (m *Machine) cut(t *Ticket) {
	silent := m.now - t.since
	m.end(t)
	m.emit(Event{Kind: KindTimedOut, User: t.user.name, Lane: t.lane.name, Millis: silent.Milliseconds()})
	m.failed(t, &Error{Class: Timeout, Retry: RetryNo, Err: ErrSilent})
	m.dropped = append(m.dropped, Drop{t, ErrSilent})
	m.rest()
}

// startWaiting counts t among those that wait, behind the one at.
func (m *Machine) startWaiting(t *Ticket, at *node[*Ticket]) {
	m.arrivals.insertAfter(&t.arrival, at)
	m.users.count(t.user, 1)
}

func (m *Machine) stopWaiting(t *Ticket) {
	m.arrivals.remove(&t.arrival)
	m.users.count(t.user, -1)
}

// waitAgain counts t, which has run, among those that wait, by its arrival.
func (m *Machine) waitAgain(t *Ticket) {
	at := m.arrivals.first
	for at != nil && at.item.id < t.id {
		at = at.next
	}
	if at == nil {
		m.startWaiting(t, m.arrivals.last)
	} else {
		m.startWaiting(t, at.prev)
	}
}

// stopRunning frees t's slot.
func (m *Machine) stopRunning(t *Ticket, o limiter.Outcome) {
	t.lane.limits.End(m.now, t.number, o)
	m.active.remove(&t.age)
	m.traffic.ended(t, m.now-t.started)
	t.lane.running--
	t.lane.alive = m.now
	t.user.running--
	m.users.see(t.user, m.now)
}

// end takes t out of everything.
func (m *Machine) end(t *Ticket) {
	if t.waiting() {
		t.lane.drop(t)
		m.stopWaiting(t)
		m.traffic.left(t, m.now-t.arrived)
		m.users.see(t.user, m.now)
	} else {
		m.stopRunning(t, limiter.NoAnswer)
		m.leaveTry(t)
		t.lane.planProbe(t, m.now)
	}
	t.state = done
	m.reckon(t.lane)
}

// rest notices when nothing is left to do.
func (m *Machine) rest() {
	if m.busy && m.Idle() {
		m.busy = false
		m.emit(Event{Kind: KindIdle})
	}
}

// at turns a time of the machine into one of the clock.
func (m *Machine) at(d time.Duration) time.Time { return m.epoch.Add(d) }
