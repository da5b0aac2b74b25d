package compare

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// table is a table for a terminal. One that is too wide first shrinks the column
// that can shrink, and then leaves columns out.
type table struct {
	columns []column
	rows    [][]cell // as many cells as columns
}

type column struct {
	title     string
	dropOrder int    // 1 is left out first, then 2, …; 0 stays
	alignLeft bool   // its cells stand to the left; else to the right
	minWidth  int    // the width to which it may shrink; 0: it does not
	emptyText string // where all cells are this, it is left out; empty: it is not
	about     string // what it is, for whom the title does not tell
}

// cell is a text and its style. The zero style is none.
type cell struct {
	text  string
	style lipgloss.Style
}

const columnGap = 2

// lines returns the rows, titles first, at most width cells wide where that is
// possible.
func (t table) lines(width int, s styles) []string {
	widths := t.fit(width)
	titles := make([]cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = cell{c.title, s.muted}
	}
	var lines []string
	for _, row := range append([][]cell{titles}, t.rows...) {
		var line []string
		for i, c := range row {
			if widths[i] < 0 {
				continue
			}
			text := ansi.Truncate(c.text, widths[i], s.ellipsis)
			pad, shown := strings.Repeat(" ", widths[i]-ansi.StringWidth(text)), c.style.Render(text)
			if t.columns[i].alignLeft {
				line = append(line, shown+pad)
			} else {
				line = append(line, pad+shown)
			}
		}
		lines = append(lines, strings.Join(line, strings.Repeat(" ", columnGap)))
	}
	return lines
}

// notes returns what the columns are that lines shows.
func (t table) notes(width int) []string {
	var notes []string
	for i, w := range t.fit(width) {
		if about := t.columns[i].about; w >= 0 && about != "" {
			notes = append(notes, t.columns[i].title+": "+about)
		}
	}
	return notes
}

// fit returns the width of each column, -1 for those that are left out.
func (t table) fit(width int) []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = ansi.StringWidth(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(row[i].text))
		}
		if !slices.ContainsFunc(t.rows, func(row []cell) bool { return row[i].text != c.emptyText }) {
			widths[i] = -1
		}
	}
	for {
		over, first := -columnGap-width, -1
		for i, w := range widths {
			if w < 0 {
				continue
			}
			over += w + columnGap
			if drop := t.columns[i].dropOrder; drop > 0 && (first < 0 || drop < t.columns[first].dropOrder) {
				first = i
			}
		}
		if over <= 0 {
			return widths
		}
		for i, c := range t.columns {
			if c.minWidth > 0 && (widths[i]-over >= c.minWidth || first < 0) {
				widths[i] = max(widths[i]-over, 1)
				return widths
			}
		}
		if first < 0 {
			return widths
		}
		widths[first] = -1
	}
}
