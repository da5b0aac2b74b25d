package ui

import (
	"slices"

	"paceline/client"
)

// lanesLayout says where everything is in the view of the lanes: where the list leaves room,
// there are plots below it, and the troubles.
type lanesLayout struct {
	pageLayout
	plots []rect // each has the plots of a lane's limits
}

// The rows of a lane's plots.
const (
	leastLanePlot = 7
	mostLanePlot  = 14
)

// newLanesLayout divides a screen of w×h cells, 40x10 at least, for these lanes.
func newLanesLayout(w, h int, lanes []client.Lane) lanesLayout {
	l := lanesLayout{pageLayout: newPageLayout(w, h)}
	layout := newLaneLayout(l.list.w, l.list.h)
	limited := len(limitedLanes(lanes))
	if !layout.columns || limited == 0 {
		return l
	}
	need := 1 + layout.head + newLaneList(lanes, layout).total + 1 + layout.foot
	left := l.list.h - need
	n := min(left/leastLanePlot, limited)
	if n <= 0 {
		return l
	}
	rows := min(left/n, mostLanePlot)
	all := column{l.list.x, l.list.y, l.list.w, l.list.h}
	if left -= n * rows; left < leastTroubles || l.troubles.shown() {
		need += left // the list keeps what is left
	}
	l.list = all.take(need)
	for range n {
		l.plots = append(l.plots, all.take(rows))
	}
	if all.left > 0 {
		l.troubles = all.rest()
	}
	return l
}

// limitedLanes returns the lanes of which a limit is known.
func limitedLanes(lanes []client.Lane) []client.Lane {
	return slices.DeleteFunc(slices.Clone(lanes), func(l client.Lane) bool {
		return !slices.ContainsFunc(l.Limits, func(limit client.Limit) bool { return limit.PerMinute.Value > 0 })
	})
}

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
