package ui

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

// pane fills its rectangle: exactly h lines of exactly w cells each.
type pane interface {
	view(s *state, w, h int) []string
}

// box draws body inside a border of w×h cells with the title in it, and a note
// at its right end. Lines of body may be styled; they are cut and padded.
func (t *theme) box(w, h int, title, note string, focused bool, body []string) []string {
	if w < 4 || h < 2 {
		return t.block(w, h, body)
	}
	line, b := t.border, t.glyphs.border
	if focused {
		line = t.focus
	}
	lines := make([]string, 0, h)
	lines = append(lines, t.head(w, title, note, line, b.TopLeft, b.TopRight))
	left, right := line.Render(b.Left)+" ", " "+line.Render(b.Right)
	for _, inner := range t.block(w-4, h-2, body) {
		lines = append(lines, left+inner+right)
	}
	return append(lines, line.Render(b.BottomLeft+strings.Repeat(b.Bottom, w-2)+b.BottomRight))
}

// head is the upper edge of w cells with the title in it, and a note at its end.
func (t *theme) head(w int, title, note string, line lipgloss.Style, left, right string) string {
	edge := t.glyphs.border.Top
	title = t.cut(title, w-4)
	room := w - 4 - width(title)
	tail := ""
	if n := width(note); n > 0 && n+3 <= room {
		tail = t.muted.Render(" "+note+" ") + line.Render(edge)
		room -= n + 3
	}
	return line.Render(left) + t.accent.Bold(true).Render(" "+title+" ") + line.Render(strings.Repeat(edge, room)) + tail + line.Render(right)
}

// section is the head of a part of the screen that has a rule above it.
type section struct {
	title, note string
	focused     bool // it has the keys
	joined      bool // there is another part on its left, and a line between the two
	below       bool // the line goes on above it
}

// inner is how many cells of w a plot below the head has.
func (h section) inner(w int) int {
	if h.joined {
		return w - 2
	}
	return w - 1
}

// panel draws body in w×h cells below a rule with the title in it, with room around it.
func (t *theme) panel(w, h int, head section, body []string) []string {
	if w < 4 || h < 2 {
		return t.block(w, h, body)
	}
	var lines []string
	for _, line := range t.block(w-4, h-1, body) {
		lines = append(lines, " "+line)
	}
	return t.section(w, h, head, lines)
}

// section draws body in w×h cells below a rule with the title in it.
func (t *theme) section(w, h int, head section, body []string) []string {
	line := t.border
	if head.focused {
		line = t.focus
	}
	edge, side, corner := t.glyphs.border.Top, " ", t.glyphs.border.Top
	if head.joined {
		side, corner = line.Render(t.glyphs.border.Left), t.glyphs.border.MiddleTop
	}
	if head.below {
		corner = t.glyphs.border.MiddleLeft
	}
	title := t.cut(head.title, w-4)
	room := w - 4 - width(title)
	tail := ""
	if n := width(head.note); n > 0 && n+3 <= room {
		tail = t.muted.Render(" "+head.note+" ") + line.Render(edge)
		room -= n + 3
	}
	lines := make([]string, 0, h)
	lines = append(lines, line.Render(corner)+t.accent.Bold(true).Render(" "+title+" ")+line.Render(strings.Repeat(edge, room+1))+tail)
	for _, inner := range t.block(w-1, h-1, body) {
		lines = append(lines, side+inner)
	}
	return lines[:h]
}

// block makes body exactly w×h cells.
func (t *theme) block(w, h int, body []string) []string {
	lines := make([]string, h)
	for i := range lines {
		if i < len(body) {
			lines[i] = t.fit(body[i], w)
		} else {
			lines[i] = spaces(w)
		}
	}
	return lines
}

// centred puts one muted line into the middle of w×h cells.
func (t *theme) centred(text string, w, h int) []string {
	text = t.cut(text, w)
	body := make([]string, max(h, 1))
	body[(len(body)-1)/2] = spaces((w-width(text))/2) + t.muted.Render(text)
	return t.block(w, h, body)
}

// placed is a block of lines at its place on the screen.
type placed struct {
	rect
	lines []string
}

// assemble puts blocks that tile a screen of h rows together.
func assemble(h int, parts []placed) string {
	slices.SortFunc(parts, func(a, b placed) int { return a.x - b.x })
	rows := make([]strings.Builder, h)
	for _, p := range parts {
		for i, line := range p.lines {
			rows[p.y+i].WriteString(line)
		}
	}
	out := make([]string, h)
	for i := range rows {
		out[i] = rows[i].String()
	}
	return strings.Join(out, "\n")
}
