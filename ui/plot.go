package ui

import (
	"math"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/guptarohit/asciigraph"

	"paceline/client"
	"paceline/queue/human"
)

// plot is a line over time with labelled axes. Values are zero or more. A column
// in which a poll failed or was missed is a gap, and marked.
type plot struct {
	columns   []client.Column
	below     []client.Column     // a second line, drawn beneath; may be nil
	threshold client.Opt[float64] // drawn as a line across, where it lies on a row
	limit     string              // what the threshold is, for the title
	steps     []float64           // from label to label, ascending
	label     func(float64) string
	high      float64 // the axis reaches at least so far
	cursor    int     // the cell that the reader stands at; zero: none
}

// cursorRune is a cell of the line that shows where the reader stands.
const cursorRune = '┊'

// labelWidth is the room for the labels of a plot, its axis not counted.
const labelWidth = 5

// plotColumns is how many columns a plot of w cells can show: the line goes from
// the middle of one to the middle of the next.
func plotColumns(w int) int { return max(w-labelWidth, 2) }

// plot draws p in w×h cells.
func (t *theme) plot(p plot, w, h int) []string {
	if w < labelWidth+3 || h < 2 {
		return t.block(w, h, nil)
	}
	columns := stretch(p.columns, plotColumns(w))
	top, step := p.scale(h - 1)
	base := make([]float64, len(columns))
	series, chars := [][]float64{base}, []asciigraph.CharSet{asciigraph.CreateCharSet(" ")}
	if p.drawsThreshold(h - 1) {
		line := make([]float64, len(columns))
		for i := range line {
			line[i] = p.threshold.Value
		}
		series, chars = append(series, line), append(chars, asciigraph.CreateCharSet("╌"))
	}
	values, some := make([]float64, len(columns)), false
	for i, c := range columns {
		values[i] = math.NaN()
		if c.Known && !c.Outage {
			values[i], some = min(max(c.Value, 0), top), true
		}
	}
	if p.below != nil {
		second, known := make([]float64, len(columns)), false
		for i, c := range stretch(p.below, len(columns)) {
			second[i] = math.NaN()
			if c.Known && !c.Outage {
				second[i], known = min(max(c.Value, 0), top), true
			}
		}
		if known {
			series, chars = append(series, second), append(chars, asciigraph.CreateCharSet("·"))
		}
	}
	if some {
		series, chars = append(series, values), append(chars, asciigraph.DefaultCharSet)
	}
	text := asciigraph.PlotMany(series, asciigraph.Height(h-1), asciigraph.LowerBound(0), asciigraph.UpperBound(top),
		asciigraph.SeriesChars(chars...), asciigraph.YAxisValueFormatter(func(v float64) string {
			if int(math.Round(v/step))%2 == 1 && h > 3 {
				return " "
			}
			return p.label(v)
		}))
	lines := strings.Split(text, "\n")
	for row := range lines {
		over := p.threshold.Known && top-float64(row)*step > p.threshold.Value
		lines[row] = t.plotRow(lines[row], columns, over, row == len(lines)-1, p.cursor, w)
	}
	return t.block(w, h, lines)
}

// plotRow styles one row: label, axis and cells, with the outages marked.
func (t *theme) plotRow(row string, columns []client.Column, over, bottom bool, cursor, w int) string {
	axis := max(strings.IndexAny(row, "┤┼"), 0)
	label, cells := strings.TrimSpace(row[:axis]), []rune(row[axis:])
	for len(cells) < w-labelWidth {
		cells = append(cells, ' ')
	}
	cells = cells[:w-labelWidth]
	cells[0] = '┤'
	for i, c := range columns {
		switch cell := max(i, 1); {
		case !c.Outage || cell >= len(cells):
		case bottom:
			cells[cell] = t.outageRune
		case cells[cell] == ' ' || cells[cell] == '╌':
			cells[cell] = t.shadeRune
		}
	}
	if cursor > 0 && cursor < len(cells) && (cells[cursor] == ' ' || cells[cursor] == '╌' || cells[cursor] == '·') {
		cells[cursor] = cursorRune
	}
	var b strings.Builder
	b.WriteString(t.muted.Render(t.fitRight(label, labelWidth)))
	t.runs(&b, cells, func(i int, r rune) lipgloss.Style {
		switch {
		case r == cursorRune:
			return t.text
		case i == 0 || r == t.shadeRune:
			return t.border
		case r == t.outageRune:
			return t.mark
		case r == '·':
			return t.muted
		case r == '╌' || over:
			return t.warn
		default:
			return t.accent
		}
	})
	return b.String()
}

// legend is how the threshold looks, for the title of a plot.
func (t *theme) legend() string { return strings.Repeat(string(t.thresholdRune), 2) + " " }

// lineLegend and dotLegend are how the two lines of a plot look.
func (t *theme) lineLegend() string { return t.translate([]rune{'─'}) }
func (t *theme) dotLegend() string  { return t.translate([]rune{'·', '·'}) }

// runs writes cells with one style for each run of cells that share it.
func (t *theme) runs(b *strings.Builder, cells []rune, style func(int, rune) lipgloss.Style) {
	for start := 0; start < len(cells); {
		if cells[start] == ' ' {
			b.WriteByte(' ')
			start++
			continue
		}
		s := style(start, cells[start])
		end := start + 1
		for end < len(cells) && cells[end] != ' ' && style(end, cells[end]).GetForeground() == s.GetForeground() {
			end++
		}
		b.WriteString(s.Render(t.translate(cells[start:end])))
		start = end
	}
}

// translate replaces the glyphs of a plot where there is only ASCII.
func (t *theme) translate(cells []rune) string {
	if t.ascii {
		for i, r := range cells {
			if a, ok := t.glyphs.plot[r]; ok {
				cells[i] = a
			}
		}
	}
	return string(cells)
}

// nearThreshold is from which share of the threshold on the highest value has the threshold in
// the plot. Lower values have the height to themselves.
const nearThreshold = 0.75

// scale returns the top of the axis and the value of a row, so that rows of them just cover the
// highest value, and the threshold where it is near. Where that costs little height, the
// threshold lies on a row.
func (p plot) scale(rows int) (top, step float64) {
	high := p.high
	for _, c := range p.columns {
		if c.Known && c.Value > high {
			high = c.Value
		}
	}
	if p.threshold.Known && high >= nearThreshold*p.threshold.Value {
		high = max(high, p.threshold.Value)
	}
	for _, s := range p.steps {
		switch {
		case s*float64(rows) < high:
		case step == 0:
			step = s
		case s > 1.25*step || p.hasRow(step):
			return step * float64(rows), step
		case p.hasRow(s):
			step = s
		}
	}
	if step == 0 {
		step = p.steps[len(p.steps)-1]
	}
	for step*float64(rows) < high {
		step *= 2
	}
	return step * float64(rows), step
}

// hasRow reports whether the threshold lies on a row, where rows are a step apart.
func (p plot) hasRow(step float64) bool {
	rows := p.threshold.Value / step
	return !p.threshold.Known || math.Abs(rows-math.Round(rows)) < 1e-6
}

// drawsThreshold reports whether the threshold is drawn across a plot of so many rows: not on a
// row that has another value.
func (p plot) drawsThreshold(rows int) bool {
	if !p.threshold.Known || rows < 1 {
		return false
	}
	top, step := p.scale(rows)
	return p.threshold.Value <= top && p.hasRow(step)
}

// stretch returns exactly n columns: the newest n, or all of them made wider.
func stretch[T any](columns []T, n int) []T {
	if len(columns) >= n {
		return columns[len(columns)-n:]
	}
	wide := make([]T, n)
	for i := range wide {
		if len(columns) > 0 {
			wide[i] = columns[i*len(columns)/n]
		}
	}
	return wide
}

// timeAxis is the line below a plot: how far it reaches back.
func (t *theme) timeAxis(window string, w int) string {
	left := spaces(labelWidth+1) + "-" + window
	return t.muted.Render(left + spaces(w-width(left)-3) + "now")
}

// countSteps and secondSteps are the values that a row may have, ascending.
func countSteps() []float64 {
	return []float64{
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 100, 125, 150, 200, 250, 300, 400, 500, 750, 1000, 1500,
		2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000, 50_000, 100_000,
	}
}

func secondSteps() []float64 {
	return []float64{
		0.1, 0.2, 0.3, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 150, 180, 240, 300, 450, 600, 900,
		1200, 1800, 3600,
	}
}

// countLabel writes a count in at most 4 cells.
func countLabel(v float64) string { return human.ShortCount(int64(math.Round(v))) }

// secondLabel writes seconds in at most labelWidth cells.
func secondLabel(v float64) string {
	if v == 0 {
		return "0"
	}
	return human.Short(time.Duration(math.Round(v * float64(time.Second))))
}
