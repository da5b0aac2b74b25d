package queue

import (
	"fmt"
	"strings"
	"time"
)

// judgeWaits judges how long people have waited and will wait. What would not be critical
// without one user's requests is a warning that names the user.
func (j *judge) judgeWaits() {
	t := &j.settings.Thresholds
	ends := j.lineEnds()
	w := j.Machine.waits(ends, nil)
	j.verdict.waits = w
	crowding := j.users.crowding(w.waiting)

	// A crowd is of one user only if that one has many requests.
	crowd, one := j.levelOf(ends, (*waits).crowded, crowding)
	users, other := j.levelOf(ends, (*waits).longForUsers, crowding, w.longest, j.longestMeasured(&w))
	if one == nil || crowd == levelHealthy {
		one = other
	}
	crowd, _ = j.settle(rowCrowd, crowd, w.measured < t.CriticalLastWait)
	users, _ = j.settle(rowUserWaits, users, true)
	if l := max(crowd, users); l > levelHealthy {
		message, recommendation := "Very long wait times", j.tierOr("Upgrade API tier, prioritize requests, or add response caching")
		if one != nil && l < levelCritical {
			message += " for one user, " + userName(one)
			recommendation = limitUser(one)
		}
		j.add(l, fmt.Sprintf("%s (%s%s)", message, w.words(), j.because()), j.remedy(recommendation))
	}
	j.judgeBackingUp(ends, crowding)
}

// levelOf returns the level of waits if something of them is critical: a warning if it is
// so for the requests of one of some users, who is returned, too.
func (j *judge) levelOf(ends lineEnds, so func(*waits, *Thresholds) bool, suspects ...*user) (level, *user) {
	if !so(&j.verdict.waits, &j.settings.Thresholds) {
		return levelHealthy, nil
	}
	if one := j.oneUser(ends, so, suspects...); one != nil {
		return levelWarning, one
	}
	return levelCritical, nil
}

// judgeBackingUp judges how many wait.
func (j *judge) judgeBackingUp(ends lineEnds, crowding *user) {
	t, w := &j.settings.Thresholds, &j.verdict.waits
	backingUp := w.backingUp(t)
	shown, ok := j.settle(rowBackingUp, when(backingUp, levelWarning), w.measured < t.WarnLastWait)
	if !ok {
		return
	}
	recommendation := j.tierOr("Consider upgrading API tier or implementing additional rate limiting")
	message := fmt.Sprintf("Queue is backing up (%d requests waiting", w.waiting)
	if !backingUp && w.measured >= t.WarnLastWait {
		message = fmt.Sprintf("Queue was backing up (%d requests waiting, p95 wait of the last minute %s", w.waiting, seconds(w.measured))
	}
	if one := j.oneUser(ends, (*waits).backingUp, crowding); backingUp && one != nil {
		message += fmt.Sprintf(", %d of %s", one.requests.Len, userName(one))
		recommendation = limitUser(one)
	}
	j.add(shown, message+j.because()+")", j.remedy(recommendation))
}

// oneUser returns the first of some users without whose requests something would not be
// so; nil if there is none.
func (j *judge) oneUser(ends lineEnds, so func(*waits, *Thresholds) bool, users ...*user) *user {
	for _, u := range users {
		if u == nil {
			continue
		}
		if w := j.Machine.waits(ends, u); !so(&w, &j.settings.Thresholds) {
			return u
		}
	}
	return nil
}

// longestMeasured returns the user that waited longest in the last minute, if it was
// critical that some did; else nil, also among so many that one makes no difference.
func (j *judge) longestMeasured(w *waits) *user {
	if w.measured < j.settings.Thresholds.CriticalUserWait || j.metrics.longest.Count(j.now) > sampledUsers {
		return nil
	}
	if top := j.metrics.longest.Top(j.now); top != nil {
		return top.Of
	}
	return nil
}

// words are the figures of waits.
func (w *waits) words() string {
	words := []string{fmt.Sprintf("%d waiting", w.waiting)}
	if w.waiting > 0 && w.last < never {
		words = append(words, "last in "+seconds(w.last))
	}
	if wait := w.userWait(); wait >= 0 {
		words = append(words, "p95 "+seconds(wait))
	}
	return strings.Join(words, ", ")
}

const maxUserName = 60 // bytes of a user's name in the verdict

func userName(u *user) string { return shorten(Escape(u.name), maxUserName) }

// limitUser says what to do about a user without whom nobody would wait so long.
func limitUser(u *user) string {
	if u.requests.Len < 2 {
		return "Nobody else waits so long: look at the lane, the size and the priority of the requests of " + userName(u)
	}
	return fmt.Sprintf("Limit how many requests %s sends at once: without them nobody else would wait so long", userName(u))
}

// oldest is how long the oldest request has waited; zero if none waits.
func (m *Machine) oldest() time.Duration {
	if m.arrivals.First == nil {
		return 0
	}
	return m.now - m.arrivals.First.Item.arrived
}
