package ui

import (
	"math"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"paceline/client"
)

// heatPlot is a map of the waits: a row for each band of them, a column for each stretch of
// time, and the darker the more requests started then with such a wait. It shows two kinds of
// users at once, which no line can.
type heatPlot struct{ joined, below bool }

// heatBands returns the lower bounds of n bands at most, ascending: those of the load bands
// first, then finer ones.
func heatBands(n int) []time.Duration {
	switch {
	case n >= 8:
		return []time.Duration{0, time.Second, 3 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute}
	case n >= 6:
		return []time.Duration{0, time.Second, 3 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}
	case n >= 5:
		return []time.Duration{0, 3 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}
	default:
		return []time.Duration{0, 8 * time.Second, 30 * time.Second}
	}
}

func (p heatPlot) view(s *state, w, h int) []string {
	t := s.theme
	head := section{title: "Heat map: waits of those who started", joined: p.joined, below: p.below, note: t.heatLegend()}
	inner := w - 1
	rows := h - 2 // without the rule and the axis
	if rows < 3 {
		return t.section(w, h, head, nil)
	}
	bands, columns := heatBands(rows), s.waits(s.window, heatColumns(inner))
	if columns == nil {
		return t.section(w, h, head, t.centred("this endpoint does not tell single waits", inner-1, h-1))
	}
	counts, most := heatCounts(columns, bands)
	var body []string
	for i := len(bands) - 1; i >= 0; i-- {
		label := secondLabel(bands[i].Seconds())
		if i == len(bands)-1 {
			label += "+"
		}
		var cells strings.Builder
		for c := range stretchTo(len(columns), heatColumns(inner)) {
			cells.WriteString(t.shade(counts[i][c], most))
		}
		style := t.heatStyle(bands[i], s.thresholds().CriticalUserWait)
		body = append(body, t.muted.Render(t.fitRight(label, labelWidth))+t.border.Render(t.translate([]rune{'┤'}))+style.Render(cells.String()))
	}
	for len(body) < rows {
		body = append([]string{""}, body...)
	}
	return t.section(w, h, head, append(body, s.timeAxis(inner, s.cursorIn(heatColumns(inner)))))
}

// heatColumns is how many columns a map of w cells has, beside its labels and its axis.
func heatColumns(w int) int { return max(w-labelWidth-1, 1) }

// heatStyle colours a band as the waits in it are judged.
func (t *theme) heatStyle(from, limit time.Duration) lipgloss.Style {
	switch {
	case from >= limit:
		return t.crit
	case from >= limit/2:
		return t.warn
	default:
		return t.accent
	}
}

// heatCounts returns how many started in each band and column, and the most of these.
func heatCounts(columns []client.WaitColumn, bands []time.Duration) (counts [][]int64, most int64) {
	counts = make([][]int64, len(bands))
	for i := range counts {
		counts[i] = make([]int64, len(columns))
	}
	for c, column := range columns {
		for _, w := range column.Waits {
			band := 0
			for band+1 < len(bands) && w.AtMost.Value > bands[band+1] {
				band++
			}
			counts[band][c] += w.Count.Value
			most = max(most, counts[band][c])
		}
	}
	return counts, most
}

// stretchTo yields for each of n cells the column that it shows, of so many.
func stretchTo(columns, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i * columns / n) {
				return
			}
		}
	}
}

// shade is the glyph for a count: blank for none, and darker in steps of equal factors.
func (t *theme) shade(count, most int64) string {
	if count <= 0 {
		return " "
	}
	top := len(t.glyphs.heat) - 1
	level := 0
	if most > 1 {
		level = int(math.Round(math.Log(float64(count)) / math.Log(float64(most)) * float64(top)))
	}
	return t.glyphs.heat[min(level, top)]
}

// heatLegend is what the shades mean.
func (t *theme) heatLegend() string {
	return "few " + strings.Join(t.glyphs.heat, "") + " many"
}
