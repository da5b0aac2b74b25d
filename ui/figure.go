package ui

import (
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// figure is one figure with its label.
type figure struct {
	label    string
	text     func(s *state) string
	severity func(s *state) severity // nil: as any text
}

// textOf returns the text of a figure that the state may know.
func textOf[T any](pick func(s *state) client.Opt[T], write func(T) string) func(*state) string {
	return func(s *state) string { return orDash(s.theme, pick(s), write) }
}

// countOf is textOf for a count.
func countOf(pick func(s *state) client.Opt[int64]) func(*state) string {
	return textOf(pick, human.Count[int64])
}

// durationOf is textOf for a duration.
func durationOf(pick func(s *state) client.Opt[time.Duration]) func(*state) string {
	return textOf(pick, human.Duration)
}

// figureText is the label of a figure, and its text at the right end of w cells.
func (s *state) figureText(f figure, w int) string {
	text, style := f.text(s), s.theme.text
	if f.severity != nil {
		style = f.severity(s).style
	}
	if text == s.theme.dash {
		style = s.theme.muted
	}
	text = s.theme.cut(text, w)
	return s.theme.muted.Render(s.theme.fit(f.label, w-width(text))) + style.Render(text)
}
