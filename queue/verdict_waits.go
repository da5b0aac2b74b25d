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
	waited, delayed := j.longestMeasured()
	j.crowding, j.delayed = j.users.crowding(w.waiting), delayed

	crowd := j.settleWaits(rowCrowd, ends, (*waits).crowded, w.measured < t.CriticalLastWait, j.crowding) // of one user only if that one has many requests
	suspects := []*user{j.crowding, delayed, waited}
	if w.longest != nil {
		suspects = append(suspects, w.longest.user)
	}
	users := j.settleWaits(rowUserWaits, ends, (*waits).longForUsers, true, suspects...)
	row, worse := rowCrowd, crowd
	if users.level > crowd.level || users.level == crowd.level && crowd.better {
		row, worse = rowUserWaits, users
	}
	backlog := j.judgeBackingUp(ends, worse)
	if worse.level > levelHealthy {
		j.addWaits(row, worse, backlog)
	}
	if backlog != nil {
		j.addBackingUp(backlog)
	}
}

// addWaits adds the row of long waits to the verdict. Where they are over, and others wait
// for the pace, what helps those is said, too: backlog is why; nil if few wait.
func (j *judge) addWaits(row verdictRow, r *shownRow, backlog *explanation) {
	why, w := &r.explanation, &j.verdict.waits
	message, past := "Very long wait times", r.better || why.past || w.waiting == 0
	words := w.words(past)
	if why.user != "" {
		message += " for one user, " + why.user
		if past {
			message += ","
		}
	}
	if past {
		message += " in the last minute"
	}
	if r.better {
		words = w.pastWords(why.wait)
	}
	helps := j.helps(why)
	if past && why.reason == byFailures && backlog != nil && j.health.failures.over(j.now) {
		switch {
		case backlog.reason == afterFailures:
			helps = backlog.remedy
		case backlog.reason == byPace && j.spacingBinds():
			helps = spacingIsTheLimit
		case backlog.reason == byPace:
			helps = "Calls succeed again; now the pace is the limit"
		}
	}
	j.add(row, r.level, fmt.Sprintf("%s%s (%s)", message, why.words(), words), helps)
}

// settleWaits judges whether something of the waits is critical, and returns the row as it
// is shown: see [judge.levelOf].
func (j *judge) settleWaits(row verdictRow, ends lineEnds, so func(*waits, *Thresholds) bool, mayImprove bool, suspects ...*user) *shownRow {
	l, one := j.levelOf(ends, so, suspects...)
	if _, ok := j.settle(row, l, mayImprove); ok {
		w := &j.verdict.waits
		past := row == rowUserWaits && w.expected < j.settings.Thresholds.CriticalUserWait
		e := j.waitsFor(past, j.tierOr("Upgrade API tier, prioritize requests, or add response caching"))
		if one != nil {
			j.nameUser(&e, one)
		}
		e.wait = w.userWait()
		j.explain(row, e)
	}
	return &j.health.rows[row]
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

// judgeBackingUp judges how many wait, beside the row of long waits, and returns why; nil
// if it is not to be shown.
func (j *judge) judgeBackingUp(ends lineEnds, long *shownRow) *explanation {
	t, w := &j.settings.Thresholds, &j.verdict.waits
	backingUp := w.backingUp(t)
	if _, ok := j.settle(rowBackingUp, when(backingUp, levelWarning), w.measured < t.WarnLastWait); !ok {
		return nil
	}
	e := j.waitsFor(false, j.tierOr("Consider upgrading API tier or implementing additional rate limiting"))
	if long.level > levelHealthy && long.explanation.floods && e.reason == byPace {
		e.remedy = long.explanation.remedy
	}
	if one := j.oneUser(ends, (*waits).backingUp, j.crowding); backingUp && one != nil {
		j.nameUser(&e, one)
	}
	return j.explain(rowBackingUp, e)
}

// addBackingUp adds the row to the verdict.
func (j *judge) addBackingUp(why *explanation) {
	w, r := &j.verdict.waits, &j.health.rows[rowBackingUp]
	message, words := "Queue is backing up", counted(w.waiting, "request")+" waiting"
	if r.better {
		message = "Queue was backing up"
		if w.measured >= j.settings.Thresholds.WarnLastWait {
			words += ", users' p95 of the last minute " + seconds(w.measured)
		}
	} else if why.user != "" {
		words += fmt.Sprintf(", %d of %s", j.crowding.requests.Len, why.user)
	}
	j.add(rowBackingUp, r.level, fmt.Sprintf("%s%s (%s)", message, why.words(), words), j.helps(why))
}

// oneUser returns the first of some users without whose requests something would not be
// so; nil if there is none. Of one that stands in line as others do, and has no more
// requests waiting than they, it must be plain: without it the others wait less than half
// as long. Of equals, who is the last in line waits longest, and is not the cause.
func (j *judge) oneUser(ends lineEnds, so func(*waits, *Thresholds) bool, users ...*user) *user {
	for _, u := range users {
		if u == nil {
			continue
		}
		w := j.Machine.waits(ends, u)
		if !so(&w, &j.settings.Thresholds) && (j.floods(u) || 2*w.userWait() < j.verdict.waits.userWait() || j.standsAlone(u)) {
			return u
		}
	}
	return nil
}

// floods reports whether a user has many more requests than the others, or had in the last
// minute.
func (j *judge) floods(u *user) bool { return u == j.crowding || u == j.delayed }

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
		if other != u && (other.requests.First.Item.standing() == of || other.requests.Last.Item.standing() == of) {
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

// words are the figures of waits, of past ones without those of the line.
func (w *waits) words(past bool) string {
	words := []string{fmt.Sprintf("%d waiting", w.waiting)}
	if w.waiting > 0 && w.last < never && !past {
		words = append(words, "last in "+seconds(w.last))
	}
	if wait := w.userWait(); wait >= 0 {
		words = append(words, "users' p95 "+seconds(wait))
	}
	return strings.Join(words, ", ")
}

// pastWords are the figures where the waits are over that made them long: wait was the p95
// over users then.
func (w *waits) pastWords(wait time.Duration) string {
	past := *w
	past.measured = max(w.measured, wait)
	return past.words(true)
}

// counted says how many there are of something: "1 request", "2 requests".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

const maxName = 60 // bytes of a user's or a lane's name in the verdict

func userName(u *user) string { return shorten(Escape(u.name), maxName) }

// nameUser says that only one user's requests wait so long. They are the cause, unless calls
// fail.
func (j *judge) nameUser(e *explanation, u *user) {
	e.user, e.floods = userName(u), j.floods(u)
	if e.reason == byPace {
		e.remedy = j.limitUser(u)
	}
}

// limitUser says what to do about a user without whose requests there would be no warning.
func (j *judge) limitUser(u *user) string {
	if !j.floods(u) {
		return "Nobody else waits so long: look at the lane, the size and the priority of the requests of " + userName(u)
	}
	return fmt.Sprintf("Limit how many requests %s sends at once: they alone are the cause", userName(u))
}

// oldest is how long the oldest request has waited; zero if none waits.
func (m *Machine) oldest() time.Duration {
	if m.arrivals.First == nil {
		return 0
	}
	return m.now - m.arrivals.First.Item.arrived
}
