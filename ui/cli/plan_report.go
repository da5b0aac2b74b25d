package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/advice"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// planReport is the report of plan.
type planReport struct {
	advice.PlanForecast
	flags *planFlags
}

// print writes the report, with sentences of at most width cells.
func (r *planReport) print(w io.Writer, width int) error {
	p := planPage{width: width}
	r.traffic(&p)
	r.waits(&p)
	r.bands(&p)
	r.table(&p)
	for _, note := range r.notes() {
		p.item(note)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// planPage is a page whose sentences are broken into lines.
type planPage struct {
	command.Page
	width int
}

// say writes a sentence.
func (p *planPage) say(format string, args ...any) {
	for _, line := range command.Wrap(strings.Fields(fmt.Sprintf(format, args...)), " ", p.width) {
		p.Line("%s", line)
	}
}

// item writes a sentence as an item of a list.
func (p *planPage) item(sentence string) {
	for i, line := range command.Wrap(strings.Fields(sentence), " ", p.width-2) {
		p.Line("%s%s", [...]string{"- ", "  "}[min(i, 1)], line)
	}
}

// traffic writes the traffic and the limits of the plan.
func (r *planReport) traffic(p *planPage) {
	f := r.Plan
	p.say("Plan for %s, %s an hour each, to %s: %s a minute, of %s input and %s output tokens on average",
		countOf(float64(f.Users), "user"), countOf(f.MessagesPerHour, "message"), f.Model,
		formatNumber(float64(f.Users)*f.MessagesPerHour/60), human.Count(f.Input), human.Count(f.Output))
	p.say("Limits of %s (%s): %s", r.flags.DescribeTier(), r.flags.inForce(), command.DescribeLimits(f.Limits))
	p.Line("")
}

// waits writes the expected waits under each pace, and the limit that binds first.
func (r *planReport) waits(p *planPage) {
	const row = "%-14s %9s %9s   %s"
	p.Line(row, "Expected wait", "p50", "p95", "band")
	for _, pace := range r.Paces {
		p.Line(row, "  "+pace.Name, planWait(pace.P50, pace), planWait(pace.P95, pace), pace.Band.Name)
	}
	p.Line("")
	p.Line("What binds first")
	for _, pace := range r.Paces {
		p.Line("  %-12s %s", pace.Name, formatUse(pace.Uses[0]))
	}
	p.Line("")
}

// bands writes the number of users up to which each band holds.
func (r *planReport) bands(p *planPage) {
	const label, cell = "  %-15s %7s", " %14s"
	row := func(name, wait string, of func(advice.PlanPace) string) {
		line := fmt.Sprintf(label, name, wait)
		for _, pace := range r.Paces {
			line += fmt.Sprintf(cell, of(pace))
		}
		p.Line("%s", line)
	}
	line := fmt.Sprintf("%-25s", "With how many users")
	for _, pace := range r.Paces {
		line += fmt.Sprintf(cell, pace.Name)
	}
	p.Line("%s", line)
	for i, end := range r.Paces[0].Ends {
		row(end.Band.Name, end.Band.Expected, func(pace advice.PlanPace) string { return bandEnd(pace.Ends[i]) })
	}
	row("Upgrade needed", "30 s +", func(pace advice.PlanPace) string {
		last := pace.Ends[len(pace.Ends)-1]
		if last.More {
			return "–"
		}
		return "from " + human.Count(last.Users+1)
	})
	row("Over the limit", "no end", func(pace advice.PlanPace) string {
		if pace.Ends[len(pace.Ends)-1].More {
			return "–"
		}
		return "from " + human.Count(pace.Carries+1)
	})
	p.Line("")
}

// bandEnd formats the number of users up to which a band holds.
func bandEnd(end advice.PlanBandEnd) string {
	switch {
	case end.More:
		return "over " + human.Count(end.Users)
	case end.Users == 0:
		return "none"
	default:
		return "to " + human.Count(end.Users)
	}
}

// table writes the published capacity table beside the computed ones.
func (r *planReport) table(p *planPage) {
	const row = "  %-7s %9s %10s %9s %9s %9s"
	p.Line("All at once, a short message each: the last one's wait")
	p.Line(row, "users", "published", "after end", "spaced", "step 0", "adaptive")
	for _, t := range r.Table {
		users, published := fmt.Sprintf("%d-%d", t.From, t.To), t.Band.Expected
		if t.Band.MaxUsers == 0 {
			users, published = fmt.Sprintf("over %d", t.From-1), "30 s +"
		}
		cells := []any{users, published}
		for _, burst := range t.Paces {
			cells = append(cells, burstWait(burst, t.Band.MaxUsers == 0))
		}
		p.Line(row, cells...)
	}
	p.Line("")
}

// burstWait formats the wait of the last user, for the fewest and the most users of
// a row.
func burstWait(b advice.PlanBurst, open bool) string {
	low, high, unit := human.Short(b.From.Last), human.Short(b.To.Last), ""
	if b.To.Last < time.Minute { // the unit once, as in the published column
		low, high, unit = strings.TrimSuffix(low, "s"), strings.TrimSuffix(high, "s"), " s"
	}
	switch {
	case b.To.Failed > 0:
		return fmt.Sprintf("%d failed", b.To.Failed)
	case b.To.Last == 0:
		return "0 s"
	case open:
		return high + unit + " +"
	case low == high:
		return high + unit
	default:
		return low + "-" + high + unit
	}
}

// planWait formats a wait.
func planWait(d time.Duration, pace advice.PlanPace) string {
	switch {
	case d == 0:
		return "0 s"
	case pace.Overloaded:
		return "no end"
	case d == advice.PlanNever:
		return "refused"
	default:
		return human.Duration(d)
	}
}

// formatUse formats the part of a limit that is in use.
func formatUse(u advice.PlanUse) string {
	per := " a minute"
	if u.Resource == queue.BlockedBySlots {
		per = " at once"
	}
	return fmt.Sprintf("%s, %s of %s%s", u.Resource, human.Share(u.Share()), formatNumber(u.Limit), per)
}

// formatNumber formats a number with the digits that matter.
func formatNumber(n float64) string {
	if n >= 1000 || n == math.Trunc(n) {
		return human.Count(int(math.Round(n)))
	}
	return fmt.Sprintf("%.3g", n)
}

// countOf formats a number of things.
func countOf(n float64, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return formatNumber(n) + " " + of + "s"
}

// notes returns sentences on what the figures leave out.
func (r *planReport) notes() []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, pace := range r.Paces {
		addOverload(pace, add)
	}
	if names, flags := r.flags.unpublished(r.Plan.Limits); len(names) > 0 {
		add("Not published for %s, and left out here: the limits of %s. Add yours with %s.", r.flags.Tier, strings.Join(names, " and "), strings.Join(flags, " and "))
	}
	if r.flags.Tier == "scale" && queue.ModelGroup(r.Plan.Model) != "fable-5" {
		add("Of scale, only the limits of Fable 5.x are published; other models have as much or more.")
	}
	add("Computed in virtual time: days of %v hours, or %s messages where that is less; users ask at random moments; one message in twenty is twice the mean, or more; the queue has its default settings and knows the limits. A wait is all but the answer's own time. The band goes by the p95, and a message that is refused counts as one that waits for ever.",
		advice.PlanDay.Hours(), human.Count(advice.PlanMessages))
	s := queue.DefaultSettings()
	add("The published table counts users who press enter at the same time. It is what the last of them waits when messages start %s apart and nothing is added, as with --step 0. After end is the rule as it began: one at a time, and after its end (answers of %s) the %[1]s and %[3]s more for each that waits. Spaced is the same from start to start.",
		human.Exact(s.MinDelay), human.Exact(advice.PlanAnswer), human.Exact(s.Step))
	return all
}

// addOverload adds notes on traffic that is too much for a pace.
func addOverload(pace advice.PlanPace, add func(string, ...any)) {
	s := queue.DefaultSettings()
	last := pace.Ends[len(pace.Ends)-1]
	switch whose := "the account allows"; {
	case pace.Overloaded:
		if of := pace.Uses[0].Resource; of == queue.BlockedBySpacing || of == queue.BlockedBySlots {
			whose = "the queue's settings allow"
		}
		add("%s: more arrives than %s: the wait grows without end, and the queue refuses %s or more, which would wait longer than %s.", pace.Name, whose, human.Share(pace.Refused), human.Exact(s.MaxWait))
	case pace.Refused > 0:
		add("%s: the queue refuses %s of the messages, which would wait longer than %s.", pace.Name, human.Share(pace.Refused), human.Exact(s.MaxWait))
	}
	if pace.Overloaded || pace.Uses[0].Resource != queue.BlockedBySpacing || last.Users >= pace.Carries*9/10 {
		return
	}
	here := ""
	if pace.TipsAt > 0 {
		here = fmt.Sprintf(" With these users that is where %d wait.", pace.TipsAt)
	}
	add("%s: a long line goes slower, down to %d a minute where %d wait. So a crowd tips it over long before %s a minute are reached, and it does not recover before fewer ask.%s",
		pace.Name, time.Minute/s.MaxDelay, (s.MaxDelay-s.MinDelay+s.Step-1)/s.Step, formatNumber(pace.Uses[0].Limit), here)
}
