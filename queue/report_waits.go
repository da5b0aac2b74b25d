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

// crowd returns the user whose requests are most of the line of the lane in which somebody
// waits longest; nil if there is none. Those in other lanes keep nobody waiting there.
func (m *Machine) crowd() *Crowd {
	oldest := m.arrivals.First.Item
	u := m.users.mostOf(oldest.lane, m.settings.Thresholds.WarnWaiting)
	if u == nil {
		return nil
	}
	c := &Crowd{User: u.name, Group: u.group, Waiting: u.requests.Len, OldestWaitMs: m.oldestOf(u).Milliseconds()}
	if other := m.users.waiting.oldestIn(oldest.lane, u); other != nil {
		c.OthersOldestMs = ptr((m.now - other.arrived).Milliseconds())
	}
	return c
}

// crowdsLooked is how many users are looked at in search of one with most of a line, those
// with the most requests.
const crowdsLooked = 100

// mostOf returns the user with at least half of those in line in l, with so many of them at
// least, and crowdLead more than any other; nil if there is none.
func (us *users) mostOf(l *lane, atLeast int) *user {
	atLeast = max(atLeast, (l.inLine()+1)/2)
	var crowd *user
	most, second, looked := 0, 0, 0
	for u := range us.busiest {
		if looked++; looked > crowdsLooked || u.requests.Len <= max(second, atLeast-crowdLead) {
			break
		}
		if n := l.inLineOf(u); n > most {
			crowd, most, second = u, n, most
		} else {
			second = max(second, n)
		}
	}
	if most < max(atLeast, second+crowdLead) {
		return nil
	}
	return crowd
}

// inLineOf is how many of those in line are of a user.
func (l *lane) inLineOf(u *user) int {
	n, _ := l.order.waitingOf(u)
	return n + l.head.of[u]
}

// oldestOf returns how long the oldest of a user's waiting requests has waited.
func (m *Machine) oldestOf(u *user) time.Duration { return m.now - u.requests.First.Item.arrived }
