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
	cause    string    // see [Detail]
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
	rowPause
	rowOverload
	rowUserWaits
	rowCrowd
	rowBackingUp
	rowFailureRate
	rowMistakes
	rowRefusals
	verdictRows // how many there are
)

// shownRow is the level that a row of the verdict has for those who look.
type shownRow struct {
	level       level
	better      bool          // than level
	betterSince time.Duration // if better
	explanation explanation   // of the level, if the row is about waits or refusals
}

// explanation is why requests wait or are refused, and what helps. A row keeps it while it
// is shown as worse than it is by now.
type explanation struct {
	outage bool          // failures are the cause, in place of the pace
	cause  Class         // these
	user   string        // whose requests alone are the cause; empty: nobody's
	remedy string        // what helps
	wait   time.Duration // p95 over users at that time
}

// because names the failures that are the cause; empty if there are none.
func (e *explanation) because() string {
	if !e.outage {
		return ""
	}
	return "; cause: " + e.cause.Cause()
}

// settle takes the level of a row at now, and returns the one to show. It worsens at
// once. It improves when it has been better for healAfter and mayImprove says so, too.
func (r *shownRow) settle(now time.Duration, l level, mayImprove bool) level {
	switch {
	case l >= r.level:
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
	outage   bool  // failures are why requests wait and are refused, in place of the pace
	failures Class // these
	crowding *user // see users.crowding
	rows     []shownFinding
}

// shownFinding is a finding with what it is ordered by.
type shownFinding struct {
	Finding
	level level
	over  bool // it is shown for longer than it applies
}

// rank orders findings of a level: what is over comes last.
func (f *shownFinding) rank() int {
	if f.over {
		return 1
	}
	return 0
}

// updateVerdict returns the verdict at m.now. Its figures are those of now, also where a
// row is shown for longer than it applies.
func (m *Machine) updateVerdict() verdict {
	j := judge{Machine: m}
	if j.failures, j.outage = m.heldUpBy(); j.outage && m.arrivals.Len > 0 {
		j.cause = j.failures.String()
	}
	j.judgeAnswers()
	j.judgeLanes()
	j.judgeSilence()
	j.judgeWaits()
	j.judgeOverload()
	j.judgeRates()
	slices.SortStableFunc(j.rows, func(a, b shownFinding) int {
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.rank(), b.rank()))
	})
	for _, f := range j.rows {
		j.findings = append(j.findings, f.Finding)
	}
	return j.verdict
}

// settle is [shownRow.settle] of a row; false if the row is not to be shown.
func (j *judge) settle(row verdictRow, l level, mayImprove bool) (level, bool) {
	shown := j.health.rows[row].settle(j.now, l, mayImprove)
	return shown, shown > levelHealthy
}

// explain returns the explanation of a row that is shown: this one, unless the row is only
// held, or is about the same waits when they are over. What helps is up to the cause, if
// that is an outage.
func (j *judge) explain(row verdictRow, e explanation) *explanation {
	r := &j.health.rows[row]
	over := row != rowRefusals && j.arrivals.Len == 0 && e.user == r.explanation.user
	if !r.better && !over || r.explanation == (explanation{}) {
		if r.explanation = e; j.outage && e.user == "" && !e.outage {
			r.explanation.outage, r.explanation.cause, r.explanation.remedy = true, j.failures, j.failures.Remedy()
		}
	}
	if r.explanation.outage {
		j.cause = r.explanation.cause.String()
	}
	return &r.explanation
}

// helps returns what helps now, by an explanation.
func (j *judge) helps(e *explanation) string {
	if e.outage {
		return j.orOver(e.remedy)
	}
	return e.remedy
}

// orOver returns what to do about failures; where they are over, that there is nothing to
// do.
func (j *judge) orOver(remedy string) string {
	if j.health.failures.over(j.now) {
		return "Nothing now: calls succeed again"
	}
	return remedy
}

// add adds a row to the verdict.
func (j *judge) add(row verdictRow, l level, message, recommendation string) {
	j.level = max(j.level, l)
	f := Finding{Level: l.String(), Message: message, Recommendation: recommendation}
	j.rows = append(j.rows, shownFinding{f, l, j.health.rows[row].better})
}

// when returns a level where something holds, and healthy where it does not.
func when(holds bool, l level) level {
	if holds {
		return l
	}
	return levelHealthy
}
