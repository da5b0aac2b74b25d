package queue

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// maxAliases is how many names of joined lanes are remembered.
const maxAliases = 10_000

// JoinLanes merges two lanes that turn out to share one limit. The requests waiting in
// from join the line of into by their arrival, and later requests for from go to into.
// Where both names are [LaneName]s of one group of models, later requests for the other
// groups of from's account go to into's account, too; the requests that already wait in
// those lanes need a JoinLanes of their own. If the account was already mapped, only its
// later requests follow the new mapping.
func (m *Machine) JoinLanes(now time.Time, from, into string) {
	m.advance(now)
	source, target, owned := m.lanes[from], m.lane(into), m.setOwner(from, into)
	if source == nil && !owned {
		source = m.lane(from)
	}
	if source == nil || source == target { // no requests to move
		m.reschedule(target)
		return
	}
	if !owned {
		if len(m.aliases) >= maxAliases {
			clear(m.aliases) // they are learned again
		}
		m.aliases[source.name] = target.name
	}
	m.moveWaiting(source, target)
	adopted := target.limits.Adopt(m.now, &source.limits)
	for t := range m.active.All {
		if t.lane == source {
			t.lane = target
			if !adopted {
				t.startNumber = target.limits.Start(m.now, t.cost)
			}
		}
	}
	target.running += source.running
	target.lastProgress = max(target.lastProgress, source.lastProgress)
	target.hearing = target.hearing.with(&source.hearing)
	target.failures = target.failures.with(&source.failures)
	target.failed = source.failed.with(target.failed)
	if !target.overload.Open() && (source.overload.Open() || source.overload.Failures() > target.overload.Failures()) {
		target.overload = source.overload
	}
	if source.reach.failedAt > target.reach.failedAt || target.reach.answers == 0 {
		target.reach = source.reach
	}
	if source.pause.until > target.pause.until {
		target.pause = source.pause
	}
	if source.pace.started && (!target.pace.started || source.pace.last > target.pace.last) {
		target.pace = source.pace
	}
	target.plan, target.projection = plan{}, nil // of others
	target.emptyTimes = emptyTimes{}
	m.remove(source)
	m.memories.take(source.name) // what it knew is the target's
	if target.pause.active(m.now) {
		target.pause.shed = 0 // others wait there by now
		m.shed(target)
	}
	m.reschedule(target)
}

// moveWaiting moves the requests that wait in one lane to another one, to where they
// belong by their arrival, their start, or the time at which they come back.
func (m *Machine) moveWaiting(source, target *lane) {
	all := source.allWaiting()
	slices.SortFunc(all, byArrival)
	var moved [running][]*Ticket // by state
	for _, t := range all {
		source.removeWaiting(t)
		t.lane = target
		moved[t.state] = append(moved[t.state], t)
	}
	lines, heads, backs := merger{order: byArrival}, merger{order: byStart}, merger{order: bySince}
	target.order.merge(moved[inLine], m.now, lines.place)
	slices.SortFunc(moved[atHead], byStart)
	for _, t := range moved[atHead] {
		if target.head.of[t.user] > 0 { // its user has one there
			t.refund()
			target.order.insert(t, m.now)
			continue
		}
		target.head.insert(t, heads.place(&target.head.List, t))
	}
	slices.SortStableFunc(moved[aside], bySince)
	for _, t := range moved[aside] {
		target.aside.insert(t, backs.place(&target.aside.List, t))
	}
}

// setOwner notes that the account of a lane is part of that of another one, and reports
// whether that says where its requests go.
func (m *Machine) setOwner(from, into string) bool {
	account, group := CutLane(from)
	owner, other := CutLane(into)
	if group != other || LaneName(account, group) != from {
		return false
	}
	owner = cmp.Or(m.owners[owner], owner) // an owner is never owned itself
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

// laneName returns what the lane of a name is called, after it joined others.
func (m *Machine) laneName(name string) string {
	name = m.followAliases(name)
	if account, group := CutLane(name); m.owners[account] != "" && LaneName(account, group) == name {
		return m.followAliases(LaneName(m.owners[account], group))
	}
	return name
}

// followAliases follows the aliases of a name.
func (m *Machine) followAliases(name string) string {
	for range maxAliases { // a chain of names, and no loop
		into, ok := m.aliases[name]
		if !ok {
			break
		}
		name = into
	}
	return name
}
