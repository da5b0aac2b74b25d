package queue

import (
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// laneMemory is what is known of a lane beside its requests: it outlives the lane, which
// goes when nobody waits or runs.
type laneMemory struct {
	limits   limiter.Limiter
	overload limiter.Breaker
	pause    pause
	suspect  suspect
}

// worthKeeping returns what of it is worth keeping, and whether there is anything.
func (k *laneMemory) worthKeeping(now time.Duration) (laneMemory, bool) {
	limits, ok := k.limits.Learned()
	kept := *k
	kept.limits = limits
	return kept, ok || !k.overload.Idle() || k.pause.matters(now) || k.suspect.matters(now)
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
func (k *laneMemories) keep(name string, m laneMemory) {
	k.take(name)
	if k.age.Len >= maxLaneMemories {
		k.take(k.age.First.Item.name)
	}
	if k.byName == nil {
		k.byName = map[string]*remembered{}
	}
	r := &remembered{name: name, laneMemory: m}
	r.node.Item = r
	k.byName[name] = r
	k.age.PushBack(&r.node)
}

// take returns the memory of a lane that comes back; the zero memory if there is none.
func (k *laneMemories) take(name string) laneMemory {
	r := k.byName[name]
	if r == nil {
		return laneMemory{}
	}
	k.age.Remove(&r.node)
	delete(k.byName, name)
	return r.laneMemory
}

// all yields the memories, the latest first.
func (k *laneMemories) all(yield func(name string, m *laneMemory) bool) {
	for n := k.age.Last; n != nil; n = n.Prev {
		if !yield(n.Item.name, &n.Item.laneMemory) {
			return
		}
	}
}

// allMemories yields what is known of each lane, also of those that are gone.
func (m *Machine) allMemories(yield func(lane string, k *laneMemory) bool) {
	for name, l := range m.lanes {
		if !yield(name, &l.laneMemory) {
			return
		}
	}
	for name, k := range m.memories.all {
		if m.lanes[name] == nil && !yield(name, k) {
			return
		}
	}
}

// assumeSiblingLimits lets a new lane begin with what other lanes of its account have.
func (m *Machine) assumeSiblingLimits(l *lane) {
	account, group := CutLane(l.name)
	if LaneName(account, group) != l.name {
		return
	}
	best, from := "", (*limiter.Limiter)(nil)
	for name, k := range m.allMemories {
		other := &k.limits
		if !other.Reported() || best != "" && name > best {
			continue
		}
		if a, _ := CutLane(name); a == account && name != l.name {
			best, from = name, other
		}
	}
	if from != nil {
		l.limits.AssumeLimits(m.now, from)
	}
}
