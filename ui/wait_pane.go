package ui

import (
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// waitPane shows how long people wait, recently and over time.
type waitPane struct{}

func (waitPane) view(s *state, w, h int) []string {
	t, d := s.theme, s.detail()
	limit := s.thresholds().CriticalUserWait
	p := plot{steps: secondSteps(), label: secondLabel, threshold: s.nearLimit(limit)}
	title, figure, unit, of := "Wait of 5 min", t.dash, "", "avg"
	if wait := s.derived.RecentWait; wait.Known {
		figure, unit = bigDuration(wait.Value)
	}
	fact := t.muted.Render("p50 ") + t.text.Render(t.fit(orDash(t, d.Wait.P50, human.Short), 6)) +
		t.muted.Render(" p95 ") + t.text.Render(orDash(t, d.Wait.P95, human.Short))
	if s.known && s.sample.Detail == nil {
		title, of = "Wait", "last"
		fact = t.muted.Render("average ") + t.text.Render(orDash(t, s.sample.Average, human.Short)) + t.muted.Render(" overall")
	}
	unit = strings.TrimSpace(unit + " " + of)
	facts := []string{fact, s.waitSpark(figureWidth - 1)}
	note := ""
	if p.threshold.Known {
		note = t.legend() + "critical at " + human.Exact(limit)
	}
	return s.plotPane(title, note, unit, figure, s.waitSeverity(s.derived.RecentWait, limit), facts, client.MetricWait, p, w, h)
}

// waitSpark is the p95 of the wait in one row where it is known, else the wait.
func (s *state) waitSpark(w int) string {
	metric := client.MetricWait
	if s.detail().Wait.P95.Known {
		metric = client.MetricP95
	}
	return s.theme.spark(s.columns(metric, w), w)
}

// nearLimit is the threshold of the plot, left out while the waits are so small
// that their line would be flat.
func (s *state) nearLimit(limit time.Duration) client.Opt[float64] {
	if wait := s.derived.RecentWait; wait.Known && wait.Value >= limit/3 {
		return client.Some(limit.Seconds())
	}
	return client.Opt[float64]{}
}

// bigDuration writes a duration as a big figure and its unit.
func bigDuration(d time.Duration) (figure, unit string) {
	text := human.Rough(d)
	if d < 99500*time.Millisecond {
		text = human.Short(d)
	}
	figure = strings.TrimRight(text, " smind")
	return figure, strings.TrimSpace(text[len(figure):])
}
