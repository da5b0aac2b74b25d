package queue

import (
	"fmt"
	"time"
)

const (
	tickInterval    = time.Second      // between two looks at the health while there is work
	metricsInterval = 30 * time.Second // between two lines of metrics while there is traffic
	keptEvents      = 256
	maxFreshEvents  = 1 << 16 // that wait for a slow observer, at most
)

// eventLog keeps the last keptEvents events, and those that Events has not returned yet.
type eventLog struct {
	last    [keptEvents]loggedEvent
	total   int64
	observe bool
	fresh   []Event
	lost    int64         // that did not fit into fresh
	traffic bool          // something happened since the last line of metrics
	printed time.Duration // when that was
}

// loggedEvent is an [Event] as the log keeps it: each request has three, of which there is not
// much to say.
type loggedEvent struct {
	at                time.Duration
	kind              Kind
	user, group, lane string
	waiting           int
	millis            int64
	trouble           *Event // all that there is to say of a trouble; nil: it is routine
}

// emit notes that e happens now. It fills in the queue's length, and the time where somebody
// reads it.
func (m *Machine) emit(e *Event) {
	es, trouble := &m.events, e.isTrouble()
	if trouble || es.observe {
		e.Time = Time{m.wallTime(m.now)}
	}
	if e.Kind != KindSpacing {
		e.Waiting = m.arrivals.Len
	}
	if e.Kind != KindMetrics {
		if !es.traffic {
			es.traffic = true
			es.printed = max(es.printed, m.now-m.now%metricsInterval)
		}
		kept := &es.last[es.total%keptEvents]
		kept.at, kept.kind, kept.waiting, kept.millis = m.now, e.Kind, e.Waiting, e.Millis
		kept.user, kept.group, kept.lane, kept.trouble = e.User, e.Group, e.Lane, nil
		if trouble {
			m.keepTrouble(kept, e)
		}
		es.total++
	}
	switch {
	case !es.observe:
	case len(es.fresh) < maxFreshEvents:
		es.fresh = append(es.fresh, *e)
	default:
		es.lost++
	}
}

// keepTrouble keeps all that there is to say of a trouble.
func (m *Machine) keepTrouble(kept *loggedEvent, e *Event) {
	m.timeline.troubles.add(e)
	trouble := *e
	kept.trouble = &trouble
}

// Events returns what happened since the last call, oldest first. It begins to
// collect with its first call, which returns nothing. Of more than 65,536 the
// newest are lost, and a last event says how many.
func (m *Machine) Events() []Event {
	es := &m.events
	fresh := es.fresh
	if es.lost > 0 {
		fresh = append(fresh, Event{Time: Time{m.wallTime(m.now)}, Kind: KindLost, Millis: es.lost})
	}
	es.observe, es.fresh, es.lost = true, nil, 0
	return fresh
}

// lastEvents returns the events that are kept, oldest first.
func (m *Machine) lastEvents() []Event {
	es := &m.events
	n := min(es.total, keptEvents)
	list := make([]Event, 0, n)
	for i := es.total - n; i < es.total; i++ {
		kept := &es.last[i%keptEvents]
		if kept.trouble != nil {
			list = append(list, *kept.trouble)
			continue
		}
		list = append(list, Event{
			Time: Time{m.wallTime(kept.at)}, Kind: kept.kind, User: kept.user, Group: kept.group, Lane: kept.lane,
			Waiting: kept.waiting, Millis: kept.millis,
		})
	}
	return list
}

// onTick looks at the health, and prints the metrics when it is time.
func (m *Machine) onTick() {
	verdict := m.updateVerdict()
	m.watchEmptying()
	m.tellOutageOver()
	es := &m.events
	if es.traffic && m.now-es.printed >= metricsInterval {
		es.traffic, es.printed = false, m.now
		m.emit(&Event{Kind: KindMetrics, Metrics: &MetricsLine{
			Total: m.metrics.total, Successful: m.metrics.successful, Failed: m.metrics.failed,
			SuccessRate: m.metrics.successRate(), AverageWait: fmt.Sprintf("%dms", m.metrics.averageWait().Milliseconds()),
			Waiting: m.arrivals.Len, Healthy: verdict.level == levelHealthy,
		}})
	}
	m.nextTick = never
	if !m.Idle() || es.traffic || verdict.level != levelHealthy || m.health.outage.told && m.health.outage.until != never {
		m.nextTick = m.now + tickInterval
	}
}
