package ui

import (
	"fmt"
	"slices"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// settingsEffectPane shows what the settings do to the line: the spacing by the
// published rule, how long people wait, and how the line went. While something is prepared,
// it shows what that would do, too.
type settingsEffectPane struct{ tuner *tuner }

// figureCell is the least width of a label with its figure, gap included.
const figureCell = 19

// effectFigureWidth is the room for the figures beside the plot.
const effectFigureWidth = 24

func (p settingsEffectPane) view(s *state, w, h int) []string {
	t, set := s.theme, s.detail().QueueSettings()
	inner, rows := w-4, h-1
	body := make([]string, 0, rows)
	room, changes := min(2, max(rows-2, 1)), p.tuner.draft.changes
	if len(changes) > 0 {
		words, lines := t.approx+" prepared: "+s.draftWords(changes, p.tuner.planned(s.detail().Settings)), max(rows-3, 1)
		for _, line := range t.wrap(words, inner, inner, min(2, lines)) {
			body = append(body, t.accent.Render(line))
		}
		room = 1
	}
	for _, line := range t.wrap(s.spacingWords(set), inner, inner, room) {
		body = append(body, t.strong.Render(line))
	}
	if rows >= 7 && len(changes) == 0 && !s.isAdaptive() {
		body = append(body, t.muted.Render(t.cut(s.ruleWords(set), inner)))
	}
	left, figures, note := rows-len(body), effectFigures(), ""
	if left >= len(figures) && inner >= effectFigureWidth+labelWidth+24 {
		threshold := float64(s.thresholds().WarnWaiting)
		p := plot{threshold: client.Some(threshold), steps: countSteps(), label: countLabel}
		p.columns = s.lineColumns(plotColumns(inner - effectFigureWidth - 1))
		note = "warning at " + countLabel(threshold) + " waiting"
		if p.drawsThreshold(left - 2) {
			note = t.legend() + note
		}
		body = append(body, s.effectPlot(figures, p, inner, left)...)
	} else {
		body = append(body, s.effectRows(figures, inner, left)...)
	}
	return t.panel(w, h, section{title: "Effect", note: note}, body)
}

// effectPlot is the figures one below the other, with the plot of the line beside.
func (s *state) effectPlot(figures []figure, p plot, w, h int) []string {
	t, wide := s.theme, w-effectFigureWidth-1
	lines := append(t.plot(p, wide, h-1), t.timeAxis(human.Short(s.window), wide))
	for i, line := range lines {
		text := ""
		if i < len(figures) {
			text = s.figureText(figures[i], effectFigureWidth-2)
		}
		lines[i] = t.fit(text, effectFigureWidth) + " " + line
	}
	return lines
}

// effectRows is the figures in columns, and the line as a spark where there is room
// behind them.
func (s *state) effectRows(figures []figure, w, h int) []string {
	t := s.theme
	n := min(max((w+2)/figureCell, 1), len(figures))
	cell := (w + 2) / n
	lines := make([]string, 0, h)
	for i := 0; i < len(figures) && len(lines) < h; i += n {
		line := ""
		for _, f := range figures[i:min(i+n, len(figures))] {
			line += s.figureText(f, cell-2) + "  "
		}
		lines = append(lines, line)
	}
	last := len(lines) - 1
	if room := w - width(lines[last]) - len("queue "); room >= cell/2 {
		lines[last] += t.muted.Render("queue ") + t.spark(s.lineColumns(room), room)
	}
	return lines
}

// effectFigures are the figures in which a change is seen first.
func effectFigures() []figure {
	return []figure{
		{label: "waiting", text: textOf(func(s *state) client.Opt[int] { return s.sample.Waiting }, human.Count[int]), severity: (*state).waitingSeverity},
		{label: "oldest", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.detail().OldestWait }), severity: func(s *state) severity { return s.waitSeverity(s.detail().OldestWait, s.thresholds().CriticalUserWait) }},
		{label: "next in", text: nextStart},
		{label: "all in", text: emptyShort},
		{label: "p95 of 1 min", text: durationOf(measuredP95)},
	}
}

// measuredP95 is the p95 of the waits of those who started in the last minute.
func measuredP95(s *state) client.Opt[time.Duration] {
	if m := s.detail().Measured; m != nil {
		return m.P95
	}
	return client.Opt[time.Duration]{}
}

// spacingWords say what the spacing is with settings, by the published rule.
func (s *state) spacingWords(set client.Opt[queue.Settings]) string {
	n, where := s.longestLane()
	if !set.Known || !n.Known {
		return s.theme.dash
	}
	if s.isAdaptive() {
		return "the API's limits decide the pace; minDelay, step and maxDelay only where these are not known"
	}
	return fmt.Sprintf("with %s waiting%s: %s", human.Count(n.Value), where, paceWords(set.Value.Spacing(n.Value)))
}

// isAdaptive reports whether the API's limits decide the pace of a lane, or will where there
// is none now.
func (s *state) isAdaptive() bool {
	if len(s.detail().Lanes) == 0 {
		return s.detail().Pace.Or("") == queue.PaceAdaptive
	}
	return slices.ContainsFunc(s.detail().Lanes, func(l client.Lane) bool { return l.Pace.Or("") == queue.PaceAdaptive })
}

// ruleWords say what the spacing would be with other lines.
func (s *state) ruleWords(set client.Opt[queue.Settings]) string {
	if !set.Known {
		return s.theme.dash
	}
	if set.Value.Step == 0 || set.Value.MinDelay == set.Value.MaxDelay {
		return "the same with any number waiting"
	}
	at := func(n int) string { return human.Exact(set.Value.Spacing(n)) }
	words := "0 waiting: " + at(0)
	for _, n := range []int{5, 20, 50} {
		words += fmt.Sprintf(" %s %d waiting: %s", s.theme.dot, n, at(n))
	}
	return words
}

// paceWords writes a spacing, and how many starts a minute it allows.
func paceWords(d time.Duration) string {
	if d <= 0 {
		return "no spacing, each starts at once"
	}
	return human.Exact(d) + " between starts, " + rate(float64(time.Minute)/float64(d)) + " a minute"
}

// longestLane returns how many the spacing counts: those who wait in the longest lane,
// without the ones in backoff. where names the lane if there are several.
func (s *state) longestLane() (n client.Opt[int], where string) {
	d := s.detail()
	n = s.sample.Waiting
	n.Value = max(n.Value-d.InBackoff.Value, 0)
	if len(d.BusyLanes()) < 2 {
		return n, ""
	}
	n = client.Some(0)
	for _, lane := range d.Lanes {
		n.Value = max(n.Value, lane.Waiting.Value-lane.InBackoff.Value)
	}
	return n, " in the longest lane"
}

// emptyShort is when all who wait will have started; it says "up" where the line grows.
func emptyShort(s *state) string {
	empty := s.emptyIn()
	if s.sample.Waiting.Value == 0 || !empty.Known {
		return s.theme.dash
	}
	words := human.Rough(empty.Value)
	if early, late, differ := s.detail().EmptyBetween(); differ {
		words = human.RoughRange(early, late)
	}
	if s.sample.Grows() {
		words += ", up"
	}
	return words
}
