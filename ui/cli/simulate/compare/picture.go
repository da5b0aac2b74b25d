package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"paceline/queue/replay"

	"charm.land/lipgloss/v2"
	"github.com/guptarohit/asciigraph"
	"paceline/queue/human"
)

const (
	pictureHeight = 16 // from one label of the axis to the next are a quarter of them
	axisWidth     = 5  // cells for a label of the axis
	letterGap     = 3  // cells between letters where lines run together
)

// picture is the answers of a load over time, a line for each pace. The axis is as
// long as the paces need that keep to the limits.
type picture struct {
	styles     styles
	columns    int
	length     time.Duration // from the first column to the last
	maxAnswers float64       // answers
	lines      []paceLine
}

// paceLine is the line of a pace in a picture.
type paceLine struct {
	mark
	pace    string
	answers []time.Duration // when each came, in order
	end     time.Duration   // of the last one
}

// glyph is a cell of a picture.
type glyph struct {
	r     rune
	style lipgloss.Style
}

// writePicture draws the answers of a load over time.
func (p *page) writePicture(c comparison) {
	d := newPicture(c.rows, p.styles, p.width-axisWidth-1)
	p.Line("")
	p.writeMuted("answers over time; a letter is a pace, see below")
	cells := d.draw()
	for row, line := range cells {
		label := ""
		if row%(pictureHeight/4) == 0 {
			label = fmt.Sprintf("%.0f", d.maxAnswers*float64(pictureHeight-row)/pictureHeight)
		}
		p.Line("%s%s", p.styles.muted.Render(fmt.Sprintf("%*s%c", axisWidth, label, p.styles.axis)), renderCells(line))
	}
	p.Line("%s", p.styles.muted.Render(d.axis()))
	if beyond := d.cutOff(); len(beyond) > 0 {
		p.writeMuted("beyond the picture: " + strings.Join(beyond, ", "))
	}
}

// newPicture returns the picture of a load in so many columns.
func newPicture(rows []replay.Row, s styles, columns int) picture {
	d := picture{styles: s, columns: columns}
	most, slowest := 0, time.Duration(0)
	for _, r := range rows {
		line := paceLine{mark: s.mark(r.Pace), pace: r.Pace}
		for _, a := range r.Answers {
			line.answers = append(line.answers, a.At)
			line.end = max(line.end, a.At)
		}
		most = max(most, len(r.Answers)+r.Failures)
		if r.Pace == replay.Adaptive || r.Pace == replay.AdaptiveCold || r.Pace == replay.Oracle {
			slowest = max(slowest, line.end)
		}
		d.lines = append(d.lines, line)
	}
	d.maxAnswers, d.length = roundCount(most), roundDuration(slowest*6/5)
	return d
}

// draw returns the rows of the picture, the highest first. Lines that run together
// show the one of the adaptive pace, and the letters of all.
func (p picture) draw() [][]glyph {
	cells := make([][]glyph, pictureHeight+1)
	for i := range cells {
		cells[i] = make([]glyph, p.columns)
	}
	order := slices.Clone(p.lines)
	slices.SortStableFunc(order, func(a, b paceLine) int { return cmp.Compare(a.layer(), b.layer()) })
	for _, line := range order {
		p.drawLine(cells, line)
	}
	for i, line := range p.lines {
		for column := 2 + i*letterGap; column < p.columns; column += len(p.lines)*letterGap + 1 {
			if n := line.answeredBy(p.timeAt(column)); n > 0 {
				cells[p.rowOf(n)][column] = glyph{line.letter, line.style.Bold(true)}
			}
		}
	}
	return cells
}

// layer orders the lines: a higher one is drawn over a lower one.
func (l paceLine) layer() int {
	if l.pace == replay.Adaptive {
		return 1
	}
	return 0
}

// drawLine draws a line over the cells.
func (p picture) drawLine(cells [][]glyph, line paceLine) {
	values := make([]float64, p.columns+1) // a cell is the way from one to the next
	for i := range values {
		values[i] = float64(line.answeredBy(p.timeAt(i)))
	}
	text := asciigraph.Plot(values, asciigraph.Height(pictureHeight), asciigraph.LowerBound(0), asciigraph.UpperBound(p.maxAnswers),
		asciigraph.SeriesChars(p.styles.line), asciigraph.YAxisValueFormatter(func(float64) string { return "" }))
	flat := []rune(p.styles.line.Horizontal)[0]
	for row, drawn := range strings.Split(text, "\n") {
		for column, r := range afterAxis(drawn) {
			if r == ' ' || column >= p.columns {
				continue
			}
			if r == flat && p.timeAt(column) > line.end {
				r = p.styles.afterEnd
			}
			cells[row][column] = glyph{r, line.style}
		}
	}
}

// afterAxis returns the part of a plot's row after its axis.
func afterAxis(row string) []rune {
	cells := []rune(row)
	axis := slices.IndexFunc(cells, func(r rune) bool { return r == '┤' || r == '┼' })
	return cells[axis+1:]
}

// timeAt returns the time of a column.
func (p picture) timeAt(column int) time.Duration {
	return time.Duration(float64(p.length) * float64(column) / float64(p.columns-1))
}

// rowOf returns the row of a number of answers.
func (p picture) rowOf(n int) int {
	return pictureHeight - int(math.Round(float64(n)/p.maxAnswers*pictureHeight))
}

// answeredBy returns how many answers have come by a time.
func (l paceLine) answeredBy(at time.Duration) int {
	n, _ := slices.BinarySearchFunc(l.answers, at, func(a, at time.Duration) int {
		if a <= at {
			return -1
		}
		return 1
	})
	return n
}

// axis returns the line of times below the picture.
func (p picture) axis() string {
	const quarters = 4
	line := []rune(strings.Repeat(" ", axisWidth+1+p.columns))
	for i := range quarters + 1 {
		label := []rune(formatTick(p.length * time.Duration(i) / quarters))
		at := axisWidth + 1 + (p.columns-1)*i/quarters - len(label)/2
		at = min(max(at, axisWidth), len(line)-len(label))
		copy(line[at:], label)
	}
	return string(line)
}

// cutOff names the lines that go on beyond the picture, and their ends.
func (p picture) cutOff() (all []string) {
	for _, line := range p.lines {
		if line.end > p.length {
			all = append(all, fmt.Sprintf("%c until %s", line.letter, human.Duration(line.end)))
		}
	}
	return all
}

// renderCells renders a row of cells, each run of one style at once.
func renderCells(cells []glyph) string {
	var b strings.Builder
	for start := 0; start < len(cells); {
		end := start + 1
		for end < len(cells) && (cells[start].r == 0) == (cells[end].r == 0) &&
			cells[end].style.GetForeground() == cells[start].style.GetForeground() && cells[end].style.GetBold() == cells[start].style.GetBold() {
			end++
		}
		text := make([]rune, end-start)
		for i, c := range cells[start:end] {
			text[i] = cmp.Or(c.r, ' ')
		}
		b.WriteString(cells[start].style.Render(string(text)))
		start = end
	}
	return b.String()
}

// roundCount returns the end of an axis of numbers, of which each quarter is round.
func roundCount(most int) float64 {
	quarter := float64(max(most, 4)) / 4
	size := math.Pow(10, math.Floor(math.Log10(quarter)))
	for _, step := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10} {
		if s := step * size; s >= quarter && (s == math.Trunc(s) || s < 1) {
			return math.Ceil(4 * s)
		}
	}
	return 4 * 10 * size
}

// roundDuration returns the end of an axis of time, of which each quarter is round.
func roundDuration(least time.Duration) time.Duration {
	for _, s := range []time.Duration{2, 4, 8, 12, 20, 40, 60, 2 * 60, 4 * 60, 8 * 60, 12 * 60, 16 * 60, 20 * 60, 40 * 60, 60 * 60, 2 * 3600} {
		if s*time.Second >= least {
			return s * time.Second
		}
	}
	const step = 4 * time.Hour
	return (least + step - 1) / step * step
}

// formatTick formats a label of the axis of time.
func formatTick(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return human.Exact(d)
}
