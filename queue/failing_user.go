package queue

import (
	"fmt"
	"time"

	"paceline/queue/internal/window"
)

// failingUser is what is known of a user of whom every request fails.
type failingUser struct {
	class      Class         // of the latest
	since      time.Duration // the first of them
	lastMinute window.Minute // how many
}

// failingLooked is how many users are looked at in search of one of whom every request fails:
// those of whom one has failed last.
const failingLooked = 100

// noteFruitless notes that a request of u has failed, and none has succeeded since the first
// that did.
func (u *user) noteFruitless(now time.Duration, c Class) {
	if u.fruitless == nil {
		u.fruitless = &failingUser{since: now}
	}
	u.fruitless.class = c
	u.fruitless.lastMinute.Add(now)
}

// failsAlways returns the user of whom most requests have failed in the last minute, and every
// one since the first of them; and of how many others that is so. A user of whom it was said
// stays while half as many fail.
func (m *Machine) failsAlways(before userKey) (most *user, calls, others int) {
	looked := 0
	for n := m.users.failing.Last; n != nil && m.now-n.Item.failedAt < time.Minute && looked < failingLooked; n = n.Prev {
		looked++
		u := n.Item
		if u.fruitless == nil || u.failedAt <= m.health.allFailed {
			continue
		}
		count := u.fruitless.lastMinute.Count(m.now)
		if count < minOutcomes && (u.key() != before || 2*count < minOutcomes) {
			continue
		}
		if u.key() == before {
			count *= 2 // about equals do not take turns
		}
		if most != nil {
			others++
		}
		if count > calls {
			most, calls = u, count
		}
	}
	if most != nil {
		calls = most.fruitless.lastMinute.Count(m.now)
	}
	return most, calls, others
}

// judgeFailingUser judges a user of whom every request fails, while those of others succeed:
// what most calls fail for is said of all.
func (j *judge) judgeFailingUser() {
	r := &j.health.rows[rowFailingUser]
	u, calls, others := j.failsAlways(j.health.failingUser)
	if j.level == levelCritical || j.failing || j.saidOfAll() {
		u, j.health.allFailed = nil, j.now
	}
	shown, ok := j.settle(rowFailingUser, when(u != nil, levelWarning), true)
	switch {
	case u != nil:
		j.health.failingUser = u.key()
	case !ok:
		j.health.failingUser = userKey{}
		return
	}
	if !ok {
		return
	}
	r.explanation.user = j.health.failingUser
	name := userName(j.health.failingUser)
	if u == nil {
		j.add(rowFailingUser, shown, "Every request of "+name+" failed until just now", "Nothing now: they succeed, or are made no more")
		return
	}
	of := name
	if others > 0 {
		of += " and of " + counted(others, "other")
	}
	j.add(rowFailingUser, shown, fmt.Sprintf("Every request of %s fails (%d of %d in the last minute): %s", of, calls, calls, u.fruitless.class.Cause()),
		fmt.Sprintf("Ask %s to look at what they send; the events say what the API answers", name))
}

// saidOfAll reports whether a row is shown that says of all calls that they fail.
func (j *judge) saidOfAll() bool {
	for _, f := range j.rows {
		switch f.row {
		case rowSpendCap, rowKeys, rowNetwork, rowFailing, rowMistakes:
			return true
		}
	}
	return false
}
