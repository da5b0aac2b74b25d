package ui

import (
	"fmt"

	"charm.land/bubbles/v2/progress"
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// successPane shows the share of requests that succeed: lately and overall.
type successPane struct{}

func (successPane) view(s *state, w, h int) []string {
	t := s.theme
	recent := s.derived.RecentRate
	of := "of the last 20"
	if n := s.derived.RecentFinished; n.Known && n.Value > 0 {
		of = fmt.Sprintf("of the last %d", n.Value)
	}
	body := []string{
		s.gauge("recent", recent, orDash(t, recent, human.Share), w-4),
		s.gauge("overall", s.overall(), s.overallRate(), w-4),
	}
	note := "recent: " + of
	if twice := s.detail().Resent; twice.Or(0) > 0 { // maybe billed twice
		note = human.Count(twice.Value) + " sent twice"
	}
	if n := s.failedLately(); n > 0 {
		note = human.Count(n) + " failed in 1 min"
		if s.detail().FailuresSince.Known {
			note = human.Count(n) + " failed of late"
		}
	}
	return t.box(w, h, "Success", note, false, body)
}

// failedLately is how many failures of late the endpoint tells.
func (s *state) failedLately() (n int) {
	for _, f := range s.detail().Failures {
		n += f.Count.Value
	}
	return n
}

// gauge is a label, a bar and the figure in w cells.
func (s *state) gauge(label string, rate client.Opt[float64], figure string, w int) string {
	t, sev := s.theme, s.rateSeverity(rate)
	return t.muted.Render(t.fit(label, 8)) + t.bar(rate.Or(0), max(w-8-8, 1), sev.style) + sev.style.Render(t.fitRight(figure, 8))
}

// bar is a gauge of w cells.
func (t *theme) bar(share float64, w int, style lipgloss.Style) string {
	bar := progress.New(
		progress.WithWidth(w),
		progress.WithoutPercentage(),
		progress.WithFillCharacters(t.full, t.empty),
		progress.WithColors(style.GetForeground()),
	)
	bar.EmptyColor = t.border.GetForeground()
	return bar.ViewAs(min(max(share, 0), 1))
}
