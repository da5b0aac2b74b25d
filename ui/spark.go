package ui

import (
	"math"
	"strings"

	"paceline/client"
)

// spark draws columns in one row of w cells, the highest value as the highest glyph.
func (t *theme) spark(columns []client.Column, w int) string {
	high := 0.0
	for _, c := range stretch(columns, max(w, 0)) {
		if c.Known && !c.Outage {
			high = max(high, c.Value)
		}
	}
	return t.sparkOf(columns, w, func(v float64) int { return t.sparkLevel(v, high) })
}

// sparkOf draws columns in one row of w cells; level returns the index of a value's glyph. A
// gap stays blank; an outage is marked.
func (t *theme) sparkOf(columns []client.Column, w int, level func(float64) int) string {
	columns = stretch(columns, max(w, 0))
	var b, run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			b.WriteString(t.accent.Render(run.String()))
			run.Reset()
		}
	}
	for _, c := range columns {
		switch {
		case c.Outage:
			flush()
			b.WriteString(t.mark.Render(string(t.outageRune)))
		case !c.Known:
			flush()
			b.WriteByte(' ')
		default:
			run.WriteString(t.glyphs.spark[min(level(c.Value), len(t.glyphs.spark)-1)])
		}
	}
	flush()
	return b.String()
}

// sparkLevel is the index of the glyph for v: the lowest for nothing at all.
func (t *theme) sparkLevel(v, high float64) int {
	top := len(t.glyphs.spark) - 1
	if high <= 0 || v <= 0 {
		return 0
	}
	return min(max(1, int(math.Ceil(v/high*float64(top)))), top)
}
