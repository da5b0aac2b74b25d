package ui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"

	"paceline/client"
)

// overlay puts a box into the middle of a screen of w×h cells.
func (t *theme) overlay(screen string, box []string, w, h int) string {
	bw := 0
	for _, line := range box {
		bw = max(bw, width(line))
	}
	canvas := lipgloss.NewCanvas(w, h)
	canvas.Compose(lipgloss.NewCompositor(
		lipgloss.NewLayer(screen),
		lipgloss.NewLayer(strings.Join(box, "\n")).X((w-bw)/2).Y((h-len(box))/2).Z(1),
	))
	lines := splitLines(canvas.Render())
	return strings.Join(t.block(w, h, lines), "\n") // the canvas trims the ends of lines
}

// helpGroup is keys that belong together, for the help.
type helpGroup struct {
	title string
	keys  []key.Binding
}

// helpBox lists every key that works, by groups, in as many columns as there is room for;
// from a row on where there are more than fit, and notes. It returns
// the last row from which it can be shown.
func helpBox(t *theme, groups []helpGroup, notes []string, version string, top, w, h int) (box []string, last int) {
	columns := 1
	switch {
	case w >= 100:
		columns = 3
	case w >= 60:
		columns = 2
	}
	inner := w - 4
	cell := min((inner-2*(columns-1))/columns, 34)
	rows := t.helpColumns(groups, columns, cell)
	for i, note := range notes {
		if i == 0 {
			rows = append(rows, "")
		}
		rows = append(rows, t.text.Render(t.cut(note, inner)))
	}
	rows = append(rows, "", t.cut(t.good.Render(t.glyphs.good)+" healthy   "+t.warn.Render(t.warning)+" warning   "+
		t.crit.Render(t.critical)+" critical, unreachable", inner),
		t.cut(t.mark.Render(string(t.outageRune))+" nothing was heard   "+t.warn.Render(t.legend())+"threshold   "+
			t.warn.Render(string(t.trouble[client.Warning]))+" was warning   "+t.crit.Render(string(t.trouble[client.Critical]))+" was critical", inner),
		t.cut(t.text.Render(t.approx)+" computed   "+t.text.Render(t.dash)+" not known   "+t.accent.Render(t.pointer)+" what binds, or is chosen", inner))
	title, more := "Keys", ""
	if version != "" {
		title = "paceline " + clean(version)
	}
	room := h - 2
	last = max(len(rows)-room, 0)
	if top = min(top, last); last > 0 {
		more = fmt.Sprintf("%d-%d of %d, %s", top+1, top+room, len(rows), t.keyArrows())
		rows = rows[top : top+room]
	}
	wide := width(title) + width(more) + 6
	for _, row := range rows {
		wide = max(wide, width(row))
	}
	return t.box(min(wide+4, w), len(rows)+2, title, more, true, rows), last
}

// helpColumns writes groups of keys below each other, in columns of about the same height.
func (t *theme) helpColumns(groups []helpGroup, columns, cell int) []string {
	var all [][]string
	total := 0
	for _, g := range groups {
		named := t.keyNames(g.keys)
		if len(named) == 0 {
			continue
		}
		lines := []string{t.strong.Render(g.title)}
		for _, b := range named {
			lines = append(lines, t.accent.Render(t.fit(b.Help().Key, 9))+" "+t.text.Render(t.cut(b.Help().Desc, cell-10)))
		}
		all = append(all, lines)
		total += len(lines) + 1
	}
	var blocks [][]string
	for range columns {
		blocks = append(blocks, nil)
	}
	column := 0
	for _, lines := range all {
		if len(blocks[column]) > 0 && len(blocks[column])+len(lines) > (total+columns-1)/columns+2 && column < columns-1 {
			column++
		}
		if len(blocks[column]) > 0 {
			blocks[column] = append(blocks[column], "")
		}
		blocks[column] = append(blocks[column], lines...)
	}
	high := 0
	for _, b := range blocks {
		high = max(high, len(b))
	}
	rows := make([]string, high)
	for i := range rows {
		for c, b := range blocks {
			text := ""
			if i < len(b) {
				text = b[i]
			}
			if c > 0 {
				rows[i] += "  "
			}
			rows[i] += t.fit(text, cell)
		}
	}
	return rows
}

// keyArrows names the keys that scroll.
func (t *theme) keyArrows() string {
	if t.ascii {
		return "up down"
	}
	return "↑ ↓"
}
