package queue

import (
	"fmt"
	"time"

	"paceline/queue/internal/window"
)

// metrics are the counters since start or reset, and the figures of the last
// minutes.
type metrics struct {
	total, successful, failed           int64
	cancelled, refused, retries, resent int64
	rateLimited                         int64
	starts                              int64 // first ones
	waited                              time.Duration
	lastSuccess                         time.Duration
	succeededOnce                       bool // lastSuccess is known
	resets                              int64

	wait, response window.Histogram
	finished       window.Minute
	refusedLately  window.Minute
}

func (m *metrics) firstStart(now, waited time.Duration) {
	m.starts++
	m.waited += waited
	if m.waited > mostWaited { // the average stays
		m.starts, m.waited = m.starts/2, m.waited/2
	}
	m.wait.Record(now, waited)
}

// averageWait is the published average, from arrival to first start.
func (m *metrics) averageWait() time.Duration {
	if m.starts == 0 {
		return 0
	}
	return m.waited / time.Duration(m.starts)
}

// successRate is the published rate, "0.0%" while nothing has finished.
func (m *metrics) successRate() string {
	finished := m.successful + m.failed
	if finished == 0 {
		return "0.0%"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(m.successful)/float64(finished))
}

// quantilesOf returns what the wire says of a histogram.
func quantilesOf(h *window.Histogram, now time.Duration) Quantiles {
	millis := func(d time.Duration, ok bool) *float64 {
		if !ok {
			return nil
		}
		return new(float64(d) / float64(time.Millisecond))
	}
	total, sum := h.Total()
	return Quantiles{
		Count: h.Count(now), AverageMs: millis(h.Average(now)),
		P50Ms: millis(h.Quantile(now, 0.5)), P95Ms: millis(h.Quantile(now, 0.95)), P99Ms: millis(h.Quantile(now, 0.99)),
		Total: total, Sum: sum,
	}
}

// reset sets everything to zero; total becomes what is under way.
func (m *metrics) reset(underWay int) {
	*m = metrics{total: int64(underWay), resets: m.resets + 1}
}

func (m *Machine) succeeded(t *Ticket) {
	m.metrics.successful++
	m.metrics.lastSuccess, m.metrics.succeededOnce = m.now, true
	t.user.done++
	m.metrics.finished.Add(m.now)
	m.health.succeeded()
	m.emit(Event{Kind: KindCompleted, User: t.user.name, Lane: t.lane.name, Millis: (m.now - t.started).Milliseconds()})
}

func (m *Machine) failed(t *Ticket, e *Error) {
	m.metrics.failed++
	t.user.failed++
	m.metrics.finished.Add(m.now)
	m.health.failed(e)
	m.emit(Event{Kind: KindFailed, User: t.user.name, Lane: t.lane.name, Error: brief(e), Class: e.Class.String()})
}

// Reset sets the counters, the totals of the users, the quantiles and what the
// health remembers to zero. The queue itself goes on. By says who asked.
func (m *Machine) Reset(now time.Time, by string) {
	m.settle(now)
	m.metrics.reset(m.arrivals.len + m.active.len)
	m.users.reset()
	m.health = health{}
	m.emit(Event{Kind: KindReset, By: by})
}

const (
	tickLength    = time.Second      // between two looks at the health while there is work
	metricsLength = 30 * time.Second // between two lines of metrics while there is traffic
	keptEvents    = 256
	freshEvents   = 1 << 16 // that wait for a slow observer, at most
)

// events are the last ones, and those that nobody has taken yet.
type events struct {
	last    [keptEvents]Event
	total   int64
	observe bool
	fresh   []Event
	lost    int64         // that did not fit into fresh
	traffic bool          // something happened since the last line of metrics
	printed time.Duration // when that was
}

// emit notes that e happens now. The queue's length is filled in.
func (m *Machine) emit(e Event) {
	e.Time = Time{m.at(m.now)}
	if e.Kind != KindSpacing {
		e.Waiting = m.arrivals.len
	}
	es := &m.events
	if e.Kind != KindMetrics {
		if !es.traffic {
			es.traffic = true
			es.printed = max(es.printed, m.now-m.now%metricsLength)
		}
		es.last[es.total%keptEvents] = e
		es.total++
	}
	switch {
	case !es.observe:
	case len(es.fresh) < freshEvents:
		es.fresh = append(es.fresh, e)
	default:
		es.lost++
	}
}

// Events returns what happened since the last call, oldest first. It begins to
// collect with its first call, which returns nothing. Of more than 65,536 the
// newest are lost, and a last event says how many.
func (m *Machine) Events() []Event {
	es := &m.events
	fresh := es.fresh
	if es.lost > 0 {
		fresh = append(fresh, Event{Time: Time{m.at(m.now)}, Kind: KindLost, Millis: es.lost})
	}
	es.observe, es.fresh, es.lost = true, nil, 0
	return fresh
}

// list returns the events that are kept, oldest first.
func (es *events) list() []Event {
	n := min(es.total, keptEvents)
	list := make([]Event, 0, n)
	for i := es.total - n; i < es.total; i++ {
		list = append(list, es.last[i%keptEvents])
	}
	return list
}

// onTick looks at the health, and prints the metrics when it is time.
func (m *Machine) onTick() {
	verdict := m.judge()
	es := &m.events
	if es.traffic && m.now-es.printed >= metricsLength {
		es.traffic, es.printed = false, m.now
		m.emit(Event{Kind: KindMetrics, Brief: &Brief{
			Total: m.metrics.total, Successful: m.metrics.successful, Failed: m.metrics.failed,
			SuccessRate: m.metrics.successRate(), AverageWait: fmt.Sprintf("%dms", m.metrics.averageWait().Milliseconds()),
			Waiting: m.arrivals.len, Healthy: verdict.level == levelHealthy,
		}})
	}
	m.tick = never
	if !m.Idle() || es.traffic || verdict.level != levelHealthy {
		m.tick = m.now + tickLength
	}
}
