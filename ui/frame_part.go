package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// frameParts sends a picture in parts, where the line is too slow for the whole: some rows
// are renewed, the others stay for later frames. What a key has changed comes first, then
// the verdict, then the rest in turn.
type frameParts struct {
	urgent map[int]bool // rows that the last key has changed
	next   int          // the row whose turn it is
}

// headRows are the first rows, with the verdict.
const headRows = 4

// urge makes the rows urgent in which two pictures differ, in place of those before: they
// are what the last key has changed.
func (f *frameParts) urge(before, after string, w int) {
	if before == after {
		return
	}
	f.urgent = map[int]bool{}
	rows := strings.Split(before, "\n")
	for i, row := range strings.Split(after, "\n") {
		f.urgent[i] = i >= len(rows) || drawCost(rows[i], row, w) > 0
	}
}

// renew returns a picture of w cells a row between shown and wanted that costs at most
// limit bytes to draw over shown, or one row. It reports whether that is the wanted one.
func (f *frameParts) renew(shown, wanted string, w, limit int) (picture string, whole bool) {
	want := strings.Split(wanted, "\n")
	rows := make([]string, len(want))
	copy(rows, strings.Split(shown, "\n"))
	left, begun := limit, false
	drifting := map[int]int{} // what such a row costs with every frame
	for i, row := range rows {
		if cells := cellsOf(row, w); drifts(cells) {
			drifting[i] = repaintCost(cells)
			left -= drifting[i]
		}
	}
	for _, i := range f.order(len(want), drifting) {
		if rows[i] != want[i] {
			cost := drawCost(rows[i], want[i], w) - drifting[i]
			if cost > max(left, 0) && begun {
				return strings.Join(rows, "\n"), false
			}
			begun = true
			left -= cost
			if !f.urgent[i] && i >= headRows {
				f.next = i + 1
			}
		}
		rows[i] = want[i]
		delete(f.urgent, i)
	}
	return wanted, true
}

// order returns the rows in the order of their urgency: those that drift cost something
// until they are gone.
func (f *frameParts) order(n int, drifting map[int]int) []int {
	var urgent, costly, head, rest []int
	for i := range n {
		switch {
		case f.urgent[i]:
			urgent = append(urgent, i)
		case drifting[i] > 0:
			costly = append(costly, i)
		case i < headRows:
			head = append(head, i)
		}
	}
	for k := range n {
		if i := (f.next + k) % n; i >= headRows && !f.urgent[i] && drifting[i] == 0 {
			rest = append(rest, i)
		}
	}
	return slices.Concat(urgent, costly, head, rest)
}

// drawCost returns about how many bytes it takes to draw one row of w cells over another
// one: what stands between the first and the last cell that differ is drawn again, and a
// stretch of blanks is erased. A row that drifts is drawn from its beginning.
func drawCost(from, to string, w int) int {
	if from == to {
		return 0
	}
	before, after := cellsOf(from, w), cellsOf(to, w)
	if drifts(before) || drifts(after) {
		return repaintCost(after)
	}
	first, last := 0, w-1
	for first < w && before[first].Equal(&after[first]) {
		first++
	}
	for last > first && before[last].Equal(&after[last]) {
		last--
	}
	if first == w {
		return 0
	}
	return moveCost + cellsCost(after[first:last+1])
}

// Bytes that it takes to move the cursor, to erase a stretch of blanks, and to draw a row
// that drifts, besides its cells.
const (
	moveCost  = 8
	eraseCost = 10
	driftCost = 30
)

// drifts reports whether a terminal may take a cell of the row for wider or narrower than
// the program does. The renderer draws such a row from its beginning, and again with every
// frame.
func drifts(row uv.Line) bool {
	return slices.ContainsFunc(row, func(c uv.Cell) bool {
		return c.Width > 1 || c.Width == 1 && len(c.Content) > 1 && ansi.StringWidthWc(c.Content) != ansi.StringWidth(c.Content)
	})
}

// repaintCost returns about how many bytes it takes to draw a row that drifts.
func repaintCost(row uv.Line) int { return driftCost + cellsCost(row) }

// cellsCost returns about how many bytes cells take that stand side by side.
func cellsCost(cells uv.Line) int {
	cost, blanks, pen := 0, 0, &uv.Style{}
	for i := range cells {
		cell := &cells[i]
		if cell.Equal(&uv.EmptyCell) {
			blanks++
		} else {
			blanks = 0
		}
		if blanks <= eraseCost {
			cost += len(cell.Style.Diff(pen)) + len(cell.Content)
		}
		pen = &cell.Style
	}
	return cost + len((&uv.Style{}).Diff(pen))
}

// cellsOf returns a row's w cells.
func cellsOf(row string, w int) uv.Line {
	b := uv.NewScreenBuffer(w, 1)
	uv.NewStyledString(row).Draw(b, b.Bounds())
	return b.Line(0)
}

// picture returns what is to be shown instead of what is, as much of it as the line can
// take. It reports whether that is all.
func (m *Model) picture() (content string, whole bool) {
	limit := m.link.frameLimit()
	if limit == 0 {
		m.parts = frameParts{}
		return m.frame(), true
	}
	if title := m.windowTitle(); title != m.drawn.WindowTitle {
		limit -= len(ansi.SetWindowTitle(title))
	}
	return m.parts.renew(m.drawn.Content, m.frame(), m.w, limit)
}

// trackEffect has what a key changes shown before all else, where the line is slow.
func (m *Model) trackEffect(msg tea.Msg) (done func()) {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.MouseMsg:
	default:
		return func() {}
	}
	if m.link.frameLimit() == 0 {
		return func() {}
	}
	m.redraw() // so that it is the key's effect alone in which the two pictures differ
	before := m.frame()
	return func() { m.parts.urge(before, m.frame(), m.w) }
}

// blank empties the screen, where the line is slow: the terminal is about to draw all of it
// anew.
func (m *Model) blank() {
	if m.link.frameLimit() > 0 {
		m.drawn.Content = strings.Repeat("\n", max(m.h-1, 0))
	}
}
