package loadtest

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"paceline/client/loadtest"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

const (
	histogramWidth = 40 // of the longest bar of a histogram
	maxOutcomes    = 12 // outcomes
	labelWidth     = 19
)

// report is the report of all loads.
type report struct {
	base      string
	ownServer bool // over a server of our own
	simulated bool
	target    loadtest.Target
	runs      []loadRun
	stopped   bool // not all loads were run
}

// exit returns the exit code.
func (r *report) exit() int {
	for _, run := range r.runs {
		if !run.result.Good() {
			return command.ExitFailed
		}
	}
	if r.stopped {
		return command.ExitFailed
	}
	return command.ExitOK
}

// print writes the report of one load. Text from the network is clean already.
func (r *report) print(w io.Writer, run loadRun, first bool) error {
	var p page
	if !first {
		p.Line("")
	}
	how := "whole answers"
	if run.result.Streamed {
		how = "streamed"
	}
	p.Line("Load test %s", describe(run.result.Plan))
	p.Line("on %s%s, %s%s", r.base, run.result.Route.Path(), how, r.backend())
	p.Line("")
	p.messages(run.result)
	p.times(run.result)
	p.outcomes(run.result.Outcomes)
	p.queue(run)
	p.comparison(run)
	_, err := io.WriteString(w, p.String())
	return err
}

// backend describes the API behind the target, as far as it is known.
func (r *report) backend() string {
	switch {
	case r.ownServer:
		return ", a server of our own over a simulated API"
	case r.simulated:
		return ", simulated API"
	default:
		return ""
	}
}

// page is the report of one load.
type page struct{ command.Page }

// row writes a label and its value.
func (p *page) row(label, format string, args ...any) {
	p.Line("%-*s"+format, append([]any{labelWidth, label + ":"}, args...)...)
}

// messages writes how many messages were sent, answered and failed.
func (p *page) messages(r loadtest.Result) {
	if r.Stopped {
		p.Line("Stopped before its end: this is what ran.")
		p.Line("")
	}
	p.row("Total requests", "%d", r.Sent)
	p.row("Successful", "%d", r.Succeeded)
	p.row("Failed", "%d", r.Failed)
	if r.Unanswered > 0 {
		p.row("Not answered yet", "%d", r.Unanswered)
	}
	if r.NotSent > 0 {
		p.row("Not sent", "%d, because too many were unanswered", r.NotSent)
	}
	p.row("429 to a client", "%d", r.Limited)
	if r.SentAgain > 0 {
		p.row("Sent again", "%d, by users who gave up", r.SentAgain)
	}
}

// times writes how long the messages took.
func (p *page) times(r loadtest.Result) {
	t := r.Times
	if t.Count == 0 {
		p.row("Average", "–, nothing succeeded")
		p.Line("")
		return
	}
	p.row("Average", "%s", human.Precise(t.Average))
	p.row("Min", "%s", human.Precise(t.Min))
	p.row("Max", "%s", human.Precise(t.Max))
	p.row("p50, p95, p99", "%s, %s, %s", human.Precise(t.P50), human.Precise(t.P95), human.Precise(t.P99))
	if c := r.Corrected; c.Count > 0 {
		p.row("At a steady pace", "p50 %s, p95 %s, p99 %s, for users who do not wait for an answer", human.Precise(c.P50), human.Precise(c.P95), human.Precise(c.P99))
	}
	if f := r.FirstToken; f.Count > 0 {
		p.row("First text", "average %s, p50 %s, p95 %s, max %s", human.Precise(f.Average), human.Precise(f.P50), human.Precise(f.P95), human.Precise(f.Max))
	}
	p.row("Throughput", "%s over %s", perTime(r.PerSecond), human.Precise(r.Took))
	if fast, slow, ok := r.FastestAndSlowest(); ok {
		p.row("Fairness", "%.2f (1 is fair), users' averages from %s to %s", r.Fairness, human.Precise(fast.Average), human.Precise(slow.Average))
	}
	p.Line("")
	if t.Count > 1 {
		p.bars(r.Bars)
	}
}

// bars draws a histogram.
func (p *page) bars(bars []loadtest.Bar) {
	most, wide := int64(1), 0
	labels := make([]string, len(bars))
	for i, b := range bars {
		most = max(most, b.Count)
		labels[i] = human.Exact(b.From) + " to " + human.Exact(b.To)
		wide = max(wide, len(labels[i]))
	}
	for i, b := range bars {
		cells := int(math.Ceil(float64(b.Count) / float64(most) * histogramWidth))
		p.Line("%*s  %s", wide, labels[i], command.JoinNonEmpty(" ", strings.Repeat("█", cells), fmt.Sprint(b.Count)))
	}
	p.Line("")
}

// outcomes writes the kinds of outcome, unless all messages succeeded.
func (p *page) outcomes(all []loadtest.Outcome) {
	if len(all) == 0 || len(all) == 1 && all[0].Good {
		return
	}
	for _, o := range all[:min(len(all), maxOutcomes)] {
		said := o.First
		if said == o.Kind {
			said = ""
		}
		p.Line("%6d × %s", o.Count, command.JoinNonEmpty(": ", o.Kind, said))
	}
	if more := len(all) - maxOutcomes; more > 0 {
		p.Line("%6s   and %d other kinds", "", more)
	}
	p.Line("")
}

// queue writes the status of the queue after the load.
func (p *page) queue(r loadRun) {
	s := r.after
	if s == nil {
		p.row("Queue", "its figures could not be read: %s", r.pollFailure.Words)
		p.Line("")
		return
	}
	p.row("Status", "%s", s.Status.Or("–"))
	p.row("Success Rate", "%s", command.OrDash(s.Rate, human.Share))
	p.row("Average Wait Time", "%s", command.OrDash(s.Average, func(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }))
	p.row("Message", "%s", s.Message.Or("–"))
	if s.Recommendation.Known && s.Recommendation.Value != "" {
		p.row("Recommendation", "%s", s.Recommendation.Value)
	}
	p.Line("")
}

// comparison writes the measured figures beside the published and the computed ones.
func (p *page) comparison(r loadRun) {
	const row = "%-30s %9s %9s"
	p.Line(row, "", "average", "max")
	p.Line(row, "Measured", figure(r.result.Times.Average), figure(r.result.Times.Max))
	if f := r.Published; f != nil {
		p.Line(row, "Published", human.Precise(f.Average), human.Precise(f.Max))
	}
	p.Line(row, "Computed, answers of "+human.Precise(loadtest.UsualService), figure(r.Usual.Average), figure(r.Usual.Max))
	if r.Service > 0 {
		p.Line(row, "Computed, answers of "+human.Precise(r.Service), figure(r.Expected.Average), figure(r.Expected.Max))
	}
	whose := "default"
	if r.SettingsKnown {
		whose = "queue's"
	}
	p.Line("The %s settings: %s.", whose, r.describePace())
	if r.Service > 0 {
		p.Line("The queue says that its calls took %s on average in the last 5 minutes.", human.Precise(r.Service))
	}
	p.Line("")
	p.Line("Verdict: %s", r.verdict())
	for _, note := range r.Notes {
		p.Line("- %s", note)
	}
}

// perTime formats a rate a second or a minute, whichever reads more easily.
func perTime(perSecond float64) string {
	if perSecond < 1 {
		return fmt.Sprintf("%.1f a minute", 60*perSecond)
	}
	return fmt.Sprintf("%.1f a second", perSecond)
}

// figure formats a duration; a dash if it is zero.
func figure(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return human.Precise(d)
}
