package ui

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"paceline/client"
)

// Plain writes one line a poll, without escapes, until ctx ends: the monitor for
// a pipe. It judges as [Run] does. An error is one of writing.
func Plain(ctx context.Context, o Options, out io.Writer) error {
	o = o.withDefaults()
	p := plain{options: o, history: client.NewHistory(o.Interval), random: rand.Float64}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		started := time.Now()
		pollCtx, cancel := context.WithTimeout(ctx, o.Timeout)
		sample, err := o.Source.Poll(pollCtx)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		line, wait := p.line(sample, asFailure(err), started, time.Now())
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
}

// line is what to say about a poll that began at started, and how long to wait
// for the next.
func (p *plain) line(sample client.Sample, failure *client.Failure, started, now time.Time) (string, time.Duration) {
	if failure != nil {
		p.failures++
		p.history.Fail(now, failure)
		wait := client.NextPoll(p.options.Interval, p.failures, p.random())
		parts := []string{p.clock(now) + " unreachable: " + clean(failure.Words)}
		if hint := clean(failure.Hint); hint != "" {
			parts = append(parts, hint)
		}
		return strings.Join(append(parts, "next attempt "+p.clock(now.Add(wait))), " | "), wait
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
	for _, f := range figures() {
		if text := f.text(s); text != s.theme.dash {
			parts = append(parts, f.label+" "+text)
		}
	}
	if words := s.detail().FlowWords(); words != "" {
		parts = append(parts, words)
	}
	if words := s.failureWords(); words != "" {
		parts = append(parts, words)
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
	return strings.Join(parts, " | "), max(wait-now.Sub(started), p.options.Interval/4)
}

func (p *plain) clock(t time.Time) string { return t.In(p.options.Zone).Format(time.TimeOnly) }
