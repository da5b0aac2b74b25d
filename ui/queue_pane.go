package ui

import (
	"paceline/client"

	"paceline/queue/human"
)

// figureWidth is the room for the big figure and the facts left of a plot.
const figureWidth = 22

// queuePane shows how many wait, now and over time.
type queuePane struct{}

func (queuePane) view(s *state, w, h int) []string {
	t, d := s.theme, s.detail()
	threshold := float64(s.thresholds().WarnWaiting)
	p := plot{
		threshold: client.Some(threshold),
		steps:     countSteps(),
		label:     countLabel,
	}
	figure := orDash(t, s.sample.Waiting, human.Count[int])
	facts := []string{
		t.muted.Render("oldest ") + s.waitSeverity(d.OldestWait, s.thresholds().CriticalUserWait).style.Render(orDash(t, d.OldestWait, human.Short)),
		t.text.Render(s.emptyWords()),
	}
	if words := s.flowWords(figureWidth); words != "" {
		style := t.muted
		if d.Grows() {
			style = t.level(client.Warning).style
		}
		facts = append(facts, style.Render(words))
	}
	note := t.legend() + "warning at " + countLabel(threshold)
	return s.plotPane("Queue", note, "waiting", figure, s.waitingSeverity(), facts, client.MetricWaiting, p, w, h)
}

// plotPane is a big figure with facts left of a plot, the plot alone with the
// figure in the title where there is no room, or a single row.
func (s *state) plotPane(title, note, unit, figure string, sev severity, facts []string, metric client.Metric, p plot, w, h int) []string {
	t := s.theme
	inner, rows := w-4, h-2
	var left []string
	plotWidth := inner
	switch {
	case inner >= figureWidth+labelWidth+24 && rows >= bigRows+len(facts):
		left = t.big(figure, unit, sev.style, figureWidth)
		if rows >= bigRows+len(facts)+1 {
			left = append(left, "")
		}
		left = t.block(figureWidth, rows, append(left, facts...))
		plotWidth = inner - figureWidth - 1
	case inner >= figureWidth+labelWidth+24:
		left = append([]string{sev.style.Bold(true).Render(figure) + " " + t.muted.Render(unit)}, facts...)
		left = t.block(figureWidth, rows, left)
		plotWidth = inner - figureWidth - 1
	default:
		title += " " + t.dot + " " + figure + " " + unit
	}
	axis := 1
	if rows < 4 {
		axis = 0
	}
	p.columns = s.columns(metric, plotColumns(plotWidth))
	body := t.plot(p, plotWidth, rows-axis)
	if axis > 0 {
		body = append(body, t.timeAxis(human.Exact(s.window), plotWidth))
	}
	for i := range left {
		body[i] = left[i] + " " + body[i]
	}
	return t.box(w, h, title, note, false, body)
}
