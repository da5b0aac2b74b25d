package loadtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxOutcomes is the largest number of kinds of outcomes: a hostile server can invent
// one for each message.
const maxOutcomes = 20

// otherKind is the kind of the outcomes beyond maxOutcomes.
const otherKind = "other failures"

// tally sums up the events of a run.
type tally struct {
	sums      Result // the counters of it
	times     *timesRecorder
	corrected *timesRecorder // nil without a gap
	first     *timesRecorder
	users     []userSums
	outcomes  map[string]*Outcome
	trouble   string
	last      time.Duration // from the beginning to the last answer
}

// userSums are the sums of one user.
type userSums struct {
	succeeded, failed int
	sum, max          time.Duration
}

func newTally(p Plan, target Target, begin time.Time) *tally {
	t := &tally{
		sums:     Result{Plan: p, Route: target.Route, Streamed: target.Stream, Began: begin},
		times:    newTimesRecorder(),
		first:    newTimesRecorder(),
		users:    make([]userSums, p.Users),
		outcomes: map[string]*Outcome{},
	}
	if !p.Open() && p.Gap > 0 {
		t.corrected = newTimesRecorder()
	}
	return t
}

// add adds an event.
func (t *tally) add(e event) {
	switch e.kind {
	case sent:
		t.sums.Sent++
	case notSent:
		t.sums.NotSent++
	case answered:
		t.addAnswer(e)
	}
}

// addAnswer adds the answer to a message.
func (t *tally) addAnswer(e event) {
	t.sums.SentAgain += e.answer.again
	if e.answer.stopped {
		t.sums.Unanswered++
		return
	}
	t.last = e.sent.Add(e.took).Sub(t.sums.Began)
	if e.answer.status == http.StatusTooManyRequests {
		t.sums.Limited++
	}
	t.sums.Lane, t.sums.PerMinute = cmp.Or(e.answer.lane, t.sums.Lane), cmp.Or(e.answer.requestsPerMinute, t.sums.PerMinute)
	user := &t.users[e.user]
	if p := e.answer.problem; p != nil {
		t.sums.Failed++
		user.failed++
		t.trouble = p.kind
		t.count(Outcome{Kind: p.kind, Status: e.answer.status, First: p.words})
		return
	}
	t.sums.Succeeded++
	user.succeeded++
	user.sum += e.took
	user.max = max(user.max, e.took)
	t.times.add(e.took, 0)
	if t.corrected != nil {
		t.corrected.add(e.took, t.sums.Plan.Gap)
	}
	if !e.answer.first.IsZero() {
		t.first.add(e.answer.first.Sub(e.sent), 0)
	}
	t.count(Outcome{Kind: strconv.Itoa(e.answer.status), Status: e.answer.status, Good: true})
}

// count adds an outcome to those of its kind.
func (t *tally) count(o Outcome) {
	known := t.outcomes[o.Kind]
	if known == nil && len(t.outcomes) >= maxOutcomes {
		o.Kind = otherKind
		known = t.outcomes[o.Kind]
	}
	if known == nil {
		known = &o
		t.outcomes[o.Kind] = known
	}
	known.Count++
}

// progress returns the state of the run.
func (t *tally) progress(elapsed time.Duration) Progress {
	p := Progress{
		Plan: t.sums.Plan, Elapsed: elapsed, Total: t.sums.Plan.Total(),
		Sent: t.sums.Sent, Succeeded: t.sums.Succeeded, Failed: t.sums.Failed,
		NotSent: t.sums.NotSent, Limited: t.sums.Limited, Max: t.times.max, Trouble: t.trouble,
	}
	if t.sums.Succeeded > 0 {
		p.Average = t.times.sum / time.Duration(t.sums.Succeeded)
	}
	if n := t.first.histogram.TotalCount(); n > 0 {
		p.First = t.first.sum / time.Duration(n)
	}
	return p
}

// result returns the result of the run.
func (t *tally) result(took time.Duration, stopped bool) Result {
	r := t.sums
	done := r.Succeeded + r.Failed + r.NotSent
	r.Stopped = stopped && done < r.Plan.Total()
	r.Took = took
	if !r.Stopped && t.last > 0 {
		r.Took = t.last
	}
	r.Times, r.FirstToken, r.Bars = t.times.times(false), t.first.times(false), t.times.bars()
	if t.corrected != nil {
		r.Corrected = t.corrected.times(true)
	}
	if r.Took > 0 {
		r.PerSecond = float64(r.Succeeded) / r.Took.Seconds()
	}
	var averages []time.Duration
	for i, u := range t.users {
		user := User{Name: userName(i), Succeeded: u.succeeded, Failed: u.failed, Max: u.max}
		if u.succeeded > 0 {
			user.Average = u.sum / time.Duration(u.succeeded)
			averages = append(averages, user.Average)
		}
		r.Users = append(r.Users, user)
	}
	r.Fairness = fairness(averages)
	for _, o := range t.outcomes {
		r.Outcomes = append(r.Outcomes, *o)
	}
	slices.SortFunc(r.Outcomes, func(a, b Outcome) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return r
}
