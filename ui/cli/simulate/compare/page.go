package compare

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue/replay"
	"paceline/ui/cli/command"

	"github.com/charmbracelet/x/ansi"
	"paceline/queue/human"
)

// page is what simulate compare shows to people.
type page struct {
	command.Page
	styles styles
	width  int
}

// list writes a line for each load: how long an answer takes under the paces that
// matter most, and what is lost without any.
func (p *page) list(all []comparison) {
	t := table{columns: []column{
		{title: ""},
		{title: "load", left: true, least: 24},
		{title: "spaced", drop: 2},
		{title: "adaptive"},
		{title: "oracle", drop: 3},
		{title: "lost", drop: 1},
	}}
	for _, c := range all {
		cells := []cell{{text: fmt.Sprint(c.number), style: p.styles.muted}, {text: c.load.Name}}
		for _, pace := range []string{replay.Spaced, replay.Adaptive, replay.Oracle} {
			f := c.under(pace)
			one := cell{text: p.took(f, f.MeanLatency())}
			if pace == replay.Adaptive {
				one.style = p.styles.strong
			}
			cells = append(cells, one)
		}
		t.rows = append(t.rows, append(cells, p.lost(c.under(replay.SDKRetries).Failures)))
	}
	p.Line("%s", p.styles.strong.Render("How long an answer takes, on average"))
	p.muted("under our spacing, ours adaptive, and an oracle; lost is what the SDKs' own retries give up on")
	p.Line("")
	p.lay(t)
}

// load writes a picture and a table of a load.
func (p *page) load(c comparison) {
	p.heading(c)
	p.picture(c)
	p.Line("")
	p.table(c)
	p.Line("")
	p.footnote()
}

// heading says which load it is, and on what account.
func (p *page) heading(c comparison) {
	p.Line("%s", p.styles.strong.Render(p.cut(fmt.Sprintf("%d. %s", c.number, c.load.Name))))
	p.muted("bound by " + string(c.load.Bottleneck) + "; for each model " + command.DescribeLimits(c.load.Account.Limits.Of("")))
}

// table writes what the users of a load felt under each pace.
func (p *page) table(c comparison) {
	t := table{columns: []column{
		{title: ""},
		{title: "pace", left: true, least: 19},
		{title: "answered", drop: 5},
		{title: "failed", drop: 8},
		{title: "at door", drop: 7, dash: p.styles.dash},
		{title: "429s", drop: 4},
		{title: "mean"},
		{title: "last", drop: 6},
		{title: "waiting", drop: 2},
		{title: "a min", drop: 1},
		{title: "fair", drop: 3, dash: p.styles.dash},
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
			{text: fmt.Sprint(len(r.Answers))}, p.lost(r.Failures), {text: door}, {text: fmt.Sprint(r.RateLimited)},
			{text: p.took(r.Result, r.MeanLatency())}, {text: p.took(r.Result, r.MaxLatency())}, {text: p.took(r.Result, r.MeanWait())},
			{text: fmt.Sprintf("%.1f", r.Throughput())}, {text: fair},
		})
	}
	p.lay(t)
}

// footnote explains the columns of the tables.
func (p *page) footnote() {
	p.muted("at door: of the failed, what the queue refused; mean and last: from a question to the end of its answer, of what was answered; waiting: of the mean, what is not the API's own time; fair: Jain's index of the users' shares while all of them wait, 1 is fair")
}

// muted writes what explains, in as many lines as it takes.
func (p *page) muted(text string) {
	for line := range strings.Lines(ansi.Wordwrap(text, p.width, "")) {
		p.Line("%s", p.styles.muted.Render(strings.TrimRight(line, " \n")))
	}
}

func (p *page) cut(text string) string { return ansi.Truncate(text, p.width, p.styles.ellipsis) }

// took writes a time of answers; a dash where there were none.
func (p *page) took(f *replay.Result, d time.Duration) string {
	if len(f.Answers) == 0 {
		return p.styles.dash
	}
	return human.Short(d)
}

// lost is how many messages failed.
func (p *page) lost(n int) cell {
	c := cell{text: fmt.Sprint(n)}
	if n > 0 {
		c.style = p.styles.bad
	}
	return c
}

// under returns what the users felt under a pace.
func (c comparison) under(pace string) *replay.Result {
	for _, r := range c.rows {
		if r.Pace == pace {
			return r.Result
		}
	}
	return &replay.Result{}
}

// lay writes a table as wide as the page allows.
func (p *page) lay(t table) {
	for _, line := range t.lines(p.width, p.styles) {
		p.Line("%s", strings.TrimRight(line, " "))
	}
}
