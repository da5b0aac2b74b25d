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

func newTally(p Plan, t Target, begin time.Time) *tally {
	s := &tally{
		sums:     Result{Plan: p, Route: t.Route, Streamed: t.Stream, Began: begin},
		times:    newTimesRecorder(),
		first:    newTimesRecorder(),
		users:    make([]userSums, p.Users),
		outcomes: map[string]*Outcome{},
	}
	if !p.Open() && p.Gap > 0 {
		s.corrected = newTimesRecorder()
	}
	return s
}

// add adds an event.
func (s *tally) add(e event) {
	switch e.kind {
	case sent:
		s.sums.Sent++
	case notSent:
		s.sums.NotSent++
	case answered:
		s.addAnswer(e)
	}
}

// addAnswer adds the answer to a message.
func (s *tally) addAnswer(e event) {
	if e.answer.stopped {
		s.sums.Unanswered++
		return
	}
	s.last = e.sent.Add(e.took).Sub(s.sums.Began)
	if e.answer.status == http.StatusTooManyRequests {
		s.sums.Limited++
	}
	s.sums.Lane, s.sums.PerMinute = cmp.Or(e.answer.lane, s.sums.Lane), cmp.Or(e.answer.requestsPerMinute, s.sums.PerMinute)
	user := &s.users[e.user]
	if p := e.answer.problem; p != nil {
		s.sums.Failed++
		user.failed++
		s.trouble = p.kind
		s.count(Outcome{Kind: p.kind, Status: e.answer.status, First: p.words})
		return
	}
	s.sums.Succeeded++
	user.succeeded++
	user.sum += e.took
	user.max = max(user.max, e.took)
	s.times.add(e.took, 0)
	if s.corrected != nil {
		s.corrected.add(e.took, s.sums.Plan.Gap)
	}
	if !e.answer.first.IsZero() {
		s.first.add(e.answer.first.Sub(e.sent), 0)
	}
	s.count(Outcome{Kind: strconv.Itoa(e.answer.status), Status: e.answer.status, Good: true})
}

// count adds an outcome to those of its kind.
func (s *tally) count(o Outcome) {
	known := s.outcomes[o.Kind]
	if known == nil && len(s.outcomes) >= maxOutcomes {
		o.Kind = otherKind
		known = s.outcomes[o.Kind]
	}
	if known == nil {
		known = &o
		s.outcomes[o.Kind] = known
	}
	known.Count++
}

// progress returns the state of the run.
func (s *tally) progress(elapsed time.Duration) Progress {
	p := Progress{
		Plan: s.sums.Plan, Elapsed: elapsed, Total: s.sums.Plan.Total(),
		Sent: s.sums.Sent, Succeeded: s.sums.Succeeded, Failed: s.sums.Failed,
		NotSent: s.sums.NotSent, Limited: s.sums.Limited, Max: s.times.max, Trouble: s.trouble,
	}
	if s.sums.Succeeded > 0 {
		p.Average = s.times.sum / time.Duration(s.sums.Succeeded)
	}
	if n := s.first.histogram.TotalCount(); n > 0 {
		p.First = s.first.sum / time.Duration(n)
	}
	return p
}

// result returns the result of the run.
func (s *tally) result(took time.Duration, stopped bool) Result {
	r := s.sums
	done := r.Succeeded + r.Failed + r.NotSent
	r.Stopped = stopped && done < r.Plan.Total()
	r.Took = took
	if !r.Stopped && s.last > 0 {
		r.Took = s.last
	}
	r.Times, r.FirstToken, r.Bars = s.times.times(false), s.first.times(false), s.times.bars()
	if s.corrected != nil {
		r.Corrected = s.corrected.times(true)
	}
	if r.Took > 0 {
		r.PerSecond = float64(r.Succeeded) / r.Took.Seconds()
	}
	var averages []time.Duration
	for i, u := range s.users {
		user := User{Name: userName(i), Succeeded: u.succeeded, Failed: u.failed, Max: u.max}
		if u.succeeded > 0 {
			user.Average = u.sum / time.Duration(u.succeeded)
			averages = append(averages, user.Average)
		}
		r.Users = append(r.Users, user)
	}
	r.Fairness = fairness(averages)
	for _, o := range s.outcomes {
		r.Outcomes = append(r.Outcomes, *o)
	}
	slices.SortFunc(r.Outcomes, func(a, b Outcome) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return r
}
