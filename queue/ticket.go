package queue

import (
	"strconv"
	"time"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// Ticket is one request on its way through a [Machine]. Its fields are the
// machine's; all its times count from the machine's beginning.
type Ticket struct {
	// What the health reads of many stands together.
	place    list.Node[*Ticket] // in its user's line, at the head of its lane, or aside; running: by its last sign of life
	mine     list.Node[*Ticket] // among those of its user that wait, by arrival
	lane     *lane
	arrived  time.Duration
	expected time.Duration // its start, as it was expected when it arrived, or since it was refused; never: not known yet

	state         state
	asked         Priority // what it asked for when it came
	priority      Priority // what it has
	class         uint8    // where it stands: that of its priority, or a higher one for its age
	reason        reason   // it stands aside for
	attempts      uint8    // that count
	refusals      uint8    // of the lane's limits
	try           try      // running: of a breaker that is open
	startedBefore bool     // was started before
	promised      bool     // its lane has promised it a start
	suspected     bool     // a 429 was taken to be about it alone
	byLimits      bool     // charge goes by told limits; else every start costs the same
	accepted      bool     // running: the API has taken it in
	probe         bool     // running: it started within a pause
	putBack       bool     // the same request, sent again, has its place
	cameBack      bool     // its client has left and sent it again, and it has kept its age
	set           bool     // somebody has set its priority
	lowered       bool     // to a lower one, since its latest start
	subagent      bool     // see [Request]
	readsSlowly   bool     // its answer is read slowly, see [ReportReading]

	arrival list.Node[*Ticket] // among all that wait, by arrival; a copy's in a projection has its original

	user *user
	line *share // whose line it stands in, or whose turn it last had
	call *call  // the shell's part; nil where there is none

	id            uint64
	startNumber   uint64 // of its latest start, in the lane's limits
	record        uint64 // its number in the last hour's traffic
	cost          limiter.Amount
	used          CallUsage     // running: so far
	charge        float64       // what it has paid for its turn; in line: nothing yet
	fingerprint   uint64        // see [Request]
	key           uint64        // the hash of the idempotency key; zero: none
	name          string        // what the caller calls it; empty: its number
	session       string        // see [Request]
	since         time.Duration // aside: comes back; running: last sign of life
	started       time.Duration // the latest attempt
	lastSuspected time.Duration // when a 429 without a time and limits last refused it
	asideUntil    time.Duration // until then others may pass it while it stands aside for its limit
	firstAt       time.Duration // since when it has been the first in line; zero: never
	delayed       time.Duration // by those that have passed it since then
	failedAt      time.Duration // it first failed by overload or for want of a connection
}

type state uint8

const (
	inLine state = iota
	atHead
	aside
	running
	done
)

// init makes t a new request.
func (t *Ticket) init(id uint64, u *user, p Priority, now time.Duration) {
	t.id, t.user, t.arrived, t.asked, t.priority, t.class = id, u, now, p, p, classOf(p)
	t.arrival.Item, t.mine.Item, t.place.Item = t, t, t
}

// copyOf makes t a copy of another one, in no list.
func (t *Ticket) copyOf(original *Ticket) {
	*t = *original
	t.arrival.Item = original
	t.mine, t.place = list.Node[*Ticket]{Item: t}, list.Node[*Ticket]{Item: t}
}

// original is what a copy was made of.
func (t *Ticket) original() *Ticket { return t.arrival.Item }

// ID returns what the request is called: [Request].ID, or its number. The first
// one that a machine accepts is 1.
func (t *Ticket) ID() string {
	if t.name != "" {
		return t.name
	}
	return strconv.FormatUint(t.id, 10)
}

// waiting reports whether it waits, in line or aside.
func (t *Ticket) waiting() bool { return t.state < running }
