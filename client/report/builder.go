package report

import (
	"math"
	"slices"
	"time"

	"paceline/client"
)

// Builder makes a report from entries. Make one with [NewBuilder]; it is not safe for
// concurrent use. It keeps about 40 bytes for each entry.
type Builder struct {
	history  *client.History
	report   Report
	polls    []poll
	lastTime time.Time // of the newest entry that has a time

	prev            client.Opt[client.Sample] // the newest answer by its time and counters
	sums            counterSums
	waits           waits
	problems        problems
	discontinuities discontinuities
	minutes         minutes
}

// poll is the part of an entry that is kept.
type poll struct {
	at       int64 // Unix nanoseconds; 0 for none
	verdict  uint8 // a [client.Level], or verdictFailed
	problems uint64
	cause    string
}

// verdictFailed is the verdict of a failed poll.
const verdictFailed = uint8(client.Critical) + 1

// NewBuilder returns a builder without entries.
func NewBuilder() *Builder { return &Builder{history: client.NewHistory(time.Second)} }

// Add takes the next entry.
func (b *Builder) Add(e client.Entry) {
	if !e.At.IsZero() {
		if e.At.Before(b.lastTime) {
			b.report.Backward++
		}
		b.lastTime = e.At
		b.extendTo(e.At)
	}
	switch e.Kind {
	case client.EntryReset:
		b.history.ResetDone(b.lastTime)
	case client.EntryFailed:
		b.addFailure(e)
	case client.EntryAnswer:
		b.addAnswer(e.Sample)
	}
}

// extendTo extends the period of the report to at.
func (b *Builder) extendTo(at time.Time) {
	if b.report.From.IsZero() || at.Before(b.report.From) {
		b.report.From = at
	}
	if at.After(b.report.To) {
		b.report.To = at
	}
}

// addFailure adds a failed poll.
func (b *Builder) addFailure(e client.Entry) {
	b.report.Failures++
	b.history.Fail(b.lastTime, e.Failed)
	b.polls = append(b.polls, poll{at: unixNanos(b.lastTime), verdict: verdictFailed, cause: e.Failed.Words})
	b.minutes.at(b.lastTime).Failures++
}

// addAnswer adds an answer.
func (b *Builder) addAnswer(s client.Sample) {
	r := &b.report
	s.At = b.lastTime
	r.Answers++
	b.history.Add(s)
	derived := b.history.Derived()
	if derived.Discontinuity != "" {
		b.discontinuities.collect(b.history, r.From)
	}
	r.Last, r.Verdict = s, client.Judge(s, derived)

	row := b.minutes.at(s.At)
	b.waits.add(b.prev, s, derived)
	if !b.prev.Known || !isOlder(b.prev.Value, s) {
		if b.prev.Known {
			b.sums.add(b.prev.Value, s, derived.Discontinuity, row)
		}
		b.prev = client.Some(s)
	}
	b.addExtremes(s, derived, row)
	row.add(s, r.Verdict.Level)
	if d := s.Detail; d != nil {
		b.addDetail(s.At, d)
	}
	b.polls = append(b.polls, poll{at: unixNanos(s.At), verdict: uint8(r.Verdict.Level), problems: b.problems.add(r.Verdict.Findings, s.At)})
}

// isOlder reports whether an answer is older than another one, by its time and its
// counters: its requests are counted already.
func isOlder(than, s client.Sample) bool {
	fell := than.Total.Known && s.Total.Known && s.Total.Value < than.Total.Value ||
		than.Successful.Known && s.Successful.Known && s.Successful.Value < than.Successful.Value
	return s.At.Before(than.At) && fell
}

// addDetail adds the figures of a detail.
func (b *Builder) addDetail(at time.Time, d *client.Detail) {
	r := &b.report
	r.HasDetail = true
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
		if a.Doubt() == "" && (r.WorstAdvice == nil || a.P95.Value > r.WorstAdvice.P95.Value) {
			r.WorstAdvice = a
		}
	}
}

// medianInterval returns the median time between successive polls.
func medianInterval(polls []poll) time.Duration {
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

// Report returns the report of the entries that were added so far.
func (b *Builder) Report() *Report {
	r := b.report
	r.Interval = medianInterval(b.polls)
	late := client.StaleAfter(r.Interval)
	r.Levels, r.Outages = b.timeline(late, r.To.Sub(r.From))
	r.Problems = b.problems.durations(b.polls, late)
	b.discontinuities.collect(b.history, r.From)
	r.Discontinuities, r.SeveralServers = slices.Clone(b.discontinuities.list), b.discontinuities.several
	r.Sums = b.sums.sums(r.SeveralServers)
	if !r.SeveralServers {
		r.Arrivals = slices.Clone(b.sums.arrivals)
	}
	r.Waits = b.waits.summary()
	r.Rows = b.minutes.rows(r.From, r.To)
	if r.Advice == r.WorstAdvice || sameAdvice(r.Advice, r.WorstAdvice) {
		r.WorstAdvice = nil
	}
	r.Extremes = slices.Clone(b.report.Extremes)
	return &r
}

// sameAdvice reports whether two advices were computed at the same time.
func sameAdvice(a, b *client.Advice) bool {
	return a != nil && b != nil && a.At.Known && a.At == b.At
}

// unixNanos returns t in nanoseconds since 1970; 0 for the zero time.
func unixNanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// fromUnixNanos is the inverse of unixNanos.
func fromUnixNanos(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

// addExtremes keeps the worst value of each figure.
func (b *Builder) addExtremes(s client.Sample, d client.Derived, row *minute) {
	b.noteExtreme("most waiting", s.Waiting.Known && s.Waiting.Value > 0, float64(s.Waiting.Value), s.Waiting.Value, s.At)
	if s.Detail != nil {
		oldest, p95 := s.Detail.OldestWait, s.Detail.Wait.P95
		b.noteExtreme("longest wait of one that waited", oldest.Known && oldest.Value > 0, float64(oldest.Value), oldest.Value, s.At)
		b.noteExtreme("longest p95 wait over 5 minutes", p95.Known && p95.Value > 0, float64(p95.Value), p95.Value, s.At)
		if p95.Known && (!row.P95.Known || p95.Value > row.P95.Value) {
			row.P95 = p95
		}
	} else {
		b.noteExtreme("longest wait that could be derived", d.RecentWait.Known && d.RecentWait.Value > 0, float64(d.RecentWait.Value), d.RecentWait.Value, s.At)
		b.noteExtreme("longest average wait since start or reset", s.Average.Known && s.Average.Value > 0, float64(s.Average.Value), s.Average.Value, s.At)
	}
	rate := d.RecentRate
	b.noteExtreme("lowest success of the last 20", rate.Known && d.RecentFinished.Value >= 5 && rate.Value < 1, -rate.Value, rate.Value, s.At)
}

// noteExtreme keeps a value if none so far was worse.
func (b *Builder) noteExtreme(figure string, known bool, weight float64, value any, at time.Time) {
	if !known || math.IsNaN(weight) {
		return
	}
	i := slices.IndexFunc(b.report.Extremes, func(m Extreme) bool { return m.Figure == figure })
	switch {
	case i < 0:
		b.report.Extremes = append(b.report.Extremes, Extreme{figure, value, at})
	case weight > weightOf(b.report.Extremes[i].Value):
		b.report.Extremes[i] = Extreme{figure, value, at}
	}
}

// weightOf returns how bad a value of an [Extreme] is.
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
