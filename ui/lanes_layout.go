package ui

import "paceline/client"

// laneLayout is how the list of lanes divides its box: a head, the lines of the
// lanes in sight, and words about the pace.
type laneLayout struct {
	w                int // of a line
	head, rows, foot int
	gap              int  // blank lines between two lanes
	columns          bool // a lane's figures stand below each other
	beside           bool // what it waits for stands in the same line
}

// Minimum inner widths for each part of a line.
const (
	laneColumns = 56
	laneBeside  = 104
)

// newLaneLayout divides a box of w×h cells.
func newLaneLayout(w, h int) laneLayout {
	inner := max(h-1, 1)
	l := laneLayout{w: w - 4, columns: w-4 >= laneColumns, beside: w-4 >= laneBeside}
	if inner >= 12 {
		l.gap = 1
	}
	if l.columns && inner >= 8 {
		l.head = 1
	}
	if l.columns && inner >= 20 {
		l.foot = 1
	}
	l.rows = inner - l.head - l.foot
	return l
}

// lead is how many lines a lane has before those of its limits.
func (l laneLayout) lead() int {
	if l.beside {
		return 1
	}
	return 2
}

// newLaneList puts the lines of the lanes below each other.
func newLaneList(lanes []client.Lane, layout laneLayout) blockList {
	heights := make([]int, len(lanes))
	for i, lane := range lanes {
		heights[i] = layout.lead() + len(lane.Limits)
	}
	return newBlockList(heights, layout.gap, layout.rows)
}
