package report

import (
	"math"
	"slices"
	"time"

	"paceline/client"
)

// Builder makes a report out of entries. Make one with [NewBuilder]; it is not
// safe for concurrent use. It keeps about 40 bytes for an entry.
type Builder struct {
	history *client.History
	report  Report
	polls   []poll
	last    time.Time // the newest entry's time, or that of the one before where it has none

	prev     client.Opt[client.Sample] // the newest answer, in whatever order they come
	steps    steps
	waits    waits
	problems problems
	breaks   breaks
	minutes  minutes
}

// poll is what is kept of an entry.
type poll struct {
	at       int64 // Unix nanoseconds; 0 for none
	verdict  uint8 // a [client.Level], or failed
	problems uint64
	cause    string
}

// failed is the verdict of a poll that failed.
const failed = uint8(client.Critical) + 1

// NewBuilder returns a builder without entries.
func NewBuilder() *Builder { return &Builder{history: client.NewHistory(time.Second)} }

// Add takes the next entry.
func (b *Builder) Add(e client.Entry) {
	if !e.At.IsZero() {
		if e.At.Before(b.last) {
			b.report.Backward++
		}
		b.last = e.At
		b.between(e.At)
	}
	switch e.Kind {
	case client.EntryReset:
		b.history.ResetDone(b.last)
	case client.EntryFailed:
		b.fail(e)
	case client.EntryAnswer:
		b.answer(e.Sample)
	}
}

// between makes the time of the report reach to at.
func (b *Builder) between(at time.Time) {
	if b.report.From.IsZero() || at.Before(b.report.From) {
		b.report.From = at
	}
	if at.After(b.report.To) {
		b.report.To = at
	}
}

func (b *Builder) fail(e client.Entry) {
	b.report.Failures++
	b.history.Fail(b.last, e.Failed)
	b.polls = append(b.polls, poll{at: nanos(b.last), verdict: failed, cause: e.Failed.Words})
	b.minutes.of(b.last).Failures++
}

func (b *Builder) answer(s client.Sample) {
	r := &b.report
	s.At = b.last
	r.Answers++
	b.history.Add(s)
	derived := b.history.Derived()
	if derived.Break != "" {
		b.breaks.look(b.history, r.From)
	}
	r.Last, r.Verdict = s, client.Judge(s, derived)

	row := b.minutes.of(s.At)
	b.waits.take(b.prev, s, derived)
	if !b.prev.Known || !older(b.prev.Value, s) {
		if b.prev.Known {
			b.steps.take(b.prev.Value, s, derived.Break, row)
		}
		b.prev = client.Some(s)
	}
	b.moments(s, derived, row)
	row.take(s, r.Verdict.Level)
	if d := s.Detail; d != nil {
		b.detail(s.At, d)
	}
	b.polls = append(b.polls, poll{at: nanos(s.At), verdict: uint8(r.Verdict.Level), problems: b.problems.note(r.Verdict.Findings, s.At)})
}

// older reports whether an answer is older than another, by its time and by its
// counters: what counts is already counted.
func older(than, s client.Sample) bool {
	fell := than.Total.Known && s.Total.Known && s.Total.Value < than.Total.Value ||
		than.Successful.Known && s.Successful.Known && s.Successful.Value < than.Successful.Value
	return s.At.Before(than.At) && fell
}

// detail takes what only some endpoints tell.
func (b *Builder) detail(at time.Time, d *client.Detail) {
	r := &b.report
	r.Detailed = true
	if d.Version.Known {
		r.Version = d.Version
	}
	if d.Simulated.Known {
		r.Simulated = d.Simulated
	}
	if n := d.ActiveUsers; n.Known {
		r.Users.Last = n
		if !r.Users.Most.Known || n.Value > r.Users.Most.Value {
			r.Users.Most, r.Users.MostAt = n, at
		}
	}
	if a := d.Advice; a != nil {
		r.Advice = a
		if r.WorstAdvice == nil || a.P95.Value > r.WorstAdvice.P95.Value {
			r.WorstAdvice = a
		}
	}
}

// median returns the usual time between two polls that follow each other.
func median(polls []poll) time.Duration {
	var apart []int64
	for i := 1; i < len(polls); i++ {
		if d := polls[i].at - polls[i-1].at; d > 0 && polls[i-1].at != 0 {
			apart = append(apart, d)
		}
	}
	if len(apart) == 0 {
		return 0
	}
	slices.Sort(apart)
	return time.Duration(apart[len(apart)/2])
}

// Report returns the report of what was added until now.
func (b *Builder) Report() *Report {
	r := b.report
	r.Every = median(b.polls)
	late := lateAfter(r.Every)
	r.Levels, r.Outages = b.timeline(late, r.To.Sub(r.From))
	r.Problems = b.problems.held(b.polls, late)
	b.breaks.look(b.history, r.From)
	r.Breaks, r.Several = slices.Clone(b.breaks.list), b.breaks.several
	r.Sums = b.steps.sums(r.Several)
	if !r.Several {
		r.Arrivals = slices.Clone(b.steps.arrivals)
	}
	r.Waits = b.waits.summary()
	r.Rows = b.minutes.rows(r.From, r.To)
	if r.Advice == r.WorstAdvice || sameAdvice(r.Advice, r.WorstAdvice) {
		r.WorstAdvice = nil
	}
	r.Moments = slices.Clone(b.report.Moments)
	return &r
}

// sameAdvice reports whether two were computed at the same time.
func sameAdvice(a, b *client.Advice) bool {
	return a != nil && b != nil && a.At.Known && a.At == b.At
}

// lateAfter returns how far apart two polls can be with none missing between
// them, where they usually are so far.
func lateAfter(usual time.Duration) time.Duration { return max(3*usual, 3*time.Second) }

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

// moments keeps the worst of each figure.
func (b *Builder) moments(s client.Sample, d client.Derived, row *minute) {
	b.worst("most waiting", s.Waiting.Known && s.Waiting.Value > 0, float64(s.Waiting.Value), s.Waiting.Value, s.At)
	if s.Detail != nil {
		oldest, p95 := s.Detail.OldestWait, s.Detail.Wait.P95
		b.worst("longest wait of one that waited", oldest.Known && oldest.Value > 0, float64(oldest.Value), oldest.Value, s.At)
		b.worst("longest p95 wait over 5 minutes", p95.Known && p95.Value > 0, float64(p95.Value), p95.Value, s.At)
		if p95.Known && (!row.P95.Known || p95.Value > row.P95.Value) {
			row.P95 = p95
		}
	} else {
		b.worst("longest wait that could be derived", d.RecentWait.Known && d.RecentWait.Value > 0, float64(d.RecentWait.Value), d.RecentWait.Value, s.At)
		b.worst("longest average wait since start or reset", s.Average.Known && s.Average.Value > 0, float64(s.Average.Value), s.Average.Value, s.At)
	}
	rate := d.RecentRate
	b.worst("lowest success of the last 20", rate.Known && d.RecentFinished.Value >= 5 && rate.Value < 1, -rate.Value, rate.Value, s.At)
}

// worst notes a figure if none was worse.
func (b *Builder) worst(what string, known bool, weight float64, value any, at time.Time) {
	if !known || math.IsNaN(weight) {
		return
	}
	i := slices.IndexFunc(b.report.Moments, func(m Moment) bool { return m.What == what })
	switch {
	case i < 0:
		b.report.Moments = append(b.report.Moments, Moment{what, value, at})
	case weight > weightOf(b.report.Moments[i].Value):
		b.report.Moments[i] = Moment{what, value, at}
	}
}

// weightOf returns how bad a moment's value is.
func weightOf(value any) float64 {
	switch v := value.(type) {
	case int:
		return float64(v)
	case time.Duration:
		return float64(v)
	case float64:
		return -v
	default:
		return math.Inf(-1)
	}
}
