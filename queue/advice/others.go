package advice

import (
	"cmp"
	"fmt"
	"time"

	"paceline/queue/human"
)

// An answer shows that others use the account where more is missing from a limit, by
// othersShare of it, than the queue's own calls can have taken: what is less may be an
// estimate's error. It matters from maxOthers of the answers on, see maxUntold.
const (
	othersShare = 1. / 4
	maxOthers   = 1. / 20
)

// ownUse is what can be missing from a lane's limits for its own calls, at a moment that
// moves on. It is no less than the truth: what a call takes is missing from its start on, and
// refills only from its end on.
type ownUse struct {
	byStart, byEnd []call // yet to come
	perMinute      amounts
	running        amounts // what the calls take that have not ended
	missing        amounts // of those that have, at the moment since
	since          time.Duration
}

// newOwnUse returns the use of a lane from the beginning of the traffic on. If nobody knows
// what was missing then the buckets count as empty.
func newOwnUse(c *laneCalls) *ownUse {
	u := &ownUse{byStart: c.byStart, byEnd: c.byEnd, perMinute: c.reports[0].perMinute, missing: c.reports[0].perMinute}
	if before := c.usedBefore(); before != nil {
		u.missing = *before
	}
	return u
}

// at moves on to the moment of a report, and returns what can be missing then.
func (u *ownUse) at(r report) (most amounts) {
	for ; len(u.byStart) > 0 && u.byStart[0].start <= r.at; u.byStart = u.byStart[1:] {
		for k, n := range mayTake(u.byStart[0]) {
			u.running[k] += n
		}
	}
	for ; len(u.byEnd) > 0 && u.byEnd[0].end <= r.at; u.byEnd = u.byEnd[1:] {
		u.refill(u.byEnd[0].end)
		for k, n := range mayTake(u.byEnd[0]) {
			u.running[k] -= n
			u.missing[k] += n
		}
	}
	u.refill(r.at)
	for k, limit := range r.perMinute {
		if limit > 0 { // a bucket whose limit is raised holds no more at first
			u.missing[k] += max(limit-u.perMinute[k], 0)
			u.perMinute[k] = limit
		}
		most[k] = u.missing[k] + u.running[k]
	}
	return most
}

// mayTake is the most that a request has taken: its refused calls, too.
func mayTake(r call) amounts {
	n := r.takes()
	n[ofRequests] += float64(r.Errors)
	return n
}

// refill lets the buckets refill until a moment.
func (u *ownUse) refill(now time.Duration) {
	if now <= u.since {
		return
	}
	for k := range u.missing {
		u.missing[k] = max(u.missing[k]-u.perMinute[k]*(now-u.since).Minutes(), 0)
	}
	u.since = now
}

// leftByOthers says what is left of a limit of which more is taken than can be the
// queue's own; empty if there is none.
func (r *report) leftByOthers(own amounts) string {
	words := [limitKinds]string{ofInput: " input tokens", ofOutput: " output tokens"}
	for k, limit := range r.perMinute {
		if r.taken[k]-own[k] > othersShare*limit {
			return fmt.Sprintf("only %s of %s%s a minute were left", human.Count(int(r.size[k]-r.taken[k])), human.Count(int(limit)), words[k])
		}
	}
	return ""
}

// othersIn is what the answers of a traffic show of others, in one reading.
type othersIn struct {
	reading
	answers, others int
	left            string  // what others have left, as the latest answer told that shows them
	spread          float64 // by how much the answers do not fit each other
}

// readOthers reads the calls of a traffic in one way.
func readOthers(lanes map[string]*laneCalls, read reading) othersIn {
	o, latest := othersIn{reading: read}, time.Duration(-1)
	for _, lane := range lanes {
		lane.read(read)
		if len(lane.reports) == 0 {
			continue
		}
		o.spread += lane.spread
		own := newOwnUse(lane)
		for _, r := range lane.reports {
			o.answers++
			words := r.leftByOthers(own.at(r))
			if words == "" {
				continue
			}
			if o.others++; r.at > latest {
				o.left, latest = words, r.at
			}
		}
	}
	return o
}

// takenByOthers says what others have left of the account's limits. It is empty where so few
// answers show them that it makes no difference. It reads the answers in the way that
// explains more of them by the queue's own calls, or in which they fit each other better.
func takenByOthers(s Situation) (left string, read reading) {
	lanes := callsByLane(s.Traffic, s.Since)
	best := readOthers(lanes, asOfStart)
	for other := asOfStart + 1; other < readings; other++ {
		if o := readOthers(lanes, other); cmp.Or(cmp.Compare(o.others, best.others), cmp.Compare(o.spread, best.spread)) < 0 {
			best = o
		}
	}
	if float64(best.others) <= maxOthers*float64(best.answers) {
		return "", best.reading
	}
	return best.left, best.reading
}
