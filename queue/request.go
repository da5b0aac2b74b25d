package queue

import "fmt"

const (
	// Anonymous is the user of a request that names none.
	Anonymous = "anonymous"
	// DefaultLane is the lane of a request that names none.
	DefaultLane = "default"
)

// Priority is the class of a request: who goes first within a lane.
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

// Request says whose turn is asked for. The zero Request is an anonymous one of
// normal priority in the default lane.
type Request struct {
	// User is who asks; turns go round among the users of a group. Empty means
	// [Anonymous].
	User string
	// Group is who is billed, a gateway token for instance; turns go round among
	// groups first. Empty where there are none.
	Group string
	// Lane names what shares one limit of the API. Lanes never wait for each
	// other. Empty means [DefaultLane].
	Lane string
	// Priority is the class it starts in.
	Priority Priority
}
