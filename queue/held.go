package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// What the next in line of a lane can wait for, beside the limits of an account
// (requests, input tokens, output tokens).
const (
	HeldBySpacing   = "spacing"                 // the published rule
	HeldByPause     = "pause"                   // the API has refused one, and said until when
	HeldBySlots     = "calls in flight"         // as many run as may
	HeldByOverload  = "overload"                // the API is overloaded, and a few at a time are tried
	HeldByNetwork   = "connection"              // the API cannot be reached, and a few at a time are tried
	HeldByExploring = string(limiter.Exploring) // nothing is known of the limits yet
	HeldByRate      = string(limiter.Measured)  // what refusals tell of a limit that no answer tells
)

// Held is what holds up a lane.
type Held struct {
	Lane    string
	For     string // what the next in line waits for: a limit's kind, or a HeldBy constant
	Waiting int    // how many stand in line
}

// Held appends to all what holds up each lane in which somebody waits, in no
// order. Those that stand aside do not stand in line.
func (m *Machine) Held(now time.Time, all []Held) []Held {
	m.settle(now)
	for _, l := range m.lanes {
		if n := l.inLine(); n > 0 && !l.isReady {
			all = append(all, Held{Lane: l.name, For: l.heldBy(&m.settings, m.now), Waiting: n})
		}
	}
	return all
}

// heldBy returns what the next in line waits for; empty if for nothing.
func (l *lane) heldBy(s *Settings, now time.Duration) string {
	t := l.next(s)
	if t == nil {
		return ""
	}
	at, by := l.gate(s, t)
	switch by {
	case HeldByPause, HeldByOverload, HeldByNetwork:
		if at > now {
			return by
		}
	}
	switch {
	case l.running >= l.concurrency(s):
		return HeldBySlots
	case at > now:
		return by
	default:
		return ""
	}
}
