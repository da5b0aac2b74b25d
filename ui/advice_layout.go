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
	r := adviceLayout{w: w - 4, rows: max(h-2, 1), label: 12, columns: w-4 >= 64}
	if r.columns {
		r.label = 13
	}
	if r.w >= 104 {
		r.bar = remedyBar
	}
	return r
}

// name is the width of the name of a remedy.
func (r adviceLayout) name() int {
	switch {
	case !r.columns:
		return r.w - 2
	case r.bar > 0:
		return r.w - 2 - remedyWait - remedyRefused - r.bar - 2
	default:
		return r.w - 2 - remedyWait - remedyRefused
	}
}

// newAdviceList puts the parts of the advice below each other. It returns the layout
// with a gap between two parts, if all of them are in sight with it.
func newAdviceList(blocks [][]string, room adviceLayout) (blockList, adviceLayout) {
	heights := make([]int, len(blocks))
	for i, block := range blocks {
		heights[i] = len(block)
	}
	room.gap = 1
	if list := newBlockList(heights, room.gap, room.rows); list.total <= room.rows {
		return list, room
	}
	room.gap = 0
	return newBlockList(heights, room.gap, room.rows), room
}
