package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// reportWaits writes into d who waits longest, what for, and who has many more requests
// waiting than the others.
func (m *Machine) reportWaits(d *Detail) {
	if m.arrivals.Len == 0 {
		return
	}
	t := m.arrivals.First.Item
	waited := m.now - t.arrived
	d.OldestWaitMs = ptr(waited.Milliseconds())
	d.Oldest = &OldestRequest{ID: t.ID(), User: t.user.name, Group: t.user.group, Lane: t.lane.name, WaitedMs: waited.Milliseconds()}
	d.Binds = m.binding(t.lane)
	d.Crowd = m.crowd()
}

// binding returns what the next request of l waits for, in which somebody waits; nil if for
// nothing.
func (m *Machine) binding(l *lane) *Binding {
	b := &Binding{Lane: l.name, Kind: l.blockedBy(&m.settings, m.now)}
	switch {
	case b.Kind != "":
	case l.inLine() == 0:
		b.Kind = BlockedByBackOff
	default:
		return nil
	}
	for _, left := range l.limits.Remaining(m.now) {
		if limiter.DimensionName(left.Dimension) != b.Kind {
			continue
		}
		b.PerMinute = &left.PerMinute
		if left.Reported {
			b.Free = &left.Free
		}
	}
	return b
}

// oldestOf returns how long the oldest of a user's waiting requests has waited.
func (m *Machine) oldestOf(u *user) time.Duration { return m.now - u.requests.First.Item.arrived }
