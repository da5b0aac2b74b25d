package queue

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// State is what outlasts a queue: its counters and the totals of its users, so
// that the next one can go on from there. What waits or runs is not in it, nor
// are quantiles, events and what the health remembers: they are of the last
// minutes, and those are over. Who was active in them, and what of theirs failed, is. The zero
// State is a beginning from zero.
type State struct {
	Successful  int64 `json:"successful"`
	Failed      int64 `json:"failed"`
	Cancelled   int64 `json:"cancelled"`
	Refused     int64 `json:"refused"`
	Retries     int64 `json:"retries"`
	RateLimited int64 `json:"rateLimited"`
	Resent      int64 `json:"resent"`
	Resets      int64 `json:"resets"`
	// Starts and WaitedMs give the average wait: how many requests were started
	// for the first time, and how long they had waited, all together.
	Starts   int64 `json:"starts"`
	WaitedMs int64 `json:"waitedMs"`
	// LastProcessedAt is the last success; nil if there was none.
	LastProcessedAt *Time `json:"lastProcessedAt"`
	// Users are those that the queue remembers, in any order.
	Users []UserState `json:"users"`
	// Models are what was used of each model, by group, in any order.
	Models []GroupUsage `json:"models,omitempty"`
	// Limits are the account's limits as answers reported them, by lane.
	Limits []LimitState `json:"limits,omitempty"`
	// Owners are the accounts of lanes that turned out to be part of another one: of
	// each key, by the hash that its lanes are named after, the organization.
	Owners map[string]string `json:"owners,omitempty"`
}

// UserState is the part of one user's totals that outlasts a queue. Group and name
// together identify a user.
type UserState struct {
	Group      string `json:"group,omitempty"`
	Name       string `json:"name"`
	Done       int64  `json:"done"`
	Failed     int64  `json:"failed"`
	Served     bool   `json:"served,omitempty"` // ever, also before its totals were reset
	Usage      *Usage `json:"usage,omitempty"`
	LastWaitMs *int64 `json:"lastWaitMs"` // null before its first start
	Seen       Time   `json:"seen"`       // when it last did something
	// Lately is what of it failed in the last five minutes.
	Lately []FailedState `json:"lately,omitempty"`
}

// FailedState is how many requests of a user failed for one class in half a minute.
type FailedState struct {
	Until Time   `json:"until"` // when it ended, or will
	Class string `json:"class"`
	Count int64  `json:"count"`
}

// ErrState is the error, wrapped, about a [State] that no queue can have been in.
var ErrState = errors.New("queue: not a state of a queue")

const (
	maxCounter = 1 << 53 // what every reader of JSON holds exactly
	century    = 36525 * 24 * time.Hour
	maxWaited  = time.Duration(math.MaxInt64 / 2) // all together; then the sum and its count are halved
)

// Validate returns an [ErrState] that says what is absurd in s, nil if nothing
// is: a counter is negative or above 2^53; a wait is negative, or a century long
// on average; there are waits without a start, or a last success without a
// success; a user has no name; the users have done more than the queue. Times
// are never absurd: a clock may have been wrong, then or now.
func (s *State) Validate() error {
	err := errors.Join(
		checkCounter("successful", s.Successful, maxCounter), checkCounter("failed", s.Failed, maxCounter),
		checkCounter("cancelled", s.Cancelled, maxCounter), checkCounter("refused", s.Refused, maxCounter),
		checkCounter("retries", s.Retries, maxCounter), checkCounter("rateLimited", s.RateLimited, maxCounter),
		checkCounter("resent", s.Resent, maxCounter), checkCounter("resets", s.Resets, maxCounter),
		checkCounter("starts", s.Starts, maxCounter), checkCounter("waitedMs", s.WaitedMs, maxWaited.Milliseconds()),
	)
	if err != nil {
		return err
	}
	if mean := s.WaitedMs / max(s.Starts, 1); mean > century.Milliseconds() || s.Starts == 0 && s.WaitedMs > 0 {
		return fmt.Errorf("%w: waitedMs is %d in %d starts", ErrState, s.WaitedMs, s.Starts)
	}
	if s.LastProcessedAt != nil && s.Successful == 0 {
		return fmt.Errorf("%w: lastProcessedAt without a success", ErrState)
	}
	done, failed := s.Successful, s.Failed // not yet counted for a user
	for i := range s.Users {
		u := &s.Users[i]
		if u.Name == "" {
			return fmt.Errorf("%w: users[%d] has no name", ErrState, i)
		}
		if err := errors.Join(checkCounter("done", u.Done, done), checkCounter("failed", u.Failed, failed)); err != nil {
			return fmt.Errorf("users[%d]: %w", i, err)
		}
		done, failed = done-u.Done, failed-u.Failed
		if err := u.Usage.validate(); err != nil {
			return fmt.Errorf("users[%d].usage: %w", i, err)
		}
		for _, f := range u.Lately {
			if err := checkCounter("lately.count", f.Count, math.MaxInt32/recentSlots); err != nil {
				return fmt.Errorf("users[%d]: %w", i, err)
			}
		}
		if u.LastWaitMs != nil {
			if err := checkCounter("lastWaitMs", *u.LastWaitMs, century.Milliseconds()); err != nil {
				return fmt.Errorf("users[%d]: %w", i, err)
			}
		}
	}
	for i := range s.Models {
		if s.Models[i].Model == "" {
			return fmt.Errorf("%w: models[%d] has no name", ErrState, i)
		}
		if err := s.Models[i].validate(); err != nil {
			return fmt.Errorf("models[%d]: %w", i, err)
		}
	}
	for key, owner := range s.Owners {
		if key == "" || owner == "" || s.Owners[owner] != "" {
			return fmt.Errorf("%w: %q belongs to %q", ErrState, key, owner)
		}
	}
	for i := range s.Limits {
		if err := s.Limits[i].validate(); err != nil {
			return fmt.Errorf("limits[%d]: %w", i, err)
		}
	}
	return nil
}

func checkCounter(name string, n, most int64) error {
	if n >= 0 && n <= most {
		return nil
	}
	return fmt.Errorf("%w: %s is %d: must be from 0 to %d", ErrState, name, n, most)
}

// State returns what outlasts the machine. It costs as much as there are users.
func (m *Machine) State(now time.Time) State {
	s := m.snapshot(now)
	return s.state()
}

// snapshot is what a [State] is made of, copied from the machine as quickly as can be: a
// [Queue] is locked meanwhile.
type snapshot struct {
	State
	users  []userSnapshot
	lately []failedSnapshot
	wallOf func(time.Duration) Time
}

type userSnapshot struct {
	group, name    string
	done, failed   int64
	used           Usage
	seen, lastWait time.Duration
	started        bool
	served         bool
}

func (m *Machine) snapshot(now time.Time) snapshot {
	m.advance(now)
	ms := &m.metrics
	s := snapshot{
		State: State{
			Successful: ms.successful, Failed: ms.failed, Cancelled: ms.cancelled, Refused: ms.refused,
			Retries: ms.retries, RateLimited: ms.rateLimited, Resent: ms.resent, Resets: ms.resets,
			Starts: ms.starts, WaitedMs: ms.waited.Milliseconds(),
			Models: m.spending.list(), Limits: m.limitStates(),
		},
		lately: m.users.failedLately(m.now),
		users:  make([]userSnapshot, 0, min(len(m.users.byKey), maxUsers)),
		wallOf: m.wireTime,
	}
	if ms.succeededOnce {
		s.LastProcessedAt = ptr(m.wireTime(ms.lastSuccess))
	}
	if len(m.owners) > 0 {
		s.Owners = maps.Clone(m.owners)
	}
	for u := range m.users.busiest {
		if len(s.users) == maxUsers { // more are not restored
			break
		}
		s.users = append(s.users, userSnapshot{u.group, u.name, u.done, u.failed, u.used, u.seen, u.lastWait, u.started, u.served})
	}
	return s
}

// state returns the State. It needs no lock.
func (s *snapshot) state() State {
	state := s.State
	state.Users = make([]UserState, len(s.users))
	waits := make([]int64, len(s.users)) // one allocation for all
	lately := map[userKey][]FailedState{}
	for _, f := range s.lately {
		lately[f.user] = append(lately[f.user], FailedState{s.wallOf(f.until), f.class.String(), int64(f.count)})
	}
	for i, u := range s.users {
		state.Users[i] = UserState{Group: u.group, Name: u.name, Done: u.done, Failed: u.failed, Served: u.served, Seen: s.wallOf(u.seen), Lately: lately[userKey{u.group, u.name}]}
		state.Users[i].Usage = u.used.orNil()
		if u.started {
			waits[i] = u.lastWait.Milliseconds()
			state.Users[i].LastWaitMs = &waits[i]
		}
	}
	slices.SortFunc(state.Limits, func(a, b LimitState) int { return cmp.Compare(a.Lane, b.Lane) })
	return state
}

// Restore lets the counters and the totals of the users go on where s ends. It
// is for a machine to which nothing has happened. What is absurd in s is an
// [ErrState], and then nothing changes. Of more than 10,000 users the longest idle are
// forgotten, as ever; the totals of a user that is in it twice are added up. A time to
// come counts as now, and one more than a century ago as a century ago.
func (m *Machine) Restore(s State) error {
	if m.StateVersion() > 0 {
		return errors.New("queue: a state comes too late for a queue that has begun")
	}
	if err := s.Validate(); err != nil {
		return err
	}
	m.metrics = metrics{
		total:      s.Successful + s.Failed + s.Cancelled,
		successful: s.Successful, failed: s.Failed, cancelled: s.Cancelled, refused: s.Refused,
		retries: s.Retries, rateLimited: s.RateLimited, resent: s.Resent, resets: s.Resets,
		starts: s.Starts, waited: time.Duration(s.WaitedMs) * time.Millisecond,
	}
	m.timeline.counted = m.metrics.counts()
	if s.LastProcessedAt != nil {
		m.metrics.lastSuccess, m.metrics.succeededOnce = m.machineTime(*s.LastProcessedAt), true
	}
	known := slices.SortedStableFunc(slices.Values(s.Users), func(a, b UserState) int { return a.Seen.Compare(b.Seen.Time) })
	m.users = newUsers()
	for _, k := range known[max(len(known)-maxUsers, 0):] {
		u := m.users.find(k.Group, k.Name)
		if u == nil {
			u = m.users.insert(k.Group, k.Name)
		}
		u.rank.users.MoveBack(&u.node)
		u.seen = m.machineTime(k.Seen)
		m.users.active.SeeBefore(&u.sighting, u.seen)
		u.done += k.Done
		if k.Served || k.Done > 0 { // an older state does not say the first
			m.users.serve(u)
		}
		u.failed += k.Failed
		if k.Usage != nil {
			u.used.add(k.Usage)
		}
		if k.LastWaitMs != nil {
			u.lastWait, u.started = time.Duration(*k.LastWaitMs)*time.Millisecond, true
		}
		for _, f := range k.Lately {
			u.restoreFailed(m.machineTime(f.Until), f)
		}
	}
	m.users.findFailing()
	for i := range s.Models {
		m.spending.add(s.Models[i].Group, s.Models[i].Model, &s.Models[i].Usage)
	}
	if len(s.Owners) <= maxAliases {
		maps.Copy(m.owners, s.Owners)
	}
	for _, l := range s.Limits[:min(len(s.Limits), maxLaneMemories)] {
		m.memories.keep(l.Lane, l.memory(m))
	}
	return nil
}

// StateVersion returns a number that grows whenever [Machine.State] may have changed,
// and is zero as long as nothing has happened. It costs nothing.
func (m *Machine) StateVersion() uint64 {
	// Each arrival, start, end and retry touches its user; a refusal and a reset
	// are events; reports of limits are counted.
	return m.users.touches + uint64(m.events.total) + m.learned
}

// wireTime turns a time of the machine into one of the wall clock, as precise as
// the wire.
func (m *Machine) wireTime(d time.Duration) Time {
	return Time{m.wallTime(d).UTC().Truncate(time.Millisecond)}
}

// machineTime turns a time of the past into one of the machine, zero or negative.
func (m *Machine) machineTime(t Time) time.Duration {
	return -min(max(m.epoch.Sub(t.Time), 0), century)
}
