package queue

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

const reportedUsers = 50

// Report returns everything about the queue at now. It costs the same however
// many are waiting.
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
		worst := v.findings[0]
		r.Health.Message, r.Health.Recommendation = worst.Message, &worst.Recommendation
	}
	return r
}

func (m *Machine) detail(v verdict) *Detail {
	ms := &m.metrics
	d := &Detail{
		Pace: m.settings.Pace(), UptimeMs: m.now.Milliseconds(), Resets: ms.resets, Draining: m.closed,
		Running: m.active.Len, Cancelled: ms.cancelled, Refused: ms.refused,
		Retries: ms.retries, RateLimited: ms.rateLimited, Resent: ms.resent,
		PerMinute: float64(ms.finished.Count(m.now)),
		Wait:      quantilesOf(&ms.wait, m.now), Response: quantilesOf(&ms.response, m.now),
		Capacity: capacity(m.users.active.Count(m.now)),
		Findings: append([]Finding{}, v.findings...),
		Lanes:    m.reportLanes(), Users: m.reportUsers(),
		Events: m.events.list(), EventsTotal: m.events.total,
		Settings: m.settings,
	}
	if n, succeeded, _, _ := m.health.recent(); n > 0 {
		rate := float64(succeeded) / float64(n)
		d.Recent = RecentOutcomes{Finished: n, SuccessRate: &rate}
	}
	if m.arrivals.Len > 0 {
		d.OldestWaitMs = ptr(m.oldest().Milliseconds())
	}
	for _, l := range m.lanes {
		d.InBackoff += l.aside.Len
		if l.inLine() > 0 {
			empty := (max(m.emptyAt(l)-m.now, 0)).Milliseconds()
			d.EmptyInMs = ptr(max(empty, value(d.EmptyInMs)))
		}
	}
	for _, l := range d.Lanes {
		if l.NextStartMs != nil && (d.NextStartMs == nil || *l.NextStartMs < *d.NextStartMs) {
			d.NextStartMs = l.NextStartMs
		}
	}
	return d
}

func (m *Machine) reportLanes() []Lane {
	lanes := make([]Lane, 0, len(m.lanes))
	for _, l := range m.lanes {
		lane := Lane{Name: l.name, Waiting: l.waiting(), Running: l.running, MaxInFlight: m.settings.concurrency(), InBackoff: l.aside.Len}
		if l.next(&m.settings) != nil && l.running < m.settings.concurrency() {
			lane.NextStartMs = ptr((max(l.opens(&m.settings, m.now)-m.now, 0)).Milliseconds())
		}
		if l.pause.active(m.now) {
			lane.PausedUntil = &Time{m.wallTime(l.pause.until)}
		}
		m.reportLimits(&lane, &l.limits)
		lane.Pace = m.settings.Pace()
		if m.settings.Adaptive {
			lane.WaitsFor = l.waitsFor(&m.settings, m.now)
		}
		lanes = append(lanes, lane)
	}
	slices.SortFunc(lanes, func(a, b Lane) int { return cmp.Compare(a.Name, b.Name) })
	return lanes
}

// reportLimits writes what is known of the limits into a lane's report.
func (m *Machine) reportLimits(lane *Lane, of *limiter.Limiter) {
	lane.Limits = []LaneLimit{}
	for _, left := range of.Remaining(m.now) {
		limit := LaneLimit{Kind: limiter.DimensionName(left.Dimension), PerMinute: left.PerMinute}
		if left.Reported {
			limit.Free, limit.FullInMs = ptr(left.Free), ptr((left.FullAt - m.now).Milliseconds())
		}
		lane.Limits = append(lane.Limits, limit)
	}
	if rate := of.Rate(); rate > 0 && m.settings.Adaptive {
		lane.Rate = ptr(math.Round(10*rate) / 10)
	}
}

// waitsFor returns the limit that the next in line waits for; empty if for none.
func (l *lane) waitsFor(s *Settings, now time.Duration) string {
	t := l.next(s)
	if t == nil {
		return ""
	}
	if at, by := l.limits.Next(t.cost); at > now {
		return string(by)
	}
	return ""
}

func (m *Machine) reportUsers() []User {
	list := make([]User, 0, min(reportedUsers, len(m.users.byKey)))
	for u := range m.users.busiest {
		if len(list) == reportedUsers {
			break
		}
		user := User{
			Name: u.name, Waiting: u.rank.waiting, Running: u.running, Done: u.done, Failed: u.failed,
			IdleMs: (m.now - u.seen).Milliseconds(),
		}
		if u.started {
			user.LastWaitMs = ptr(u.lastWait.Milliseconds())
		}
		list = append(list, user)
	}
	return list
}

func ptr[T any](v T) *T { return &v }

func value(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}
