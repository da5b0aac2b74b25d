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
	left := limit
	for _, i := range f.order(len(want)) {
		if rows[i] != want[i] {
			cost := drawCost(rows[i], want[i], w)
			if cost > left && left < limit {
				return strings.Join(rows, "\n"), false
			}
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

// order returns the rows in the order of their urgency.
func (f *frameParts) order(n int) []int {
	var urgent, head, rest []int
	for i := range n {
		switch {
		case f.urgent[i]:
			urgent = append(urgent, i)
		case i < headRows:
			head = append(head, i)
		}
	}
	for k := range n {
		if i := (f.next + k) % n; i >= headRows && !f.urgent[i] {
			rest = append(rest, i)
		}
	}
	return slices.Concat(urgent, head, rest)
}

// drawCost returns about how many bytes it takes to draw one row of w cells over another
// one: what stands between the first and the last cell that differ is drawn again, and a
// stretch of blanks is erased.
func drawCost(from, to string, w int) int {
	if from == to {
		return 0
	}
	const move, erase = 8, 10 // bytes
	before, after := cellsOf(from, w), cellsOf(to, w)
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
	cost, blanks, pen := move, 0, &uv.Style{}
	for i := first; i <= last; i++ {
		cell := &after[i]
		if cell.Equal(&uv.EmptyCell) {
			blanks++
		} else {
			blanks = 0
		}
		if blanks <= erase {
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
