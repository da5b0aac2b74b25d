package ui

import (
	"charm.land/bubbles/v2/progress"
	"charm.land/lipgloss/v2"
)

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
