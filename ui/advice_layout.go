package ui

// adviceLayout is how the advice divides its box.
type adviceLayout struct {
	w, rows int  // of all lines
	gap     int  // blank lines between two parts, see newAdviceList
	label   int  // the width of the labels
	columns bool // a remedy's figures stand right of it
	bar     int  // the width of a bar beside them; zero for none
}

// The widths of the columns of a remedy.
const (
	remedyBefore  = 9
	remedyAfter   = 6
	remedyWait    = remedyBefore + 4 + remedyAfter
	remedyRefused = 9
	remedyBar     = 24
)

// newAdviceLayout divides a box of w×h cells.
func newAdviceLayout(w, h int) adviceLayout {
	l := adviceLayout{w: w - 4, rows: max(h-1, 1), label: 12, columns: w-4 >= 64}
	if l.columns {
		l.label = 13
	}
	if l.w >= 104 {
		l.bar = remedyBar
	}
	return l
}

// name is the width of the name of a remedy.
func (l adviceLayout) name() int {
	switch {
	case !l.columns:
		return l.w - 2
	case l.bar > 0:
		return l.w - 2 - remedyWait - remedyRefused - l.bar - 2
	default:
		return l.w - 2 - remedyWait - remedyRefused
	}
}

// newAdviceList puts the parts of the advice below each other. It returns the layout
// with a gap between two parts, if all of them are in sight with it.
func newAdviceList(blocks [][]string, layout adviceLayout) (blockList, adviceLayout) {
	heights := make([]int, len(blocks))
	for i, block := range blocks {
		heights[i] = len(block)
	}
	layout.gap = 1
	if list := newBlockList(heights, layout.gap, layout.rows); list.total <= layout.rows {
		return list, layout
	}
	layout.gap = 0
	return newBlockList(heights, layout.gap, layout.rows), layout
}
