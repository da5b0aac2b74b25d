package ui

import (
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// timeAxis is the line below a plot of w cells: how far it reaches back, where the queue was
// in trouble, and where the reader stands.
func (s *state) timeAxis(w, cursor int) string {
	t := s.theme
	cells := make([]axisCell, w)
	n := w - labelWidth
	var levels [client.Critical + 1]lipgloss.Style
	for level := range levels {
		levels[level] = t.figure(client.Level(level)).style
	}
	for i, level := range stretch(s.levels(n), n) {
		if cell := labelWidth + max(i, 1); level > client.Healthy && cell < w {
			cells[cell] = axisCell{t.trouble[level], &levels[level]}
		}
	}
	write := func(at int, text string, style *lipgloss.Style) {
		if text == "" {
			return
		}
		for i, r := range []rune(" " + text + " ") { // apart from the marks
			if cell := at - 1 + i; cell >= labelWidth && cell < w {
				cells[cell] = axisCell{r, style}
				if r == ' ' {
					cells[cell] = axisCell{}
				}
			}
		}
	}
	left, right := "-"+human.Short(s.window), "now"
	if s.past {
		left, right = s.clock(s.end.Add(-s.window)), s.clock(s.end)
	}
	from, text := w, ""
	if cursor > 0 {
		text = s.clock(s.cursor)
		from = min(max(labelWidth+cursor-width(text)/2, labelWidth+1), w-width(text))
	}
	if labelWidth+1+width(left) < from {
		write(labelWidth+1, left, &t.muted)
	}
	if end := w - width(right); text == "" || from+width(text) < end {
		write(end, right, &t.muted)
	}
	write(from, text, &t.strong)
	line := ""
	for start := 0; start < w; {
		end := start + 1
		for end < w && cells[end].style == cells[start].style {
			end++
		}
		var run []rune
		for _, c := range cells[start:end] {
			if c.r == 0 {
				c.r = ' '
			}
			run = append(run, c.r)
		}
		text := string(run)
		if style := cells[start].style; style != nil {
			text = style.Render(text)
		}
		line += text
		start = end
	}
	return line
}

// axisCell is a cell of the line below a plot. The zero cell is blank.
type axisCell struct {
	r     rune
	style *lipgloss.Style
}

// levels returns how bad the verdict was in each of up to n columns; none where the endpoint
// does not tell.
func (s *state) levels(n int) []client.Level {
	var levels []client.Level
	for _, c := range s.waits(s.window, n) {
		levels = append(levels, c.Level)
	}
	return levels
}

// cursorIn returns the cell, right of the axis, of a plot of n columns that the reader stands
// at; zero if they stand at now, or not in the plot.
func (s *state) cursorIn(n int) int {
	if s.cursor.IsZero() {
		return 0
	}
	columns := min(n, len(s.lineColumns(n)))
	column := s.history.ColumnAt(s.cursor, s.end, s.window, n)
	if columns == 0 || column < 0 || column >= columns {
		return 0
	}
	return max((column*n+n-1)/columns, 1)
}
