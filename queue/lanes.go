package queue

import (
	"container/heap"
	"time"
)

// lane returns the lane of a name, a new one if need be.
func (m *Machine) lane(name string) *lane {
	if name == "" {
		name = DefaultLane
	}
	name = m.laneName(name)
	if l := m.lanes[name]; l != nil {
		return l
	}
	return m.addLane(name)
}

// addLane adds a lane. It is apart from [Machine.lane] as it needs much of the stack, which
// would grow with each request that joins.
func (m *Machine) addLane(name string) *lane {
	l := &lane{name: name, wake: never, emptyAt: -1, lastProgress: m.now, laneMemory: m.memories.take(name), network: &m.network}
	l.order.tariff = &l.tariff
	m.lanes[name] = l
	m.assumeSiblingLimits(l)
	if m.settings.Off && l.pause.active(m.now) { // it is remembered from before
		l.pause.end(m.now)
	}
	account, _ := CutLane(name)
	if spent := m.spentCaps[account]; spent.until > m.now {
		l.pause.begin(m.now, spent.until, errorText(spent.err), spent.err, false)
	}
	if l.pause.active(m.now) { // since before
		m.timeline.notePause(m.now, l.pause.until)
	}
	l.ready.Item = l
	heap.Push(&m.heap, l)
	return l
}

// remove forgets a lane.
func (m *Machine) remove(l *lane) {
	m.setReady(l, false)
	heap.Remove(&m.heap, l.index)
	l.index, l.projection = -1, nil
	delete(m.lanes, l.name)
	if kept, ok := l.worthKeeping(m.now); ok {
		m.memories.keep(l.name, kept)
	}
}

// reschedule works out when to look at l again, after any change to it, and whether
// its next in line may start now.
func (m *Machine) reschedule(l *lane) {
	if l.index < 0 {
		return // it has gone
	}
	s := &m.settings
	m.changes++
	m.dropOldPlan(l)
	l.emptyAt = -1
	if !l.broken(s) {
		l.releaseFailedTries(m.now)
	}
	l.tariff.tell(l.told(s))
	before := l.wake
	l.wake = l.due(s)
	first, ready := l.next(s), false
	if first != nil && first.firstAt == 0 {
		first.firstAt = max(m.now, 1)
	}
	if first != nil && l.running < s.concurrency() {
		_, opens := l.firstOrPasser(s, first, m.now)
		if ready = opens <= m.now && l.fixDue(s) > m.now; !ready {
			l.wake = min(l.wake, opens)
		}
	}
	m.setReady(l, ready)
	if l.idle(s, m.now) {
		m.remove(l)
		return
	}
	if l.wake != before {
		heap.Fix(&m.heap, l.index)
	}
}

// rescheduleOthers reschedules all lanes but one: what concerns all of them has changed.
func (m *Machine) rescheduleOthers(but *lane) {
	for _, l := range m.lanes {
		if l != but {
			m.reschedule(l)
		}
	}
}

func (m *Machine) setReady(l *lane, ready bool) {
	switch {
	case ready == l.isReady:
		return
	case ready:
		m.ready.PushBack(&l.ready)
	default:
		m.ready.Remove(&l.ready)
	}
	l.isReady = ready
}

// runDue does what is due in l: first w is fixed, then the rest.
func (m *Machine) runDue(l *lane, due time.Duration) {
	s := &m.settings
	switch {
	case l.fixDue(s) <= due:
		spacing := l.pace.fix(s, l.inLine())
		if l.inLine() > 0 && spacing > 0 {
			m.emit(&Event{Kind: KindSpacing, Lane: l.name, Waiting: l.inLine(), Millis: spacing.Milliseconds()})
		}
	case l.pause.reason != "" && l.pause.until <= due:
		l.pause.reason = ""
		m.emit(&Event{Kind: KindResumed, Lane: l.name})
	case l.aside.Len > 0 && l.aside.First.Item.since <= due:
		l.rejoin(s, due)
	default: // the gate has opened, which reschedule sees
	}
	m.reschedule(l)
}

// laneHeap orders lanes by wake, and those of one instant by name, for
// container/heap.
type laneHeap []*lane

func (h laneHeap) Len() int { return len(h) }

func (h laneHeap) Less(i, j int) bool {
	return h[i].wake < h[j].wake || h[i].wake == h[j].wake && h[i].name < h[j].name
}

func (h laneHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *laneHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
