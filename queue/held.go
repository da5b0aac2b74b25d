package queue

import "time"

// What the next in line of a lane can wait for, beside the limits of an account
// (requests, input tokens, output tokens).
const (
	HeldBySpacing  = "spacing"         // the published rule
	HeldByPause    = "pause"           // the API has refused one, and said until when
	HeldBySlots    = "calls in flight" // as many run as may
	HeldByOverload = "overload"        // one at a time is tried, see [Settings].Adaptive
)

// Held is what holds up a lane.
type Held struct {
	Lane    string
	For     string // what the next in line waits for: a limit's kind, or a HeldBy constant
	Waiting int    // how many stand in line
}

// Held appends to all what holds up each lane in which somebody waits, in no
// order. Those in back-off do not stand in line.
func (m *Machine) Held(now time.Time, all []Held) []Held {
	m.settle(now)
	for _, l := range m.lanes {
		if n := l.inLine(); n > 0 && !l.isReady {
			all = append(all, Held{Lane: l.name, For: l.heldBy(&m.settings, m.now), Waiting: n})
		}
	}
	return all
}

// heldBy returns what the next in line waits for.
func (l *lane) heldBy(s *Settings, now time.Duration) string {
	switch {
	case l.broken(s):
		return HeldByOverload
	case l.paused(now):
		return HeldByPause
	case l.running >= l.room(s):
		return HeldBySlots
	case !l.byLimits(s):
		return HeldBySpacing
	default:
		return l.limits.binds(l.next().cost, now)
	}
}
