package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"
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

// helpBox lists every key that works, in as many columns as needed, and a note where
// there is room.
func helpBox(t *theme, bindings []key.Binding, note, version string, w, h int) []string {
	bar := newHelp(t)
	on := t.keyNames(bindings)
	rows := min(h-4, 11)
	columns := (len(on) + rows - 1) / rows
	rows = (len(on) + columns - 1) / columns
	var groups [][]key.Binding
	for len(on) > 0 {
		n := min(rows, len(on))
		groups, on = append(groups, on[:n]), on[n:]
	}
	bar.SetWidth(w - 4)
	lines := splitLines(bar.FullHelpView(groups))
	if h >= 20 {
		if note != "" {
			lines = append(lines, "", t.text.Render(t.cut(note, w-4)))
		}
		lines = append(lines, "", t.good.Render(t.glyphs.good)+" healthy   "+t.warn.Render(t.warning)+" warning   "+
			t.crit.Render(t.critical)+" critical, unreachable",
			t.mark.Render(string(t.outageRune))+" nothing was heard   "+t.warn.Render(t.legend())+"threshold")
	}
	inner := 0
	for _, line := range lines {
		inner = max(inner, width(line))
	}
	title := "Keys"
	if version != "" {
		title = "paceline " + clean(version)
	}
	inner = max(inner, width(title)+2)
	return t.box(min(inner+4, w), len(lines)+2, title, "", true, lines)
}
