package queue

import (
	"cmp"
	"container/heap"
	"maps"
	"time"
)

// maxAliases is how many names of joined lanes are remembered.
const maxAliases = 10_000

// JoinLanes makes one lane of two: it turned out that both share one limit. Who
// waits in from joins into by arrival, and what comes for from goes to into. Where
// both are named by [LaneName] for one group of models, what comes for other groups of
// the account goes to those of the other account from now on; who waits there already
// joins them with a JoinLanes of its own. An account that joined another one before has
// moved: then its next requests go there, and nobody else does.
func (m *Machine) JoinLanes(now time.Time, from, into string) {
	m.settle(now)
	source, target, owned := m.lanes[from], m.lane(into), m.own(from, into)
	if source == nil && !owned {
		source = m.lane(from)
	}
	if source == nil || source == target { // nobody has been left behind
		m.reckon(target)
		return
	}
	if !owned {
		if len(m.aliases) >= maxAliases {
			clear(m.aliases) // they are learned again
		}
		m.aliases[source.name] = target.name
	}
	for t := range m.arrivals.all {
		if t.lane != source {
			continue
		}
		was, why, due := t.state, t.reason, t.since
		source.drop(t)
		t.lane = target
		switch was {
		case atHead:
			target.putAtHead(t)
		case aside:
			target.standAside(t, why, due)
		default:
			target.order.merge(t)
		}
	}
	adopted := target.limits.Adopt(m.now, &source.limits)
	for t := range m.active.all {
		if t.lane == source {
			t.lane = target
			if !adopted {
				t.number = target.limits.Start(m.now, t.cost)
			}
		}
	}
	target.running += source.running
	target.alive = max(target.alive, source.alive)
	if !target.overload.Open() && (source.overload.Open() || source.overload.Failures() > target.overload.Failures()) {
		target.overload = source.overload
	}
	if source.pause.until > target.pause.until {
		target.pause = source.pause
	}
	if source.pace.started && (!target.pace.started || source.pace.last > target.pace.last) {
		target.pace = source.pace
	}
	m.remove(source)
	m.memories.take(source.name) // what it knew is the target's
	m.reckon(target)
}

// own notes that the account of a lane is part of that of another one, and reports
// whether that says where its requests go.
func (m *Machine) own(from, into string) bool {
	account, group := CutLane(from)
	owner, other := CutLane(into)
	if group != other || LaneName(account, group) != from {
		return false
	}
	owner = cmp.Or(m.owners[owner], owner) // nobody's owner has one
	if before := m.owners[account]; account == owner || before == owner {
		return before != ""
	}
	if len(m.owners) >= maxAliases {
		clear(m.owners) // they are learned again
	}
	for a, of := range m.owners {
		if of == account {
			m.owners[a] = owner
		}
	}
	m.owners[account] = owner
	maps.DeleteFunc(m.aliases, func(lane, _ string) bool { a, _ := CutLane(lane); return a == account })
	m.learned++
	return true
}

// lane returns the lane of a name, a new one if need be.
func (m *Machine) lane(name string) *lane {
	if name == "" {
		name = DefaultLane
	}
	name = m.laneName(name)
	l := m.lanes[name]
	if l == nil {
		l = &lane{name: name, wake: never, alive: m.now, memory: m.memories.take(name), network: &m.network}
		m.lanes[name] = l
		m.suppose(l)
		if account, _ := CutLane(name); m.spent[account].until > m.now {
			l.pause.begin(m.now, m.spent[account].until, brief(m.spent[account].err), true)
		}
		l.ready.item = l
		heap.Push(&m.heap, l)
	}
	return l
}

// laneName returns what the lane of a name is called, after it joined others.
func (m *Machine) laneName(name string) string {
	name = m.joined(name)
	if account, group := CutLane(name); m.owners[account] != "" && LaneName(account, group) == name {
		return m.joined(LaneName(m.owners[account], group))
	}
	return name
}

// joined follows the aliases of a name.
func (m *Machine) joined(name string) string {
	for range maxAliases { // a chain of names, and no loop
		into, ok := m.aliases[name]
		if !ok {
			break
		}
		name = into
	}
	return name
}

// remove forgets a lane.
func (m *Machine) remove(l *lane) {
	m.setReady(l, false)
	heap.Remove(&m.heap, l.index)
	l.index = -1
	delete(m.lanes, l.name)
	if kept, ok := l.worth(m.now); ok {
		m.memories.keep(l.name, kept)
	}
}

// reckon works out when to look at l again, after any change to it, and whether
// its next in line may start now.
func (m *Machine) reckon(l *lane) {
	if l.index < 0 {
		return // it has gone
	}
	s := &m.settings
	if !l.broken(s) {
		l.releaseTried()
	}
	startable := l.startable(s, m.now)
	m.setReady(l, startable)
	l.wake = l.due(s)
	if !startable && l.next(s) != nil && l.running < l.concurrency(s) {
		l.wake = min(l.wake, l.opens(s))
	}
	if l.idle(s, m.now) {
		m.remove(l)
		return
	}
	heap.Fix(&m.heap, l.index)
}

// reckonOthers is reckon for all lanes but one: what concerns all of them has changed.
func (m *Machine) reckonOthers(but *lane) {
	for _, l := range m.lanes {
		if l != but {
			m.reckon(l)
		}
	}
}

func (m *Machine) setReady(l *lane, ready bool) {
	switch {
	case ready == l.isReady:
		return
	case ready:
		m.ready.pushBack(&l.ready)
	default:
		m.ready.remove(&l.ready)
	}
	l.isReady = ready
}

// change does what is due in l: first w is fixed, then the rest.
func (m *Machine) change(l *lane, due time.Duration) {
	s := &m.settings
	switch {
	case l.fixDue(s) <= due:
		spacing := l.pace.fix(s, l.inLine())
		if l.inLine() > 0 && spacing > 0 {
			m.emit(Event{Kind: KindSpacing, Lane: l.name, Waiting: l.inLine(), Millis: spacing.Milliseconds()})
		}
	case l.pause.words != "" && l.pause.until <= due:
		l.pause.words = ""
		m.emit(Event{Kind: KindResumed, Lane: l.name})
	case l.aside.len > 0 && l.aside.first.item.since <= due:
		l.comeBack(s, due)
	default: // or the gate has opened, which reckon sees
		l.order.promote(due, s.Aging)
	}
	m.reckon(l)
}
