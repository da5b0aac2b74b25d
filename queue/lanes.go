package queue

import (
	"container/heap"
	"time"
)

// maxAliases is how many names of joined lanes are remembered.
const maxAliases = 10_000

// JoinLanes makes one lane of two: it turned out that both share one limit. Who
// waits in from joins into by arrival, and what comes for from goes to into.
func (m *Machine) JoinLanes(now time.Time, from, into string) {
	m.settle(now)
	source, target := m.lane(from), m.lane(into)
	if source == target {
		m.reckon(target)
		return
	}
	if len(m.aliases) >= maxAliases {
		clear(m.aliases) // they are learned again
	}
	m.aliases[source.name] = target.name
	for t := range m.arrivals.all {
		if t.lane != source {
			continue
		}
		was, due := t.state, t.since
		source.drop(t)
		t.lane = target
		switch was {
		case atHead:
			target.putAtHead(t)
		case inBackoff:
			target.putInBackoff(t, due)
		default:
			target.order.merge(t)
		}
	}
	fresh := !target.limits.known && len(target.limits.launches) == 0
	if fresh {
		most := target.limits.most
		target.limits = source.limits
		target.limits.join(m.now, most)
	}
	for t := range m.active.all {
		if t.lane == source {
			t.lane = target
			if !fresh && m.settings.Adaptive {
				t.launch = target.limits.start(m.now, t.cost)
			}
		}
	}
	target.running += source.running
	target.alive = max(target.alive, source.alive)
	target.overloads = min(target.overloads, source.overloads)
	if source.pausedUntil > target.pausedUntil {
		target.pausedUntil, target.pauseWords, target.pausedAt = source.pausedUntil, source.pauseWords, source.pausedAt
	}
	if source.pace.started && (!target.pace.started || source.pace.last > target.pace.last) {
		target.pace = source.pace
	}
	m.remove(source)
	m.reckon(target)
}

// Resume ends the pause of a lane. By says who asked, for the events. It reports
// whether the lane was paused.
func (m *Machine) Resume(now time.Time, lane, by string) bool {
	m.settle(now)
	l := m.lanes[m.laneName(lane)]
	if l == nil || !l.paused(m.now) {
		return false
	}
	l.pausedUntil, l.pauseWords, l.pauses = m.now, "", 0
	m.emit(Event{Kind: KindResumed, Lane: l.name, By: by})
	m.reckon(l)
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
		l = &lane{name: name, wake: never, alive: m.now, limits: m.known.restore(name, m.now)}
		m.lanes[name] = l
		l.ready.item = l
		heap.Push(&m.heap, l)
	}
	return l
}

// laneName returns what the lane of a name is called, after it joined others.
func (m *Machine) laneName(name string) string {
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
	delete(m.lanes, l.name)
	m.known.keep(l.name, &l.limits)
}

// reckon works out when to look at l again, after any change to it, and whether
// its next in line may start now.
func (m *Machine) reckon(l *lane) {
	s := &m.settings
	startable := l.startable(s, m.now)
	m.setReady(l, startable)
	l.wake = l.due(s)
	if !startable && l.inLine() > 0 && l.running < l.room(s) {
		l.wake = min(l.wake, l.opens(s))
	}
	if l.idle(s, m.now) {
		m.remove(l)
		return
	}
	heap.Fix(&m.heap, l.index)
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
	case l.pauseWords != "" && l.pausedUntil <= due:
		l.pauseWords = ""
		m.emit(Event{Kind: KindResumed, Lane: l.name})
	case l.backoff.len > 0 && l.backoff.first.item.since <= due:
		t := l.backoff.first.item
		l.backoff.remove(&t.place)
		l.order.join(t, due, true)
	default: // or the gate has opened, which reckon sees
		l.order.promote(due, s.Aging)
	}
	m.reckon(l)
}
