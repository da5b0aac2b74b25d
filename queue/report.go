package queue

import (
	"fmt"
	"time"
)

// Report returns everything about the queue at now. It costs about the same however
// many are waiting; of many lanes it lists some.
func (m *Machine) Report(now time.Time) Report {
	m.advance(now)
	v := m.updateVerdict()
	ms := &m.metrics
	r := Report{
		Status:    v.level.String(),
		Timestamp: Time{m.wallTime(m.now)},
		Metrics: Metrics{
			TotalRequests: ms.total, Successful: ms.successful, Failed: ms.failed,
			SuccessRate:        ms.successRate(),
			AverageWaitTime:    fmt.Sprintf("%dms", ms.averageWait().Milliseconds()),
			CurrentQueueLength: m.arrivals.Len,
		},
		Health: Health{IsHealthy: v.level == levelHealthy, Message: "Queue is processing normally"},
		Detail: m.detail(v),
	}
	if ms.succeededOnce {
		r.Metrics.LastProcessedAt = &Time{m.wallTime(ms.lastSuccess)}
	}
	if len(v.findings) > 0 {
		r.Health.tell(v.findings[0])
	}
	return r
}

// tell makes a finding the verdict's words.
func (h *Health) tell(worst Finding) {
	h.Message, h.Recommendation = worst.Message, &worst.Recommendation
}

func (m *Machine) detail(v verdict) *Detail {
	ms := &m.metrics
	d := &Detail{
		Pace: m.settings.Pace(), PaceOff: m.reportOff(), UptimeMs: m.now.Milliseconds(), Resets: ms.resets, Draining: m.closed, Drain: m.drain(),
		Running: m.active.Len, Cancelled: ms.cancelled, Refused: ms.refused,
		Retries: ms.retries, RateLimited: ms.rateLimited, Resent: ms.resent,
		PerMinute:         float64(ms.finished.Count(m.now)),
		ArrivalsPerMinute: ms.came(m.now), StartsPerMinute: ms.leftLine(m.now), Growing: m.trend.grows,
		GaveUpPerMinute: ms.gaveUp.Count(m.now), RefusedPerMinute: ms.recentRefusals.Count(m.now),
		Wait: quantilesOf(&ms.wait, m.now), Response: quantilesOf(&ms.response, m.now),
		Capacity: m.capacity(),
		Findings: append([]Finding{}, v.findings...),
		Slices:   m.lastSlices(),
		Failures: m.health.failures.report(m.now), Cause: v.cause,
		Users: m.reportUsers(), UsersTotal: len(m.users.byKey), UsersWaiting: len(m.users.waiting),
		Events: m.lastEvents(), EventsTotal: m.events.total,
		Settings: m.settings,
	}
	n, succeeded, _ := m.health.recent()
	low := float64(succeeded) < m.settings.Thresholds.WarnSuccess*float64(n)
	if m.health.isRecent() && (!low || !m.health.failuresAged(m.now)) { // else it says nothing of now
		rate := float64(succeeded) / float64(n)
		d.Recent = RecentOutcomes{Finished: n, SuccessRate: &rate}
	}
	d.Recent.Mistakes = m.health.failures.allMistakes(m.now)
	if m.health.since.known {
		d.Since = &Time{m.wallTime(m.health.since.verdict.at)}
	}
	if m.health.failures.keeping && m.health.failures.since < never {
		d.FailuresSince = &Time{m.wallTime(m.health.failures.since)}
	}
	d.ModelsByGroup = m.spending.list()
	d.Models = byModel(d.ModelsByGroup)
	m.reportWaits(d)
	m.reportLanes(d)
	if empty, between, known := m.emptyIn(); known && !m.endsBefore(m.now+empty) {
		d.EmptyInMs, d.EmptyEarlyMs, d.EmptyLateMs = ptr(empty.Milliseconds()), ptr(between.early.Milliseconds()), ptr(between.late.Milliseconds())
	}
	d.UserWaits = UserWaits{P95Ms: millisOrNil(v.waits.measured), ExpectedP95Ms: millisOrNil(v.waits.expected)}
	return d
}

// millisOrNil returns a duration in milliseconds; nil if it is negative, which stands for
// one that is not known.
func millisOrNil(d time.Duration) *int64 {
	if d < 0 {
		return nil
	}
	return ptr(d.Milliseconds())
}

func ptr[T any](v T) *T { return &v }
