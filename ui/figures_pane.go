package ui

import (
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// figuresPane is the compact form of the dashboard: labels and figures in
// columns, for screens that have no room for more.
type figuresPane struct{}

// figureCell is the least width of a label with its figure, gap included.
const figureCell = 19

// figureColumns is how many figures fit into a row of w cells.
func figureColumns(w int) int { return min(max((w-1)/figureCell, 1), figureCount) }

func (figuresPane) view(s *state, w, h int) []string {
	n := figureColumns(w)
	indent := min(w-minWidth, 2)
	cell := (w - indent) / n
	body, figures := make([]string, 0, h), figures()
	for row := range h {
		line := spaces(indent)
		for i := row * n; i < min((row+1)*n, len(figures)); i++ {
			line += s.figureText(figures[i], cell-2) + "  "
		}
		body = append(body, line)
	}
	return s.theme.block(w, h, body)
}

// figureCount is how many figures there are.
const figureCount = 12

// figures returns them all, the most important first: where room is short, the last
// ones are left out.
func figures() [figureCount]figure {
	return [...]figure{
		{label: "waiting", text: textOf(func(s *state) client.Opt[int] { return s.sample.Waiting }, human.Count[int]), severity: (*state).waitingSeverity},
		{label: "oldest", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.detail().OldestWait }), severity: oldestSeverity},
		{label: "wait", text: durationOf((*state).usualWait), severity: usualWaitSeverity},
		{label: "success", text: recentRate, severity: recentRateSeverity},
		{label: "in flight", text: inFlight},
		{label: "per min", text: perMinute},
		{label: "users", text: textOf(func(s *state) client.Opt[int] { return s.detail().ActiveUsers }, human.Count[int])},
		{label: "p95 in 5m", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.detail().Wait.P95 })},
		{label: "all in", text: emptyShort},
		{label: "failed", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Failed }), severity: failedSeverity},
		{label: "requests", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Total })},
		{label: "next in", text: nextStart},
	}
}

func oldestSeverity(s *state) severity {
	return s.waitSeverity(s.detail().OldestWait, s.thresholds().CriticalUserWait)
}

// usualWait is the recent wait, or the average since the last reset while the recent
// one is not known.
func (s *state) usualWait() client.Opt[time.Duration] {
	if s.derived.RecentWait.Known {
		return s.derived.RecentWait
	}
	return s.sample.Average
}

func usualWaitSeverity(s *state) severity {
	return s.waitSeverity(s.usualWait(), s.thresholds().CriticalUserWait)
}

// recentRate is the recent success rate, or the overall one while the recent one is
// not known.
func recentRate(s *state) string {
	if s.derived.RecentRate.Known {
		return human.Share(s.derived.RecentRate.Value)
	}
	return s.overallRate()
}

func recentRateSeverity(s *state) severity {
	if s.derived.RecentRate.Known {
		return s.rateSeverity(s.derived.RecentRate)
	}
	return s.rateSeverity(s.overall())
}

// emptyRoom is the room for emptyShort beside its label.
const emptyRoom = figureCell - len("all in ") - 2

// emptyShort is emptyWords for a narrow cell: it says "up" where the line grows.
func emptyShort(s *state) string {
	waiting, empty := s.sample.Waiting, s.emptyIn()
	if waiting.Known && waiting.Value == 0 || !empty.Known {
		return s.theme.dash
	}
	short := func(d time.Duration) string { return human.Short(human.RoundRough(d)) }
	words, grows := short(empty.Value), ""
	if s.detail().Grows() {
		grows = ", up"
	}
	if early, late, differ := s.detail().EmptyBetween(); differ {
		if wide := short(early) + s.theme.dash + short(late); width(wide+grows) <= emptyRoom {
			words = wide
		}
	}
	return words + grows
}

// sparksPane is the plots of a screen that has no room for them: a row each.
type sparksPane struct{ showsHint bool } // it says what would help, see hint

// sparkLabel is the width of what stands before a row.
const sparkLabel = 7

// saysHint reports whether h rows include the one that has the hint.
func (p sparksPane) saysHint(h int) bool { return p.showsHint && h >= 2 }

func (p sparksPane) view(s *state, w, h int) []string {
	indent := min(w-minWidth, 2)
	room := max(w-sparkLabel-indent-1, 1)
	row := func(label string, m client.Metric, n int) string {
		return spaces(indent) + s.theme.muted.Render(s.theme.fit(label, sparkLabel)) + s.theme.spark(s.columns(m, n), n)
	}
	body := []string{row("queue", client.MetricWaiting, room)}
	const least = 5 // of a spark
	words := ""
	if p.saysHint(h) {
		words = s.hint(room - least - 2)
	}
	if words == "" {
		return s.theme.block(w, h, append(body, row("wait", client.MetricWait, room)))
	}
	return s.theme.block(w, h, append(body, row("wait", client.MetricWait, room-width(words)-2)+"  "+s.theme.accent.Render(words)))
}
