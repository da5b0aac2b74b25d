package queue

import (
	"fmt"
	"time"
)

const (
	// Anonymous is the user of a request that names none.
	Anonymous = "anonymous"
	// DefaultLane is the lane of a request that names none.
	DefaultLane = "default"
)

// Priority is the class of a request: higher ones start first within a lane.
type Priority uint8

// The zero Priority is Normal.
const (
	Normal Priority = iota
	High
	Low
)

// String returns the priority's name, as on the wire.
func (p Priority) String() string {
	switch p {
	case Normal:
		return "normal"
	case High:
		return "high"
	case Low:
		return "low"
	default:
		return fmt.Sprintf("priority %d", uint8(p))
	}
}

// ParsePriority returns the priority of a name: high, normal or low; Normal for
// an empty one. The error says what to write.
func ParsePriority(s string) (Priority, error) {
	for _, p := range []Priority{High, Normal, Low} {
		if s == p.String() {
			return p, nil
		}
	}
	if s == "" {
		return Normal, nil
	}
	return Normal, fmt.Errorf("queue: priority is %q: must be high, normal or low", s)
}

// Below reports whether p gives way to other.
func (p Priority) Below(other Priority) bool { return classOf(p) > classOf(other) }

// The least and the greatest weight of a group or a user.
const (
	MinWeight = 0.001
	MaxWeight = 1000
)

// weight returns a weight that can be used.
func weight(w float64) float64 {
	if w > 0 {
		return min(max(w, MinWeight), MaxWeight)
	}
	return 1
}

// Request describes the call that is to be queued. The zero Request is an anonymous one of
// normal priority in the default lane.
type Request struct {
	// ID is what the request is called while it waits. Others may have the same: see
	// [RequestQuery]. Empty means a number.
	ID string
	// User is the person that asks; the users of a group share its turns. Empty means
	// [Anonymous].
	User string
	// Group is what is billed, a gateway token for instance; groups
	// share the turns first. Empty where there are none.
	Group string
	// GroupWeight and UserWeight are how many turns the group and the user get for each
	// turn of another one, from [MinWeight] to [MaxWeight]. Zero, or what is no positive
	// number, means 1.
	GroupWeight, UserWeight float64
	// Origin is where the request comes from, an address for instance: users of one
	// origin that have never been served share one turn, but for the first ones. Empty: not known.
	Origin string
	// Session is the conversation that the request belongs to, for whoever looks at it while it
	// waits. Empty: not known.
	Session string
	// Subagent says that a subagent of a session asks, for which nobody sits waiting: the
	// user's other requests go before it.
	Subagent bool
	// Lane names what shares one limit of the API. Lanes never wait for each
	// other. Empty means [DefaultLane].
	Lane string
	// Priority is the class it starts in.
	Priority Priority
	// MaxWait is the caller's own patience: the request is refused at the door
	// if it would wait longer. Zero means Settings.MaxWait alone.
	MaxWait time.Duration
	// Fingerprint is equal for requests that ask for the same: an answer to one of
	// them would do for the others. Zero: not known.
	Fingerprint uint64
	// IdempotencyKey is equal for the attempts of a client at one request, if it says so.
	// By it, or by the Fingerprint, a request is known that comes back.
	IdempotencyKey string
	// Cost is an estimate of what it will take of the account's limits.
	Cost Cost
}
