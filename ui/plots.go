package ui

import (
	"slices"
	"time"

	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// waitingPlot shows how many wait, over time.
type waitingPlot struct{ joined bool }

func (o waitingPlot) view(s *state, w, h int) []string {
	t := s.theme
	threshold := float64(s.thresholds().WarnWaiting)
	title := "Waiting " + orDash(t, s.sample.Waiting, human.Count[int])
	if s.past {
		title += " at most"
	}
	p := plot{threshold: client.Some(threshold), limit: "warning at " + countLabel(threshold), steps: countSteps(), label: countLabel}
	head := section{title: title, joined: o.joined}
	p.columns = s.lineColumns(plotColumns(head.inner(w)))
	return s.plotSection(head, p, w, h)
}

// waitPlot shows how long those who started had waited: the longest and the median of each
// column.
type waitPlot struct{ below bool }

func (o waitPlot) view(s *state, w, h int) []string {
	t := s.theme
	limit := s.thresholds().CriticalUserWait
	if w < 44 {
		return s.waitFacts(w, h)
	}
	p := plot{steps: secondSteps(), label: secondLabel, threshold: s.nearLimit(limit)}
	head := section{title: "Wait", note: s.bandWords(), joined: true, below: o.below}
	n := plotColumns(head.inner(w))
	p.columns, p.below = s.waitPoints(n), s.medianPoints(n)
	if p.below != nil {
		legend := " " + t.dot + " longest " + t.lineLegend() + " median " + t.dotLegend()
		for _, title := range []string{"Wait at start" + legend, "Wait" + legend, "Wait at start"} {
			if head.title = title; width(title)+width(head.note)+9 <= w {
				break
			}
		}
	}
	if p.threshold.Known && width(head.title)+width(head.note)+16+len("critical at ") < w {
		p.limit = "critical at " + human.Exact(limit)
	}
	return s.plotSection(head, p, w, h)
}

// waitFacts is the waits where there is no room for their plot: a spark, and the figures.
func (s *state) waitFacts(w, h int) []string {
	t := s.theme
	longest, past := s.longestNow()
	label := "oldest now"
	switch {
	case past:
		label = "longest of 1 min"
	case s.past:
		label = "oldest then"
	}
	inner := w - 4
	severity := s.waitSeverity(longest, s.thresholds().CriticalUserWait)
	pair := func(label, text string, style lipgloss.Style) string {
		return t.muted.Render(t.fit(label, max(inner-width(text), 0))) + style.Render(text)
	}
	body := []string{
		t.waitSpark(s.waitPoints(inner), inner),
		pair(label, orDash(t, longest, human.Duration), severity.style),
	}
	if still := s.noStartFor(); still > 0 {
		body = append(body, pair("none started in", human.Duration(still), t.text))
	} else if m := s.detail().Measured; m != nil && m.Starts != client.Some[int64](0) {
		body = append(body, pair("p95 of 1 min", orDash(t, m.P95, human.Duration), t.text), pair("band", orDash(t, m.Band, clean), t.text))
	}
	if d := s.detail(); d.ArrivalsPerMinute.Known && d.StartsPerMinute.Known {
		words := human.ShortCount(d.ArrivalsPerMinute.Value) + " in, " + human.ShortCount(d.StartsPerMinute.Value) + " out"
		label := "a minute"
		if s.sample.Grows() {
			label = "growing"
		}
		body = append(body, pair(label, words, t.text))
	}
	if words := s.emptyWords(); words != "" {
		body = append(body, t.text.Render(t.cut(words, inner)))
	}
	return t.section(w, h, section{title: "Wait", joined: true}, body)
}

// plotSection is a plot below its rule, with its axis.
func (s *state) plotSection(head section, p plot, w, h int) []string {
	t := s.theme
	inner, rows := head.inner(w), h-1
	axis := 1
	if rows < 4 {
		axis = 0
	}
	p.cursor = s.cursorIn(plotColumns(inner))
	if p.limit != "" {
		if p.drawsThreshold(rows - axis - 1) {
			p.limit = t.legend() + p.limit
		}
		if head.note != "" {
			p.limit += " " + t.dot + " "
		}
		head.note = p.limit + head.note
	}
	body := t.plot(p, inner, rows-axis)
	if axis > 0 {
		body = append(body, s.timeAxis(inner, p.cursor))
	}
	return t.section(w, h, head, body)
}

// waits returns up to n columns of waits over a time; none where the endpoint does not tell
// them.
func (s *state) waits(window time.Duration, n int) []client.WaitColumn {
	key := waitKey{s.at.UnixNano(), window, n}
	if kept, ok := s.keptWaits[key]; ok {
		return kept
	}
	columns := s.history.Waits(s.at, window, n)
	if s.keptWaits != nil {
		s.keptWaits[key] = columns
	}
	return columns
}

// waitPoints returns the longest wait of each column, in seconds: of the starts where the
// endpoint tells them, else what could be derived; at a moment in the past that is shown, also
// of those that did not start.
func (s *state) waitPoints(n int) []client.Column {
	waits := s.waits(s.window, n)
	if waits == nil {
		return s.columns(client.MetricWait, n)
	}
	points := make([]client.Column, len(waits))
	for i, c := range waits {
		points[i] = client.Column{Value: c.Longest.Value.Seconds(), Known: c.Longest.Known && !c.Outage, Outage: c.Outage}
	}
	if s.past {
		if at := s.history.ColumnAt(s.cursor, s.end, s.window, n); at >= 0 && at < len(points) && points[at].Known {
			points[at].Value = max(points[at].Value, s.detail().OldestWait.Value.Seconds())
		}
	}
	return points
}

// medianPoints returns the median wait of the starts of each column; nil where the endpoint
// does not tell them.
func (s *state) medianPoints(n int) []client.Column {
	waits := s.waits(s.window, n)
	if waits == nil {
		return nil
	}
	points := make([]client.Column, len(waits))
	for i, c := range waits {
		points[i] = client.Column{Value: c.Median.Value.Seconds(), Known: c.Median.Known && !c.Outage}
	}
	return points
}

// lineColumns returns how many waited, at most, in each column; and now in the last one.
func (s *state) lineColumns(n int) []client.Column {
	var columns []client.Column
	if waits := s.waits(s.window, n); len(waits) > 0 {
		columns = make([]client.Column, len(waits))
		for i, c := range waits {
			columns[i] = client.Column{Value: float64(c.Waiting.Value), Known: c.Waiting.Known && !c.Outage, Outage: c.Outage}
		}
	} else {
		columns = slices.Clone(s.columns(client.MetricWaiting, n)) // the last one is written below
	}
	if n := len(columns); n > 0 && !s.past && columns[n-1].Known && s.sample.Waiting.Known {
		columns[n-1].Value = float64(s.sample.Waiting.Value)
	}
	return columns
}

// nearLimit is the threshold of the plot, left out while the waits are so small that their
// line would be flat.
func (s *state) nearLimit(limit time.Duration) client.Opt[float64] {
	for _, c := range s.waitPoints(60) {
		if c.Known && c.Value >= limit.Seconds()/3 {
			return client.Some(limit.Seconds())
		}
	}
	return client.Opt[float64]{}
}

// standsStill is for how long nothing has started, where somebody waits, before that is said in
// place of what was measured of those who started earlier.
const standsStill = 15 * time.Second

// noStartFor is for how long, up to a minute, somebody has waited and nothing has started; zero
// where something has, or the endpoint does not tell.
func (s *state) noStartFor() time.Duration {
	if s.past || s.sample.Waiting.Value == 0 {
		return 0
	}
	const n = 12
	columns, still := s.waits(time.Minute, n), 0
	for _, c := range slices.Backward(columns) {
		if c.Starts > 0 || c.Waiting.Value == 0 || c.Outage {
			break
		}
		still++
	}
	if d := time.Duration(still) * time.Minute / n; d >= standsStill {
		return d
	}
	return 0
}

// bandWords says the band of the last minute's waits, as they were measured; where nothing has
// started, that.
func (s *state) bandWords() string {
	m, still := s.detail().Measured, s.noStartFor()
	switch {
	case still > 0:
		return "none started in " + human.Duration(still)
	case m == nil || !m.P95.Known || m.Starts == client.Some[int64](0):
		return ""
	}
	p95 := human.Duration(m.P95.Value)
	if s.past {
		p95 = s.theme.approx + p95 // from the bounds of its counts
	}
	return "1 min: " + orDash(s.theme, m.Band, clean) + ", p95 " + p95
}

// waitSpark draws waits in one row of w cells, on a fixed scale: a step higher with each
// band of load, so that the same wait always looks the same.
func (t *theme) waitSpark(columns []client.Column, w int) string {
	bands := queue.Bands()
	return t.sparkOf(columns, w, func(v float64) int {
		if v <= 0 {
			return 0
		}
		for i, b := range bands {
			if b.MaxWait > 0 && v < b.MaxWait.Seconds() {
				return i + 1
			}
		}
		if v < 2*bands[len(bands)-2].MaxWait.Seconds() {
			return len(bands)
		}
		return len(bands) + 1
	})
}

// shareSpark draws shares, 0 to 1, in one row of w cells.
func (t *theme) shareSpark(columns []client.Column, w int) string {
	return t.sparkOf(columns, w, func(v float64) int { return t.sparkLevel(v, 1) })
}
