package queue

import (
	"math/rand/v2"
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// Machine is the queue as a state machine, without goroutines and without a
// clock: its methods take what happened and when, and say which request starts and when
// to look again. [Queue] drives one in real time; a simulation can drive one through
// hours in milliseconds. Every method takes the time; a time before an earlier
// one counts as that one. A Machine is not safe for concurrent use.
//
// After each call, and at [Machine.Wake], the driver asks [Machine.Next] until it
// answers nil, and calls [Machine.Start] for each ticket that it got. At one
// instant it reports finishes first, then arrivals, and then asks for starts.
type Machine struct {
	settings Settings
	off      paceOff
	epoch    time.Time
	now      time.Duration // since epoch
	told     time.Time     // the latest time that a method was told,
	toldAt   time.Duration // and when that is
	random   *rand.Rand

	lanes       map[string]*lane
	heap        laneHeap          // the same lanes, by wake
	ready       list.List[*lane]  // lanes whose first request may start now
	aliases     map[string]string // lanes that joined another
	slowReaders map[userKey]*slowReader
	owners      map[string]string   // accounts that are part of another one: keys of an organization
	memories    laneMemories        // of lanes that are gone
	spentCaps   map[string]spentCap // by account
	newNames    newNames
	network     limiter.Breaker          // of connections, whatever the lane
	reachedAt   time.Duration            // the latest start of a call that the API has answered
	hearing     hearing                  // of all calls
	poisoned    map[uint64]time.Duration // fingerprints of requests that make the API fail, until when that counts
	absences    absences                 // requests that may come back
	places      places                   // that the same request can take if it is sent again
	arrivals    arrivals                 // all that wait
	walks       []*walk                  // through them
	ids         waitingIDs               // the same, by what they are called
	active      list.List[*Ticket]       // all that run, by their last sign of life
	lastID      uint64
	learned     uint64 // reports of limits and of costs so far
	busy        bool   // somebody waits or runs
	closed      bool
	ends        time.Duration // when what is left is ended, once it is closed; never if all is served

	users        users
	metrics      metrics
	spending     spending
	health       health
	trend        trend
	crowded      crowdKept
	othersWaited time.Duration // when more than one user waited last,
	othersKnown  bool          // if that has been
	events       eventLog
	timeline     timeline
	recent       recentRequests
	nextTick     time.Duration // the next look at the health and the log's metrics; never while idle
	dropped      []Drop
	toShed       []*lane // with long lines, of which a [Queue] has to shed

	changes     uint64 // to lanes, so far
	keepPlans   int    // where so many wait plans are kept for a while; zero: nowhere
	projections int    // how often a lane was projected
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
	m := &Machine{
		settings:    s,
		epoch:       epoch,
		random:      rand.New(rand.NewPCG(seed, 0)),
		lanes:       map[string]*lane{},
		slowReaders: map[userKey]*slowReader{},
		aliases:     map[string]string{},
		owners:      map[string]string{},
		poisoned:    map[uint64]time.Duration{},
		spentCaps:   map[string]spentCap{},
		users:       newUsers(),
		nextTick:    never,
	}
	m.switchPace("")
	m.timeline.begin(epoch)
	return m, nil
}

// Settings returns the settings in force.
func (m *Machine) Settings() Settings { return m.settings }

// SetSettings changes the settings from now on. Nobody loses their place.
func (m *Machine) SetSettings(now time.Time, s Settings) error {
	return m.setSettings(now, s, "")
}

// setSettings is SetSettings with the name of the person that asked, for the events.
func (m *Machine) setSettings(now time.Time, s Settings, by string) error {
	if err := s.Validate(); err != nil {
		return err
	}
	m.advance(now)
	change := m.settings.changeTo(s)
	m.settings = s
	m.switchPace(by)
	for _, l := range m.lanes {
		l.plan, l.projection = plan{}, nil // of other settings
		l.emptyTimes = emptyTimes{}
		m.reschedule(l)
	}
	m.emit(&Event{Kind: KindSettings, By: by, Change: change})
	return nil
}

// Dropped returns the requests that the machine itself ended since the last
// call: those that a pause leaves no time, with [ErrWaitTooLong], and calls that
// were silent for Settings.MaxRun, with [ErrSilent].
func (m *Machine) Dropped() []Drop {
	d := m.dropped
	m.dropped = nil
	return d
}

// Idle reports whether nothing waits and nothing runs.
func (m *Machine) Idle() bool { return m.arrivals.Len == 0 && m.active.Len == 0 }

// Wake returns when to look again if nothing happens before; false means never.
func (m *Machine) Wake() (time.Time, bool) {
	wake := m.nextTick
	if len(m.heap) > 0 {
		wake = min(wake, m.heap[0].wake)
	}
	if n := m.active.First; n != nil {
		wake = min(wake, n.Item.since+m.settings.MaxRun)
	}
	if wake == never {
		return time.Time{}, false
	}
	return m.epoch.Add(wake), true
}

// advance brings the machine to now: everything that was due happens, in the
// order in which it was due, but for starts.
func (m *Machine) advance(now time.Time) {
	if now != m.told { // a driver does several things at one time
		m.told, m.toldAt = now, now.Sub(m.epoch)
	}
	at := max(m.toldAt, m.now)
	for {
		lane, silent := never, never
		if len(m.heap) > 0 {
			lane = m.heap[0].wake
		}
		if n := m.active.First; n != nil {
			silent = n.Item.since + m.settings.MaxRun
		}
		due := min(lane, silent, m.nextTick)
		if end := m.timeline.ends; end <= due && end <= at {
			m.now = end
			m.endSlice(min(due, at))
			continue
		}
		if due > at {
			break
		}
		m.now = max(m.now, due)
		switch due {
		case lane:
			m.runDue(m.heap[0], due)
		case silent:
			m.timeOut(m.active.First.Item)
		default:
			m.onTick()
		}
	}
	m.now = at
}

// wallTime turns a time of the machine into one of the clock.
func (m *Machine) wallTime(d time.Duration) time.Time { return m.epoch.Add(d) }
