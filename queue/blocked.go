package queue

import (
	"time"

	"paceline/queue/internal/limiter"
)

// The kinds of the limits of an account.
const (
	LimitRequests = limiter.RequestsName
	LimitInput    = limiter.InputName
	LimitOutput   = limiter.OutputName
	LimitTokens   = limiter.TokensName // input and output together
)

// What can hold up the first request in line of a lane, beside the limits of an account.
const (
	BlockedBySpacing   = "spacing"                 // the published rule
	BlockedByPause     = "pause"                   // the API has refused one, and said until when
	BlockedBySlots     = "calls in flight"         // as many run as may
	BlockedByOverload  = "overload"                // the API is overloaded, and a few at a time are tried
	BlockedByNetwork   = "connection"              // the API cannot be reached, and a few at a time are tried
	BlockedByExploring = string(limiter.Exploring) // nothing is known of the limits yet
	BlockedByRate      = string(limiter.Measured)  // the rate that refusals show where no answer reports a limit
	BlockedByCaution   = string(limiter.Cautious)  // less is started after a 429 that no limit explains
	BlockedByBackOff   = "back-off"                // all that wait stand aside: they have failed, and will be tried again
)

// BlockedLane is what holds up a lane.
type BlockedLane struct {
	Lane    string
	Reason  string // what the next in line waits for: a limit's kind, or a BlockedBy constant
	Waiting int    // requests in line
}

// Blocked appends to all what holds up each lane in which somebody waits, in no
// order. Those that stand aside do not stand in line.
func (m *Machine) Blocked(now time.Time, all []BlockedLane) []BlockedLane {
	m.advance(now)
	for _, l := range m.lanes {
		all = m.appendBlocked(all, l)
	}
	return all
}

// appendBlocked appends to all what holds up l, if it does.
func (m *Machine) appendBlocked(all []BlockedLane, l *lane) []BlockedLane {
	if n := l.inLine(); n > 0 && !l.isReady {
		all = append(all, BlockedLane{Lane: l.name, Reason: l.blockedBy(&m.settings, m.now), Waiting: n})
	}
	return all
}

// blockedBy returns what the next in line waits for; empty if for nothing.
func (l *lane) blockedBy(s *Settings, now time.Duration) string {
	t := l.next(s)
	if t == nil {
		return ""
	}
	at, by := l.nextStart(s, t)
	switch by {
	case BlockedByPause, BlockedByOverload, BlockedByNetwork:
		if at > now {
			return by
		}
	}
	switch {
	case l.running >= s.concurrency():
		return BlockedBySlots
	case at > now:
		return by
	default:
		return ""
	}
}
