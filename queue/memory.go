package queue

import (
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// laneMemory is what is known of a lane beside its requests: it outlives the lane, which
// goes when nobody waits or runs.
type laneMemory struct {
	pause    pause
	overload limiter.Breaker
	suspect  suspect
	reach    reach
	tariff   tariff
	limits   limiter.Limiter
	hearing  hearing
	called   bool          // a call of it has started since the queue did,
	lastCall time.Duration // and the last one started or ended then
}

// worthKeeping returns what of it is worth keeping, and whether there is anything.
func (m *laneMemory) worthKeeping(now time.Duration) (laneMemory, bool) {
	limits, ok := m.limits.Learned()
	kept := *m
	kept.limits = limits
	return kept, ok || !m.overload.Idle() || m.pause.matters(now) || m.suspect.matters(now) || m.reach.matters(now)
}

// laneMemories are those of lanes that are gone, by name. The zero memories are empty.
type laneMemories struct {
	byName map[string]*remembered
	age    list.List[*remembered] // the oldest first
}

type remembered struct {
	node list.Node[*remembered]
	name string
	laneMemory
}

// maxLaneMemories is how many are kept; the oldest is forgotten first, and learned again.
const maxLaneMemories = 1000

// keep keeps the memory of a lane that goes.
func (m *laneMemories) keep(name string, kept laneMemory) {
	m.take(name)
	if m.age.Len >= maxLaneMemories {
		m.take(m.age.First.Item.name)
	}
	if m.byName == nil {
		m.byName = map[string]*remembered{}
	}
	r := &remembered{name: name, laneMemory: kept}
	r.node.Item = r
	m.byName[name] = r
	m.age.PushBack(&r.node)
}

// take returns the memory of a lane that comes back; the zero memory if there is none.
func (m *laneMemories) take(name string) laneMemory {
	r := m.byName[name]
	if r == nil {
		return laneMemory{}
	}
	m.age.Remove(&r.node)
	delete(m.byName, name)
	return r.laneMemory
}

// all yields the memories, the latest first.
func (m *laneMemories) all(yield func(name string, memory *laneMemory) bool) {
	for n := m.age.Last; n != nil; n = n.Prev {
		if !yield(n.Item.name, &n.Item.laneMemory) {
			return
		}
	}
}

// allMemories yields what is known of each lane, also of those that are gone.
func (m *Machine) allMemories(yield func(lane string, memory *laneMemory) bool) {
	for name, l := range m.lanes {
		if !yield(name, &l.laneMemory) {
			return
		}
	}
	for name, memory := range m.memories.all {
		if m.lanes[name] == nil && !yield(name, memory) {
			return
		}
	}
}

// assumeSiblingLimits lets a new lane begin with what other lanes of its account have at
// the same speed: those of a fast mode are far lower.
func (m *Machine) assumeSiblingLimits(l *lane) {
	account, group := CutLane(l.name)
	if LaneName(account, group) != l.name {
		return
	}
	_, fast := CutFast(group)
	best, from := "", (*limiter.Limiter)(nil)
	for name, memory := range m.allMemories {
		other := &memory.limits
		if !other.Reported() || best != "" && name > best {
			continue
		}
		a, group := CutLane(name)
		if _, fastToo := CutFast(group); a == account && fastToo == fast && name != l.name {
			best, from = name, other
		}
	}
	if from != nil {
		l.limits.AssumeLimits(m.now, from)
	}
}
