package queue

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue/human"
)

// judgeWaits judges how long people have waited and will wait. Where they would not wait so
// long without one user's requests, the user is named; where the others do not wait so long
// either, it is a warning.
func (j *judge) judgeWaits() {
	t := &j.settings.Thresholds
	ends := j.lineEnds()
	w := j.Machine.waits(ends, leftOut{})
	j.verdict.waits = w
	waited, delayed := j.longestMeasured()
	j.crowding, j.delayed = j.stillCrowding(w.waiting), delayed

	past := j.measuredWait(leftOut{user: j.crowding}) < t.CriticalLastWait || j.waitedInOutage()
	crowd := j.settleWaits(rowCrowd, ends, (*waits).crowded, past, j.crowding) // of one user only if that one has many requests
	suspects := []*user{j.crowding, delayed, waited}
	if w.longest != nil {
		suspects = append(suspects, w.longest.user)
	}
	users := j.settleWaits(rowUserWaits, ends, j.longForUsers, true, suspects...)
	row, worse := rowCrowd, crowd
	if users.level > crowd.level || users.level == crowd.level && crowd.better {
		row, worse = rowUserWaits, users
	}
	backlog := j.judgeBackingUp(ends, worse)
	if _, known := j.lastEmpty(); !known {
		j.verdict.waits.last = never // it is no figure to show
	}
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
	expected := r.better && j.onlyExpected(r)
	if why.user != (userKey{}) {
		of := " for"
		if why.others {
			of = " because of"
		}
		message += of + " one user, " + userName(why.user)
		if past {
			message += ","
		}
	}
	switch {
	case expected:
		message += " were expected until just now"
	case past:
		message += " in the last minute"
	}
	helps := j.helpsWaits(why)
	if past && why.reason == byFailures && backlog != nil && j.failuresOver() {
		switch {
		case backlog.reason == afterFailures:
			helps = backlog.remedy
		case backlog.reason == byPace && j.spacingBinds():
			helps = spacingIsTheLimit
		case backlog.reason == byPace:
			helps = "Nothing now: calls succeed again, and now the pace is the limit"
		}
	}
	j.add(row, r.level, fmt.Sprintf("%s%s (%s)", message, why.words(), w.words(past)), helps)
}

// helpsWaits returns what helps who waits, by an explanation; where it is about those who wait
// no more, when.
func (j *judge) helpsWaits(e *explanation) string {
	if e.reason != byPace || j.failing || j.refusesAll() {
		return j.helps(e)
	}
	u := j.users.byKey[e.user]
	switch {
	case e.alone && u != nil && u.requests.Len > 0 && !j.lastFew():
		return "Wait, for nobody else does; if it comes often: " + e.remedy
	case e.floods && !e.alone && (u == nil || u.requests.Len == 0):
		return askUser(e.user)
	case j.lastFew():
		return "Nothing now: all start in " + human.Duration(j.verdict.waits.last)
	case (e.alone || e.user == (userKey{})) && j.arrivals.Len == 0:
		return "Nothing now, for nobody waits; if it comes again: " + e.remedy
	default:
		return e.remedy
	}
}

// lastFew reports whether so few wait, for so short a time, that nothing is left to do.
func (j *judge) lastFew() bool {
	t, w := &j.settings.Thresholds, &j.verdict.waits
	return w.waiting > 0 && w.waiting < t.WarnWaiting && w.last <= t.CriticalLastWait
}

// settleWaits judges whether something of the waits is critical, and returns the row as it
// is shown: see [judge.levelOf].
func (j *judge) settleWaits(row verdictRow, ends lineEnds, so func(*waits, *Thresholds) bool, mayImprove bool, suspects ...*user) *shownRow {
	l, one, others := j.levelOf(ends, so, suspects...)
	past := row == rowUserWaits && j.verdict.waits.expected < j.settings.Thresholds.CriticalUserWait
	if past {
		l = min(l, levelWarning) // nobody can do anything about it any more
	}
	if j.arrivals.Len == 0 {
		j.health.rows[row].atMost(levelWarning)
	}
	w, r := &j.verdict.waits, &j.health.rows[row]
	if r.level > l && j.onlyExpected(r) {
		most := levelWarning
		if j.now-r.began < healAfter {
			most = levelHealthy
		}
		r.atMost(max(l, most))
	}
	if _, ok := j.settle(row, l, mayImprove); ok {
		if !r.better {
			r.measured = w.measured
		}
		e := j.waitsFor(past, j.tierOr("Upgrade API tier, prioritize requests, or add response caching"))
		if one != nil {
			j.nameUser(row, &e, one)
			e.others = others
		}
		j.explain(row, e)
	}
	return &j.health.rows[row]
}

// onlyExpected reports whether what a row about waits was judged by was expected, and has not
// been measured: when that is over, nobody has waited so long.
func (j *judge) onlyExpected(r *shownRow) bool {
	return max(r.measured, j.verdict.waits.measured) < j.settings.Thresholds.CriticalLastWait
}

// levelOf returns the level of waits if something of them is critical. Where it would not be so
// without the requests of one of some users, that user is returned, too, and whether it is so
// for the others, beside these requests: if not, it is a warning.
func (j *judge) levelOf(ends lineEnds, so func(*waits, *Thresholds) bool, suspects ...*user) (l level, one *user, others bool) {
	if !so(&j.verdict.waits, &j.settings.Thresholds) {
		return levelHealthy, nil, false
	}
	if one = j.oneUser(ends, so, suspects...); one == nil {
		return levelCritical, nil, false
	}
	w := j.Machine.waits(ends, leftOut{user: one})
	switch {
	case !so(&w, &j.settings.Thresholds):
		return levelWarning, one, false
	case !j.floods(one):
		return levelCritical, nil, false
	default:
		return levelCritical, one, true
	}
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
	if long.level > levelHealthy && long.explanation.floods && long.explanation.reason == byPace && e.reason == byPace {
		e.remedy = long.explanation.remedy
	}
	before := &j.health.rows[rowBackingUp].explanation
	suspect := j.crowding
	if suspect != nil && suspect.requests.Len < t.WarnWaiting && 2*suspect.requests.Len <= w.waiting && suspect.key() != before.user {
		suspect = nil // it has a few more than others, as after a flood of somebody else
	}
	switch one := j.oneUser(ends, (*waits).backingUp, suspect); {
	case one != nil && !j.toBlame(one):
	case backingUp && one != nil:
		j.nameUser(rowBackingUp, &e, one)
		j.health.named = j.now
	case j.crowding != nil && j.crowding.key() == before.user && j.now-j.health.named < healAfter:
		j.nameUser(rowBackingUp, &e, j.crowding) // for a moment one more of the others waits
	}
	return j.explain(rowBackingUp, e)
}

// addBackingUp adds the row to the verdict.
func (j *judge) addBackingUp(why *explanation) {
	w, r := &j.verdict.waits, &j.health.rows[rowBackingUp]
	message, words := "Queue is backing up", counted(w.waiting, "request")+" waiting"
	switch {
	case r.better && w.waiting >= j.settings.Thresholds.WarnWaiting && w.last < never:
		words += ", last in " + human.Duration(w.last)
	case r.better:
		message = "Queue was backing up"
	case why.user != (userKey{}):
		of := fmt.Sprint(j.crowding.requests.Len)
		if j.crowding.requests.Len == w.waiting {
			of = "all"
		}
		words += fmt.Sprintf(", %s of %s", of, userName(why.user))
	}
	j.add(rowBackingUp, r.level, fmt.Sprintf("%s%s (%s)", message, why.words(), words), j.helpsWaits(why))
}

// words are the figures of waits, of past ones how many wait now alone: how long users have
// waited grows while those start who have, and would look as if it grew worse.
func (w *waits) words(past bool) string {
	words := []string{fmt.Sprintf("%d waiting", w.waiting)}
	if past {
		return words[0]
	}
	if w.waiting > 0 && w.last < never {
		words = append(words, "last in "+human.Duration(w.last))
	}
	switch {
	case w.expected >= 0:
		words = append(words, "users wait about "+human.Duration(w.expected))
	case w.measured >= 0:
		words = append(words, "users waited "+human.Duration(w.measured))
	}
	return strings.Join(words, ", ")
}

// counted says how many there are of something: "1 request", "2 requests".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

const maxName = 60 // bytes of a user's or a lane's name in the verdict

// userName is the name of a user in a sentence, a [namedText].
func userName(u userKey) string { return nameIn(u.group, shorten(Escape(u.name), maxName)) }

// oldest is how long the oldest request has waited; zero if none waits.
func (m *Machine) oldest() time.Duration {
	if m.arrivals.First == nil {
		return 0
	}
	return m.now - m.arrivals.First.Item.arrived
}
