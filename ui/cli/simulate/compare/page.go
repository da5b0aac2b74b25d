package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/queue/replay"
	"paceline/ui/cli/command"

	"github.com/charmbracelet/x/ansi"
	"paceline/queue/human"
)

// page is the output for a terminal.
type page struct {
	command.Page
	styles styles
	width  int
	notes  []string // what the columns are of the tables that were written, each once
}

// writeList writes a line for each load: how long an answer takes under the paces that
// matter most, and what is lost without any.
func (p *page) writeList(all []comparison) {
	t := table{columns: []column{
		{title: ""},
		{title: "load", alignLeft: true, minWidth: 24},
		{title: "spaced", dropOrder: 2, about: "under our spacing"},
		{title: "adaptive", about: "ours, by the account's limits"},
		{title: "oracle", dropOrder: 3, about: "knows all of them"},
		{title: "lost", dropOrder: 1, about: "what the SDKs' own retries give up on"},
	}}
	for _, c := range all {
		cells := []cell{{text: fmt.Sprint(c.number), style: p.styles.muted}, {text: c.load.Name}}
		for _, pace := range []string{replay.Spaced, replay.Adaptive, replay.Oracle} {
			f := c.underPace(pace)
			one := cell{text: p.timeOrDash(f, f.MeanLatency())}
			if pace == replay.Adaptive {
				one.style = p.styles.strong
			}
			cells = append(cells, one)
		}
		t.rows = append(t.rows, append(cells, p.failedCell(c.underPace(replay.SDKRetries).Failures)))
	}
	p.Line("%s", p.styles.strong.Render("How long an answer takes, on average"))
	p.writeMuted(strings.Join(t.notes(p.width), "; "))
	p.Line("")
	p.writeTable(t)
}

// writeLoad writes a picture and a table of a load.
func (p *page) writeLoad(c comparison) {
	p.writeHeading(c)
	p.writePicture(c)
	p.Line("")
	p.writePaces(c)
	p.Line("")
	p.writeFootnote()
}

// writeHeading writes the name of a load and the limits of its account.
func (p *page) writeHeading(c comparison) {
	p.Line("%s", p.styles.strong.Render(p.cut(fmt.Sprintf("%d. %s", c.number, c.load.Name))))
	p.writeMuted("bound by " + string(c.load.Bottleneck) + "; for each model " + command.DescribeLimits(c.load.Account.Limits.Of("")))
}

// writePaces writes the table of a load, a row for each pace.
func (p *page) writePaces(c comparison) {
	t := table{columns: []column{
		{title: ""},
		{title: "pace", alignLeft: true, minWidth: 19},
		{title: "answered", dropOrder: 5},
		{title: "failed", dropOrder: 8},
		{title: "at door", dropOrder: 7, emptyText: p.styles.dash, about: "of the failed, what the queue refused"},
		{title: "429s", dropOrder: 4},
		{title: "mean", about: "from a question to the end of its answer, of what was answered"},
		{title: "last", dropOrder: 6, about: "the longest of these"},
		{title: "waiting", dropOrder: 2, about: "of the mean, what is not the API's own time"},
		{title: "a min", dropOrder: 1},
		{title: "fair", dropOrder: 3, emptyText: p.styles.dash, about: "Jain's index of the users' shares while all of them wait, 1 is fair"},
	}}
	for _, r := range c.rows {
		m := p.styles.mark(r.Pace)
		fair := p.styles.dash
		if j, ok := r.Fairness(); ok {
			fair = fmt.Sprintf("%.2f", j)
		}
		door := p.styles.dash
		if r.Refused > 0 {
			door = fmt.Sprint(r.Refused)
		}
		name := cell{text: r.Pace}
		if r.Pace == replay.Adaptive {
			name.style = p.styles.strong
		}
		t.rows = append(t.rows, []cell{
			{text: string(m.letter), style: m.style}, name,
			{text: fmt.Sprint(len(r.Answers))}, p.failedCell(r.Failures), {text: door}, {text: fmt.Sprint(r.RateLimited)},
			{text: p.timeOrDash(r.Result, r.MeanLatency())}, {text: p.timeOrDash(r.Result, r.MaxLatency())}, {text: p.timeOrDash(r.Result, r.MeanWait())},
			{text: fmt.Sprintf("%.1f", r.Throughput())}, {text: fair},
		})
	}
	p.writeTable(t)
	for _, note := range t.notes(p.width) {
		if !slices.Contains(p.notes, note) {
			p.notes = append(p.notes, note)
		}
	}
}

// writeFootnote explains the columns of the tables that were written.
func (p *page) writeFootnote() {
	p.writeMuted(strings.Join(p.notes, "; "))
}

// writeMuted writes an explanation, broken into lines.
func (p *page) writeMuted(text string) {
	for line := range strings.Lines(ansi.Wordwrap(text, p.width, "")) {
		p.Line("%s", p.styles.muted.Render(strings.TrimRight(line, " \n")))
	}
}

func (p *page) cut(text string) string { return ansi.Truncate(text, p.width, p.styles.ellipsis) }

// timeOrDash formats a duration of answers; a dash if there were none.
func (p *page) timeOrDash(f *replay.Result, d time.Duration) string {
	if len(f.Answers) == 0 {
		return p.styles.dash
	}
	return human.Short(d)
}

// failedCell returns the cell with the number of messages that failed.
func (p *page) failedCell(n int) cell {
	c := cell{text: fmt.Sprint(n)}
	if n > 0 {
		c.style = p.styles.bad
	}
	return c
}

// underPace returns the result under a pace.
func (c comparison) underPace(pace string) *replay.Result {
	for _, r := range c.rows {
		if r.Pace == pace {
			return r.Result
		}
	}
	return &replay.Result{}
}

// writeTable writes a table, at most as wide as the page.
func (p *page) writeTable(t table) {
	for _, line := range t.lines(p.width, p.styles) {
		p.Line("%s", strings.TrimRight(line, " "))
	}
}
