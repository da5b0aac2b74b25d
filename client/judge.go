package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// Verdict is the monitor's judgement of a queue. The zero Verdict is healthy, without a
// message.
type Verdict struct {
	Level          Level
	Message        string
	Recommendation string    // empty if there is none
	Findings       []Finding // all that apply, worst first; the first one is in the fields above
}

const (
	minFinished       = 5  // the success rate of fewer finished requests is not judged
	minFailuresInARow = 10 // so many failures without a success are critical
)

// Judge returns the worse of two verdicts: the endpoint's own, and the one that follows
// from its figures by its thresholds, or by [queue.DefaultThresholds] if it has none.
// The endpoint's verdict is always among the findings, also when the other one is
// worse. For a single sample pass the zero Derived.
func Judge(s Sample, d Derived) Verdict {
	thresholds := queue.DefaultThresholds()
	if s.Detail != nil {
		thresholds = s.Detail.Settings.Thresholds().Or(thresholds)
	}
	findings := endpointFindings(s)
	failures, noneSucceeds := judgeSuccess(s, d, thresholds)
	waits := judgeWaits(s, d, thresholds, outageRemedy(s, noneSucceeds))
	own := slices.Concat(judgeWork(s, d, thresholds), waits, failures)
	if noneSucceeds && s.Detail == nil { // which is why they wait
		own = slices.Concat(judgeWork(s, d, thresholds), failures, waits)
	}
	for _, f := range own {
		if !covers(findings, f) {
			findings = append(findings, f)
		}
	}
	contradicts := func(f Finding) int { // what the endpoint says of itself is not what its status is
		if f.Level > Healthy && strings.HasPrefix(f.Message, isProcessing) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(int(b.Level)-int(a.Level), contradicts(a)-contradicts(b))
	})
	worst := findings[0]
	return Verdict{Level: worst.Level, Message: worst.Message, Recommendation: worst.Recommendation, Findings: findings}
}

// The subjects of the findings.
const (
	longWaits       = "Very long wait times"
	backingUp       = "Queue is backing up"
	isStuck         = "Queue is stuck"
	nothingSucceeds = "Nothing succeeds"
	highFailureRate = "High failure rate"
	isProcessing    = "Queue is processing normally" // where there is nothing to say
)

// LineLevel is how bad the endpoint finds it that so many wait for so long.
func (d Detail) LineLevel() (worst Level) {
	for _, f := range d.Findings {
		if f.IsAboutWaits() {
			worst = max(worst, f.Level)
		}
	}
	return worst
}

// IsAboutWaits reports whether a finding says that users wait long, or that many do.
func (f Finding) IsAboutWaits() bool {
	row := rowOf(f)
	return row == queue.RowWaits || row == queue.RowBackingUp
}

// rowOf returns the row of the table of health that a finding is of: where an older endpoint
// does not tell it, by the message, for the rows that we judge, too; empty if it is none of
// them.
func rowOf(f Finding) string {
	if f.Row != "" {
		return f.Row
	}
	for row, begins := range map[string]string{
		queue.RowWaits: longWaits, queue.RowBackingUp: backingUp, queue.RowStuck: isStuck,
		queue.RowFailing: nothingSucceeds, queue.RowFailureRate: highFailureRate,
	} {
		if strings.HasPrefix(f.Message, begins) {
			return row
		}
	}
	return ""
}

// ofOneUser reports whether long waits are one user's doing, who is named.
func ofOneUser(f Finding) bool {
	return f.User != "" || f.Row == "" && strings.HasPrefix(f.Message, longWaits+" for one user")
}

// covers reports whether one of the findings is of the row of f, and at least on its level:
// it may also say the cause, whose waits they are, or that they are over. Where the endpoint
// knows that long waits are one user's doing, or over, it has judged better than the figures
// let us.
func covers(findings []Finding, f Finding) bool {
	row := rowOf(f)
	return slices.ContainsFunc(findings, func(g Finding) bool {
		switch {
		case row == "" || rowOf(g) == "":
			subject, _ := CutFigures(f.Message)
			return g.Level >= f.Level && strings.HasPrefix(g.Message, subject)
		case row != rowOf(g):
			return false
		default:
			return g.Level >= f.Level || row == queue.RowWaits && (ofOneUser(g) || g.Over.Value)
		}
	})
}

// CutFigures cuts the message of a finding into what it is about and its figures, which end it
// in parentheses; empty if it has none. A name or a cause before them, or in them, may have
// parentheses of its own.
func CutFigures(message string) (subject, figures string) {
	open := 0
	for i := len(message) - 1; i > 0 && message[len(message)-1] == ')'; i-- {
		switch message[i] {
		case ')':
			open++
		case '(':
			if open--; open == 0 && message[i-1] == ' ' {
				return message[:i-1], message[i+1 : len(message)-1]
			}
		}
	}
	return message, ""
}

// endpointFindings returns the endpoint's own verdict and its findings.
func endpointFindings(s Sample) []Finding {
	f := Finding{Message: s.Message.Value, Recommendation: s.Recommendation.Value}
	remark := ""
	level, known := levelOf(s.Status.Value)
	switch {
	case known:
		f.Level = level
	case s.Status.Known:
		f.Level, remark = Warning, fmt.Sprintf("status %q", s.Status.Value)
	case !s.IsHealthy.Known && !s.Waiting.Known:
		f.Level, remark = Warning, "no status"
	}
	if s.IsHealthy.Known && !s.IsHealthy.Value && f.Level == Healthy {
		f.Level, remark = Warning, "isHealthy is false"
	}
	switch {
	case f.Message == "" && f.Level == Healthy:
		f.Message = isProcessing
	case f.Message == "" && remark == "":
		f.Message = fmt.Sprintf("The endpoint says %s, and not why", f.Level)
	case f.Message == "":
		f.Message = fmt.Sprintf("The endpoint does not say that all is well (%s)", remark)
	case remark != "":
		f.Message += fmt.Sprintf(" (%s)", remark)
	}
	findings := []Finding{f}
	if s.Detail != nil {
		for _, g := range s.Detail.Findings {
			if g.Message == s.Message.Value { // it is this one
				g.Level, g.Message, g.Recommendation = f.Level, f.Message, f.Recommendation
				findings[0] = g
				continue
			}
			if !covers(findings, g) {
				findings = append(findings, g)
			}
		}
	}
	return findings
}

// judgeWork returns a finding if requests wait and none starts or finishes.
func judgeWork(s Sample, d Derived, t queue.Thresholds) []Finding {
	if !d.Stuck.Known || d.Stuck.Value < t.StuckAfter {
		return nil
	}
	return []Finding{{
		Level:          Critical,
		Row:            queue.RowStuck,
		Message:        fmt.Sprintf(isStuck+" (%d waiting, nothing done for %s)", s.Waiting.Value, human.Age(d.Stuck.Value)),
		Recommendation: "Look at the server: do its calls hang, does it reach the API?",
	}}
}

// outageRemedy returns what to do about the failures that requests wait for: those that
// the endpoint names, or a row of its that says so, else those of our own figures if by them
// none succeeds. It is empty where they wait for their turn: only then does it help to
// raise a limit.
func outageRemedy(s Sample, noneSucceeds bool) string {
	if s.Detail != nil {
		if class, ok := s.Detail.Cause.Value.Class(); ok {
			return class.Remedy()
		}
		for _, f := range s.Detail.Findings {
			if nothingSucceedsBy(f) {
				return f.Recommendation
			}
		}
	}
	if noneSucceeds {
		return "Nothing succeeds: look at the failures first"
	}
	return ""
}

// nothingSucceedsBy reports whether a finding of the endpoint says that nothing succeeds now,
// for another reason than the pace.
func nothingSucceedsBy(f Finding) bool {
	if f.Over.Value || f.Recommendation == "" {
		return false
	}
	switch f.Row {
	case queue.RowNetwork, queue.RowKeys, queue.RowSilence, queue.RowMistakes:
		return f.Lane == "" // else the cause says whether those wait there
	default:
		return false
	}
}

// AwaitsTurn reports whether those who wait do so for their turn, as far as the endpoint tells,
// and not for the end of failures or of a pause: only then does another pace help, or a shorter
// line.
func (d Detail) AwaitsTurn() bool {
	return !d.Cause.Known && !slices.ContainsFunc(d.Findings, func(f Finding) bool {
		switch f.Row {
		case queue.RowFailing, queue.RowSpendCap, queue.RowStuck:
			return !f.Over.Value
		case queue.RowPause:
			return !f.Over.Value && f.Level == Critical
		default:
			return nothingSucceedsBy(f)
		}
	})
}

// blamesOneUser reports whether the endpoint says of those who wait that one user's requests alone
// are the cause.
func (d Detail) blamesOneUser() bool {
	return d.CancelHelps() && slices.ContainsFunc(d.Findings, func(f Finding) bool {
		return (f.Row == queue.RowWaits || f.Row == queue.RowBackingUp) && f.User != "" && !f.Over.Value
	})
}

// CancelHelps reports whether others may start sooner without what the crowd has waiting, as far
// as the endpoint tells.
func (d Detail) CancelHelps() bool { return d.Crowd == nil || d.Crowd.CancelHelps.Or(true) }

// judgeWaits returns findings for long waits and many waiting requests. How long the last
// in line has before it and how long users wait decide, where they are known; where neither
// is, the number and the average do. The remedy is that of an outage, empty if there is none.
func judgeWaits(s Sample, d Derived, t queue.Thresholds, remedy string) []Finding {
	var detail Detail
	if s.Detail != nil {
		detail = *s.Detail
	}
	waiting, last := s.Waiting, detail.EmptyIn
	wait, label := averageWait(s, d), "average"
	if s.Detail == nil && d.MeanWait.Known {
		label = "recent average"
	}
	switch oldest := detail.OldestWait; {
	case detail.UserWaits != nil:
		wait, label = detail.UserWaits.longest(), detail.UserWaits.label()
	case wait.Value < t.CriticalUserWait && oldest.Value >= t.CriticalUserWait && waiting.Value > 0: // nobody has started so late yet
		wait, label = oldest, "oldest"
	}
	var findings []Finding
	if waiting.Known && waiting.Value >= t.CriticalWaiting && detail.LastHas(t.CriticalLastWait) ||
		wait.Known && wait.Value >= t.CriticalUserWait {
		var figures []string
		if waiting.Known {
			figures = append(figures, fmt.Sprintf("%d waiting", waiting.Value))
		}
		if last.Known {
			figures = append(figures, "last in "+human.Duration(last.Value))
		}
		if wait.Known {
			figures = append(figures, label+" "+human.Duration(wait.Value))
		}
		subject := longWaits
		if detail.UserWaits != nil && waiting.Known && waiting.Value == 0 {
			subject += " in the last minute"
		}
		findings = append(findings, Finding{
			Level:          Critical,
			Row:            queue.RowWaits,
			Message:        fmt.Sprintf("%s (%s)", subject, strings.Join(figures, ", ")),
			Recommendation: cmp.Or(remedy, "Upgrade API tier, prioritize requests, or add response caching"),
		})
	}
	if waiting.Known && waiting.Value >= t.WarnWaiting && detail.LastHas(t.WarnLastWait) {
		findings = append(findings, Finding{
			Level:          Warning,
			Row:            queue.RowBackingUp,
			Message:        fmt.Sprintf(backingUp+" (%s waiting)", human.Plural(waiting.Value, "request")),
			Recommendation: cmp.Or(remedy, "Consider upgrading API tier or implementing additional rate limiting"),
		})
	}
	return findings
}

// averageWait returns the recent average wait: the detail's, else the derived one, else
// that of all since the last reset, unless no request has started recently.
func averageWait(s Sample, d Derived) Opt[time.Duration] {
	switch {
	case s.Detail != nil && s.Detail.Wait.Count.Known:
		return s.Detail.Wait.Average
	case d.MeanWait.Known:
		return d.MeanWait
	case d.NoRecentStart:
		return Opt[time.Duration]{}
	default:
		return s.Average
	}
}

// failureRemedy returns what to do about failures: about the class of most of the last
// minute's, where the endpoint tells it.
func failureRemedy(s Sample) string {
	first, more := "Check the API key (401/403), the network and the tier (429)", true
	if s.Detail != nil && len(s.Detail.Failures) > 0 {
		if class, ok := s.Detail.Failures[0].Class.Class(); ok {
			first, more = class.Remedy(), class.AttemptsHelp()
		}
	}
	if first += "; review the failures in the server's log"; more {
		first += ", or raise the retry attempts"
	}
	return first
}

// judgeAll returns a finding if none of all requests succeeded: too few have finished of late to
// judge by them, and those have failed as well, which rate says. Where none counts of late all
// failures are mistakes of callers, and the endpoint knows whether these matter.
func judgeAll(s Sample, rate Opt[float64]) []Finding {
	if rate.Value > 0 || !rate.Known || s.Failed.Value < minFailuresInARow || !s.Successful.Known || s.Successful.Value > 0 {
		return nil
	}
	return []Finding{{
		Level: Warning, Row: queue.RowFailing, Recommendation: failureRemedy(s),
		Message: fmt.Sprintf("Nothing has succeeded since the counters began (%d failed)", s.Failed.Value),
	}}
}

// judgeSuccess returns findings for a low success rate, and whether none of late succeeded.
func judgeSuccess(s Sample, d Derived, t queue.Thresholds) (findings []Finding, none bool) {
	rate, finished, failedInARow := d.RecentRate, int64(d.RecentFinished.Value), d.FailedInARow
	of := fmt.Sprintf("of the last %d ", finished)
	switch {
	case s.Detail != nil && s.Detail.RecentFinished.Known:
		rate, finished, failedInARow = asFloat(s.Detail.RecentRate), int64(s.Detail.RecentFinished.Value), 0
		of = fmt.Sprintf("of the last %d ", finished)
	case finished < minFinished:
		rate, finished, of = s.Rate, countersOf(s).finished().Value, ""
	}
	if !rate.Known || finished < minFinished {
		return judgeAll(s, rate), false
	}
	if rate.Value == 0 {
		failedInARow = max(failedInARow, int(finished))
	}
	remedy := failureRemedy(s)
	if failedInARow >= minFailuresInARow {
		findings = append(findings, Finding{Level: Critical, Row: queue.RowFailing, Message: fmt.Sprintf(nothingSucceeds+" (%d failed in a row)", failedInARow), Recommendation: remedy})
	}
	if rate.Value < t.WarnSuccess {
		findings = append(findings, Finding{Level: Warning, Row: queue.RowFailureRate, Message: fmt.Sprintf(highFailureRate+" (%s %ssucceeded)", human.Share(rate.Value), of), Recommendation: remedy})
	}
	return findings, rate.Value == 0 || failedInARow >= minFailuresInARow
}
