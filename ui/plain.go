package ui

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// Plain writes one line a poll, without escapes, until ctx ends: the monitor for
// a pipe. It judges as [Run] does. An error is one of writing.
func Plain(ctx context.Context, o Options, out io.Writer) error {
	o = o.withDefaults()
	p := plain{options: o, history: client.NewHistory(o.Interval), random: rand.Float64, changes: changes{tell: o.OnChange}}
	told := make(chan error)
	var telling sync.WaitGroup
	defer telling.Wait()
	tell := func(c *Change) {
		if c != nil {
			telling.Go(func() {
				err := o.OnChange(ctx, *c)
				select {
				case told <- err:
				case <-ctx.Done():
				}
			})
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-told:
			tell(p.told(err))
			continue
		case <-timer.C:
		}
		started := time.Now()
		pollCtx, cancel := context.WithTimeout(ctx, o.Timeout)
		sample, err := o.Source.Poll(pollCtx)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		line, wait, change := p.line(sample, asFailure(err), started, time.Now())
		tell(change)
		if _, err := io.WriteString(out, line+"\n"); err != nil {
			return fmt.Errorf("ui: writing: %w", err)
		}
		timer.Reset(wait)
	}
}

// plainHint is the greatest width of the hint about what would help.
const plainHint = 100

// plain is the state of the plain form.
type plain struct {
	options  Options
	history  *client.History
	random   func() float64
	failures int
	changes  changes
	notice   string // for the next line
}

// told takes that a change was told, and returns the next one to tell.
func (p *plain) told(err error) *Change {
	next, first := p.changes.done(err)
	if first {
		p.notice = clean(err.Error())
	}
	return next
}

// line is what to say about a poll that began at started, how long to wait for the next, and
// the change to tell.
func (p *plain) line(sample client.Sample, failure *client.Failure, started, now time.Time) (string, time.Duration, *Change) {
	line, s, wait := p.words(sample, failure, started, now)
	if p.notice != "" {
		line, p.notice = line+" | "+p.notice, ""
	}
	return line, wait, p.changes.see(changeOf(failure, &s, p.options.Source.Name(), now))
}

// words are the line without a notice, and what it is about.
func (p *plain) words(sample client.Sample, failure *client.Failure, started, now time.Time) (string, snapshot, time.Duration) {
	if failure != nil {
		p.failures++
		p.history.Fail(now, failure)
		wait := client.NextPoll(p.options.Interval, p.failures, p.random())
		parts := []string{p.clock(now) + " unreachable: " + clean(failure.Words)}
		if hint := clean(failure.Hint); hint != "" {
			parts = append(parts, hint)
		}
		return strings.Join(append(parts, "next attempt "+p.clock(now.Add(wait))), " | "), snapshot{}, wait
	}
	p.failures = 0
	p.history.Add(sample)
	if last, ok := p.history.Last(); ok {
		sample = last
	}
	derived := p.history.Derived()
	verdict := client.Judge(sample, derived)
	s := &state{
		snapshot: snapshot{at: now, known: true, sample: sample, derived: derived, totals: p.history.Totals(), verdict: verdict},
		theme:    newTheme(true, 0, p.options.ASCII, false), history: p.history, zone: p.options.Zone,
	}
	parts := []string{p.clock(now) + " " + verdict.Level.String() + ": " + clean(verdict.Message)}
	for _, words := range sample.FigureWords(derived) {
		parts = append(parts, clean(words))
	}
	for _, f := range plainFigures() {
		if text := f.text(s); text != s.theme.dash {
			parts = append(parts, f.label+" "+text)
		}
	}
	if verdict.Recommendation != "" {
		parts = append(parts, "advice: "+clean(verdict.Recommendation))
	}
	if words := s.hint(plainHint); words != "" && verdict.Level > client.Healthy {
		parts = append(parts, "would help: "+words)
	}
	if derived.Note != "" {
		parts = append(parts, "note: "+clean(derived.Note))
	}
	wait := client.NextPoll(p.options.Interval, 0, p.random())
	return strings.Join(parts, " | "), s.snapshot, max(wait-now.Sub(started), p.options.Interval/4)
}

func (p *plain) clock(t time.Time) string { return t.In(p.options.Zone).Format(time.TimeOnly) }

// plainFigures are the figures of a line besides those that [client.Sample.FigureWords] says.
func plainFigures() []figure {
	derived := func(s *state) client.Opt[time.Duration] {
		if s.sample.Detail == nil {
			return s.derived.RecentWait
		}
		return client.Opt[time.Duration]{}
	}
	return []figure{
		{label: "recent wait", text: durationOf(derived)},
		{label: "all start in", text: func(s *state) string {
			if s.sample.Detail != nil {
				return s.theme.dash
			}
			return emptyShort(s)
		}},
		{label: "in flight", text: inFlight},
		{label: "per min", text: perMinute},
		{label: "users", text: textOf(func(s *state) client.Opt[int] { return s.detail().ActiveUsers }, human.Count[int])},
		{label: "failed", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Failed })},
		{label: "requests", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Total })},
		{label: "next in", text: nextStart},
	}
}

func perMinute(s *state) string { return orDash(s.theme, s.derived.PerMinute, rate) }

func nextStart(s *state) string {
	switch d := s.detail(); {
	case d.NextStart.Known && d.NextStart.Value <= 0:
		return "now"
	case d.NextStart.Known:
		return human.Duration(d.NextStart.Value)
	default:
		return s.theme.dash
	}
}
