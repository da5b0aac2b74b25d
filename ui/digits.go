package ui

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// bigRows is the height of big figures.
const bigRows = 3

// bigGlyph returns a character in a font of 3 rows, for figures that are read from
// across the room.
func bigGlyph(r rune) [bigRows]string {
	switch r {
	case '0':
		return [...]string{"█▀█", "█ █", "▀▀▀"}
	case '1':
		return [...]string{"▀█ ", " █ ", "▀▀▀"}
	case '2':
		return [...]string{"▀▀█", "█▀▀", "▀▀▀"}
	case '3':
		return [...]string{"▀▀█", " ▀█", "▀▀▀"}
	case '4':
		return [...]string{"█ █", "▀▀█", "  ▀"}
	case '5':
		return [...]string{"█▀▀", "▀▀█", "▀▀▀"}
	case '6':
		return [...]string{"█▀▀", "█▀█", "▀▀▀"}
	case '7':
		return [...]string{"▀▀█", "  █", "  ▀"}
	case '8':
		return [...]string{"█▀█", "█▀█", "▀▀▀"}
	case '9':
		return [...]string{"█▀█", "▀▀█", "▀▀▀"}
	case '.':
		return [...]string{" ", " ", "▀"}
	case '–':
		return [...]string{"   ", "▀▀▀", "   "}
	default:
		return [...]string{" ", " ", " "}
	}
}

// big writes a figure in 3 rows of w cells, its unit small beside it; in one
// row, bold, where it does not fit or there is only ASCII.
func (t *theme) big(figure, unit string, style lipgloss.Style, w int) []string {
	var rows [bigRows]strings.Builder
	for i, r := range figure {
		for row, part := range bigGlyph(r) {
			if i > 0 {
				rows[row].WriteByte(' ')
			}
			rows[row].WriteString(part)
		}
	}
	if t.ascii || width(rows[0].String())+1+width(unit) > w {
		return t.block(w, bigRows, []string{"", style.Bold(true).Render(figure) + " " + t.muted.Render(unit), ""})
	}
	out := make([]string, bigRows)
	for row := range rows {
		out[row] = style.Render(rows[row].String())
	}
	out[bigRows-1] += " " + t.muted.Render(unit)
	return t.block(w, bigRows, out)
}
