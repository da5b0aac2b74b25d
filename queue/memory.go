package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// memory is what is known of a lane beside its requests: it outlives the lane, which
// goes when nobody waits or runs.
type memory struct {
	limits   limiter.Limiter
	overload limiter.Breaker
	pause    pause
	suspect  suspect
}

// worth returns what of it is worth keeping, and whether there is anything.
func (k *memory) worth(now time.Duration) (memory, bool) {
	limits, ok := k.limits.Learned()
	kept := *k
	kept.limits = limits
	return kept, ok || !k.overload.Quiet() || k.pause.matters(now) || k.suspect.matters(now)
}

// memories are those of lanes that are gone, by name. The zero memories are empty.
type memories struct {
	byName map[string]*remembered
	age    list[*remembered] // the oldest first
}

type remembered struct {
	node node[*remembered]
	name string
	memory
}

// maxMemories is how many are kept; the oldest is forgotten first, and learned again.
const maxMemories = 1000

// keep keeps the memory of a lane that goes.
func (k *memories) keep(name string, m memory) {
	k.take(name)
	if k.age.len >= maxMemories {
		k.take(k.age.first.item.name)
	}
	if k.byName == nil {
		k.byName = map[string]*remembered{}
	}
	r := &remembered{name: name, memory: m}
	r.node.item = r
	k.byName[name] = r
	k.age.pushBack(&r.node)
}

// take returns the memory of a lane that comes back; the zero memory if there is none.
func (k *memories) take(name string) memory {
	r := k.byName[name]
	if r == nil {
		return memory{}
	}
	k.age.remove(&r.node)
	delete(k.byName, name)
	return r.memory
}

// all yields the memories, the latest first.
func (k *memories) all(yield func(name string, m *memory) bool) {
	for n := k.age.last; n != nil; n = n.prev {
		if !yield(n.item.name, &n.item.memory) {
			return
		}
	}
}

// knowledge yields what is known of each lane, also of those that are gone.
func (m *Machine) knowledge(yield func(lane string, k *memory) bool) {
	for name, l := range m.lanes {
		if !yield(name, &l.memory) {
			return
		}
	}
	for name, k := range m.memories.all {
		if m.lanes[name] == nil && !yield(name, k) {
			return
		}
	}
}

// suppose lets a new lane begin with what other lanes of its account have.
func (m *Machine) suppose(l *lane) {
	account, group := CutLane(l.name)
	if LaneName(account, group) != l.name {
		return
	}
	best, from := "", (*limiter.Limiter)(nil)
	for name, k := range m.knowledge {
		other := &k.limits
		if !other.Reported() || best != "" && name > best {
			continue
		}
		if a, _ := CutLane(name); a == account && name != l.name {
			best, from = name, other
		}
	}
	if from != nil {
		l.limits.Suppose(m.now, from)
	}
}
