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

	wait           window.Histogram // of each start, what its request had waited since its arrival
	response       window.Histogram
	finished       window.Minute
	arrivals       window.Minute // accepted; who comes back is none,
	doubles        window.Minute // nor who had come back before it left
	begun          window.Minute // starts
	returned       window.Minute // of these, calls that failed and whose requests wait again
	gaveUp         window.Minute // callers that left while they waited
	recentRefusals window.Minute
	refusedAt      time.Duration            // the latest of them
	capRefusals    window.Minute            // of these, for a spend cap,
	pauseRefusals  window.Minute            // and in a pause that takes nobody
	longest        window.Longest[pastWait] // wait of each user
}

func (m *metrics) recordFirstStart(waited time.Duration) {
	m.starts++
	m.waited += waited
	if m.waited > maxWaited { // the average stays
		m.starts, m.waited = m.starts/2, m.waited/2
	}
}

// came returns how many requests have arrived in the last minute.
func (m *metrics) came(now time.Duration) int {
	return max(m.arrivals.Count(now)-m.doubles.Count(now), 0)
}

// leftLine returns how many have left the line in the last minute to be served: a call
// that failed, and whose request waits again, is none.
func (m *metrics) leftLine(now time.Duration) int {
	return max(m.begun.Count(now)-m.returned.Count(now), 0)
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

// reset sets everything to zero, but for what comes and goes in a minute; total becomes what is
// under way.
func (m *metrics) reset(underWay int) {
	*m = metrics{
		total: int64(underWay), resets: m.resets + 1,
		arrivals: m.arrivals, doubles: m.doubles, begun: m.begun, returned: m.returned, gaveUp: m.gaveUp,
	}
}

// Reset sets the counters, the totals of the users, the quantiles and what the
// health remembers to zero. The queue itself goes on. by names the person that asked,
// for the events.
func (m *Machine) Reset(now time.Time, by string) {
	m.advance(now)
	m.timeline.settle(m.metrics.counts())
	m.metrics.reset(m.arrivals.Len + m.active.Len)
	m.timeline.counted = m.metrics.counts()
	m.users.reset()
	m.spending = spending{}
	m.health = health{since: since{verdict: levelSince{at: m.now}, known: true}}
	m.emit(&Event{Kind: KindReset, By: by})
}
