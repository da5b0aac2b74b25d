package queue

import (
	"fmt"
	"time"
)

// oneUser returns the first of some users without whose requests something would not be
// so; nil if there is none. Of one that stands in line as others do, and has no more
// requests waiting than they, it must be plain: without it the others wait less than half
// as long. Of equals, who is the last in line waits longest, and is not the cause.
func (j *judge) oneUser(ends lineEnds, so func(*waits, *Thresholds) bool, users ...*user) *user {
	for _, u := range users {
		if u == nil {
			continue
		}
		w := j.Machine.waits(ends, leftOut{user: u, delays: true})
		if !so(&w, &j.settings.Thresholds) && (j.floods(u) || 2*w.userWait() < j.verdict.waits.userWait() || j.standsAlone(u)) {
			return u
		}
	}
	return nil
}

// floods reports whether a user has many more requests than the others, or had in the last
// minute, or whether its requests are what is left of a flood.
func (j *judge) floods(u *user) bool {
	before := &j.health.rows[rowUserWaits].explanation
	return (u == j.crowding || u == j.delayed || before.floods && before.user == u.key()) && j.toBlame(u)
}

// standsAlone reports whether no other user's request waits, or has waited in the last minute,
// in the lane and with the priority in which u waits longest. Among many users nobody is
// alone.
func (j *judge) standsAlone(u *user) bool {
	w, waiting := &j.verdict.waits, j.users.waiting
	if len(waiting) > sampledUsers || j.metrics.longest.Count(j.now) > sampledUsers {
		return false
	}
	of, known := j.longestStanding(u)
	if w.longest != nil && u == w.longest.user && w.expected >= w.measured {
		of, known = w.longest.standing(), true
	}
	if !known {
		return false
	}
	for _, other := range waiting {
		if other.user != u && (other.user.requests.First.Item.standing() == of || other.user.requests.Last.Item.standing() == of) {
			return false
		}
	}
	for past := range j.metrics.longest.All(j.now) {
		if past.user != u && j.present(past.standing) == of {
			return false
		}
	}
	return true
}

// longestStanding returns the standing in which u waited longest in the last minute; false if
// it has not waited.
func (j *judge) longestStanding(u *user) (of standing, known bool) {
	longest := time.Duration(-1)
	for past, d := range j.metrics.longest.All(j.now) {
		if past.user == u && d > longest {
			longest, of, known = d, j.present(past.standing), true
		}
	}
	return of, known
}

// present returns what a standing of the past is now, for its lane may have joined another
// one.
func (m *Machine) present(s standing) standing { return standing{m.laneName(s.lane), s.priority} }

// longestMeasured returns the user that waited longest in the last minute, and the one that
// delayed another most, if it was critical that somebody waited so long; else nil, also among
// so many users that one makes no difference.
func (j *judge) longestMeasured() (waited, delayed *user) {
	if j.verdict.waits.measured < j.settings.Thresholds.CriticalUserWait || j.metrics.longest.Count(j.now) > sampledUsers {
		return nil, nil
	}
	longest, delay := time.Duration(-1), time.Duration(0)
	for past, d := range j.metrics.longest.All(j.now) {
		if d > longest {
			longest, waited = d, past.user
		}
		if past.delay > delay {
			delay, delayed = past.delay, past.crowding
		}
	}
	return waited, delayed
}

// nameUser says of a row that only one user's requests wait so long. They are the cause, unless
// calls fail. What is left of a flood is a flood still.
func (j *judge) nameUser(row verdictRow, e *explanation, u *user) {
	before := &j.health.rows[row].explanation
	e.user, e.floods = u.key(), (j.floods(u) || before.floods && before.user == u.key()) && j.toBlame(u)
	if e.alone = e.floods && j.waitsAlone(); e.reason == byPace && !e.alone {
		e.remedy = limitUser(e)
	}
}

// limitUser says what to do about a user without whose requests nobody would wait so long.
func limitUser(e *explanation) string {
	if !e.floods {
		return "Look at the lane, the size and the priority of the requests of " + userName(e.user) + ": nobody else waits so long"
	}
	return fmt.Sprintf(limitsUser+"Cancel or lower what %s has waiting, or ask them to send fewer at once: they alone are the cause", userName(e.user))
}

// askUser says what to do about a user whose requests alone were the cause, and wait no more.
func askUser(u userKey) string {
	return fmt.Sprintf("Ask %s to send fewer at once: they alone were the cause", userName(u))
}

// stillCrowding returns whom the last look found to crowd, see [users.crowding], while the half
// of what made it so holds; else who does now.
func (j *judge) stillCrowding(waiting int) *user {
	now := j.users.crowding(waiting)
	u := j.users.byKey[j.health.crowding]
	if now == nil && u != nil && u.requests.Len > 0 {
		n, others, most := u.requests.Len, len(j.users.waiting)-1, j.users.ranks.First.Item.waiting
		if 2*n >= most+crowdLead && n*others >= waiting-n {
			now = u
		}
	}
	j.health.crowding = userKey{}
	if now != nil {
		j.health.crowding = now.key()
	}
	return now
}

// crowding returns the user with the most requests waiting, if it has at least twice as
// many as the others have on average, and crowdLead more than any of them: among equals,
// who has some more by chance is not the cause. It is nil if there is none.
func (us *users) crowding(waiting int) *user {
	if len(us.waiting) == 0 {
		return nil
	}
	most, others, second := us.ranks.First.Item, len(us.waiting)-1, 0
	switch {
	case most.users.Len > 1:
		second = most.waiting
	case most.node.Next != nil:
		second = most.node.Next.Item.waiting
	}
	if most.waiting >= second+crowdLead && most.waiting*others >= 2*(waiting-most.waiting) {
		return most.users.Last.Item
	}
	return nil
}

const crowdLead = 3

// delayBy returns how much of what t has waited is for the requests of another user, nil for
// nobody: by the spaced rule those in its lane have lengthened the spacing since they came.
func (m *Machine) delayBy(u *user, t *Ticket) time.Duration {
	if u == nil || u == t.user || m.settings.adaptive() {
		return 0
	}
	n, since := t.lane.order.waitingOf(u)
	if n == 0 {
		return 0
	}
	return wholeNanos((1 - m.spacingShare(t.lane, n)) * float64(m.now-max(t.arrived, since)))
}

// spacingShare returns what share of a wait in l remains if so many requests fewer wait: under
// the spaced rule each waiting request lengthens the spacing.
func (m *Machine) spacingShare(l *lane, fewer int) float64 {
	now := m.settings.Spacing(l.inLine())
	if now == 0 {
		return 1
	}
	return float64(m.settings.Spacing(l.inLine()-fewer)) / float64(now)
}
