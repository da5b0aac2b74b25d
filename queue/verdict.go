package queue

import (
	"cmp"
	"slices"
	"time"
)

type level uint8

const (
	levelHealthy level = iota
	levelWarning
	levelCritical
)

func (l level) String() string { return [...]string{"healthy", "warning", "critical"}[l] }

// verdict is the health in words.
type verdict struct {
	level    level
	findings []Finding // worst first; among equals what is over comes after what is not
	cause    ClassName // see [Detail]
	waits    waits     // that it was judged by
}

// verdictRow is a row of the table of health, see README. They are judged, and named
// among equals, in this order.
type verdictRow uint8

const (
	rowSpendCap verdictRow = iota
	rowKeys
	rowNetwork
	rowFailing
	rowStuck
	rowSilence
	rowOff
	rowPause
	rowOverload
	rowUserWaits
	rowCrowd
	rowBackingUp
	rowFailureRate
	rowMistakes
	rowFailingUser
	rowSlowReaders
	rowRefusals
	verdictRows // how many there are
)

// String returns the name of the row on the wire: see the Row constants.
func (r verdictRow) String() string {
	return [...]string{
		rowSpendCap: RowSpendCap, rowKeys: RowKeys, rowNetwork: RowNetwork, rowFailing: RowFailing, rowStuck: RowStuck,
		rowSilence: RowSilence, rowOff: RowOff, rowPause: RowPause, rowOverload: RowOverload, rowUserWaits: RowWaits, rowCrowd: RowWaits,
		rowBackingUp: RowBackingUp, rowFailureRate: RowFailureRate, rowMistakes: RowMistakes, rowFailingUser: RowFailingUser,
		rowSlowReaders: RowSlowReaders, rowRefusals: RowRefusals,
	}[r]
}

// shownRow is the level that a row of the verdict has for those who look.
type shownRow struct {
	level       level
	began       time.Duration // when it was last healthy, and no more
	better      bool          // than level
	betterSince time.Duration // if better
	measured    time.Duration // of a row about waits: the p95 of the last minute, before it was better
	explanation explanation   // of the level, if the row is about waits or refusals
}

// atMost lowers the level to another one at once, if it is above.
func (r *shownRow) atMost(l level) {
	if r.level > l {
		r.level, r.better = l, false
	}
}

// explanation is why requests wait or are refused, and what helps. A row keeps it while it
// is shown as worse than it is by now.
type explanation struct {
	reason waitReason
	class  Class   // of failures, if they are the reason
	cap    Cap     // of a spend cap
	user   userKey // the name of whose requests alone wait so long; empty: nobody's
	floods bool    // and who has many more of them than others
	alone  bool    // and nobody else waits
	others bool    // and who makes others wait so long, too
	remedy string  // what helps
	past   bool    // it is about the last minute, and not about those who wait now
}

// waitReason is what kept requests from starting.
type waitReason uint8

const (
	byPace         waitReason = iota
	byFailures                // calls failed
	afterPause                // a pause by the API is over that they have waited for
	afterFailures             // calls succeed again, and what has waited meanwhile starts by the pace
	byPause                   // a pause by the API is what they wait for,
	refusedByPause            // or was so long that requests were refused
)

// blame says that failures of a class are the reason.
func (j *judge) blame(e *explanation, c Class) {
	e.reason, e.class, e.remedy = byFailures, c, c.Remedy()
	if c == SpendCap && j.health.cap != nil {
		e.cap = j.health.cap.Cap
		e.remedy = e.cap.Remedy()
	}
}

// cause names the failures that are the reason.
func (e *explanation) cause() string {
	if e.class == SpendCap {
		return "the " + e.cap.String()
	}
	return e.class.Cause()
}

// words name the failures that are the cause, or were; empty if there are none.
func (e *explanation) words() string {
	switch e.reason {
	case byFailures:
		return "; cause: " + e.cause()
	case byPause:
		return "; cause: a pause by the API"
	case afterPause:
		return " after a pause by the API"
	case afterFailures:
		return " after " + e.cause()
	default:
		return ""
	}
}

// settle takes the level of a row at now, and returns the one to show. It worsens at
// once. It improves when it has been better for healAfter and mayImprove says so, too.
func (r *shownRow) settle(now time.Duration, l level, mayImprove bool) level {
	switch {
	case l >= r.level:
		if r.level == levelHealthy {
			r.began = now
		}
		r.level, r.better = l, false
	case !r.better:
		r.better, r.betterSince = true, now
	case mayImprove && now-r.betterSince >= healAfter:
		r.level, r.better = l, false
	}
	if r.level == levelHealthy {
		r.explanation = explanation{}
	}
	return r.level
}

// judge goes through the rows of the table at one moment.
type judge struct {
	*Machine
	verdict
	failing      bool  // failures are why requests wait and are refused now, in place of the pace
	failures     Class // these
	paused       *lane // for longest; nil for none
	pauseRefuses bool  // it is so long that new requests are refused
	held         *lane // see [Machine.heldByPause]
	crowding     *user // see users.crowding
	delayed      *user // who has delayed another most in the last minute, see [judge.longestMeasured]
	rows         []shownFinding
}

// shownFinding is a finding with what it is ordered by.
type shownFinding struct {
	Finding
	row   verdictRow
	level level
}

// rank orders findings of a level: rows in which nothing starts or succeeds, down to a pause,
// come first, then those about waits, failures and refusals, and last what is over.
func (f *shownFinding) rank() int {
	switch {
	case f.Over:
		return 2
	case f.row > rowPause:
		return 1
	default:
		return 0
	}
}

// updateVerdict returns the verdict at m.now. Its figures are those of now, also where a
// row is shown for longer than it applies.
func (m *Machine) updateVerdict() verdict {
	m.noteOthers()
	m.trend.take(m.now, m.arrivals.Len, m.metrics.came(m.now), m.metrics.leftLine(m.now))
	j := judge{Machine: m, held: m.heldByPause()}
	if j.failures, j.failing = m.heldUpBy(); j.failing && m.arrivals.Len > 0 {
		j.cause = j.failures.Name()
	}
	j.judgeAnswers()
	j.judgeLanes()
	j.judgeSilence()
	j.judgeWaits()
	j.judgeOff()
	j.judgePause()
	j.judgeOverload()
	j.judgeRates()
	slices.SortStableFunc(j.rows, func(a, b shownFinding) int {
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.rank(), b.rank()))
	})
	m.health.since.take(j.now, j.level, j.rows)
	m.health.keepFailures(j.now, slices.ContainsFunc(j.rows, func(f shownFinding) bool { return j.isOfFailures(f.row) }))
	for _, f := range j.rows {
		f.Since = &Time{m.wallTime(m.health.since.rows[f.row.onWire()].at)}
		j.findings = append(j.findings, f.Finding)
	}
	m.timeline.noteVerdict(m.now, &j.verdict, j.reason())
	return j.verdict
}

// settle is [shownRow.settle] of a row; false if the row is not to be shown.
func (j *judge) settle(row verdictRow, l level, mayImprove bool) (level, bool) {
	shown := j.health.rows[row].settle(j.now, l, mayImprove)
	return shown, shown > levelHealthy
}

// explain takes e, unless the row is only held, or nobody waits any more and the user is the
// same: then it keeps the explanation it has. It returns that of the row.
func (j *judge) explain(row verdictRow, e explanation) *explanation {
	r := &j.health.rows[row]
	over := row != rowRefusals && j.arrivals.Len == 0 && e.user == r.explanation.user
	if !r.better && !over || r.explanation == (explanation{}) {
		r.explanation = e
	}
	why := &r.explanation
	if why.reason == afterFailures && j.arrivals.Len == 0 { // it is over, too
		j.blame(why, why.class)
	}
	if why.reason == byFailures && (j.arrivals.Len == 0 || row == rowRefusals && !why.past) {
		j.cause = why.class.Name()
	}
	return why
}

// waitsFor is the explanation of waits, with what helps if the pace is their reason: of
// those who wait now, or of the past.
func (j *judge) waitsFor(past bool, paceRemedy string) explanation {
	e := explanation{past: past, remedy: paceRemedy}
	switch o := &j.health.outage; {
	case j.failing:
		j.blame(&e, j.failures)
	case !past && j.held != nil:
		e.reason, e.remedy = byPause, j.untilPauseEnds(j.held)
	case past && j.outageRemembered() && j.longestFailed(o.class):
		j.blame(&e, o.class)
	case !past && j.lineOfOutage():
		e.reason, e.class, e.remedy = afterFailures, o.class, j.afterOutage()
	case !past && j.oldestPaused(), past && j.longestPaused():
		e.reason, e.remedy = afterPause, "Nothing now: the pause by the API is over, and those who wait start one by one; if it comes often, raise "+j.paceLimit()
	}
	return e
}

// afterOutage says what helps those who have waited for the end of an outage.
func (j *judge) afterOutage() string {
	if j.spacingBinds() {
		return spacingIsTheLimit
	}
	return "Nothing now: calls succeed again, and those who wait start one by one"
}

// spacingIsTheLimit is said after an outage.
const spacingIsTheLimit = "Use the adaptive pace (--pace adaptive): calls succeed again, and now the spacing is the limit"

// helps returns what helps now, by an explanation.
func (j *judge) helps(e *explanation) string {
	switch {
	case e.reason == byFailures:
		return j.orOver(e.remedy)
	case e.reason == byPause && j.held == nil && j.paused != nil: // who waited for it has left
		return "Nothing now: nobody waits so long for the end of a pause by the API any more"
	case e.reason == byPause && j.held == nil:
		return "Nothing now: the pause by the API is over"
	case e.reason == refusedByPause && j.pauseRefuses:
		return endsPause + "End the pause by the API if it cannot be true: no longer line would help"
	case e.reason == refusedByPause:
		return "Nothing now: a pause by the API was why, and it refuses nobody any more"
	case j.failing, j.refusesAll(): // no pace helps while that is so
		return "First see to what most calls fail for now: " + j.failures.Cause()
	default:
		return e.remedy
	}
}

// refusesAll reports whether all calls are refused for mistakes of their callers: nobody waits for
// that, and nobody is served by another pace.
func (j *judge) refusesAll() bool {
	class, succeed := j.Machine.failing()
	return succeed == 0 && class == j.failures && (class == KeyRefused || class == ClientError)
}

// orOver returns what to do about failures; where they are over, that there is nothing to
// do.
func (j *judge) orOver(remedy string) string {
	if j.failuresOver() {
		return "Nothing now: calls succeed again"
	}
	return remedy
}

// add adds a row to the verdict: message and recommendation may be a [namedText].
func (j *judge) add(row verdictRow, l level, message, recommendation string) {
	j.level = max(j.level, l)
	r := &j.health.rows[row]
	none := row.onWire() == rowUserWaits && j.arrivals.Len == 0 // who has waited long waits no more
	told, helps := namedText(message), namedText(recommendation)
	j.rows = append(j.rows, shownFinding{Finding{
		Level: l.String(), Row: row.String(), Message: told.seenBy(Viewer{}), Recommendation: helps.seenBy(Viewer{}), Action: helps.action(),
		message: told, recommendation: helps,
		User: r.explanation.user.name, Group: r.explanation.user.group, Over: r.better || r.explanation.past || none,
	}, row, l})
}

// when returns a level where something holds, and healthy where it does not.
func when(holds bool, l level) level {
	if holds {
		return l
	}
	return levelHealthy
}
