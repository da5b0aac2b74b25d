package ui

import (
	"slices"

	"paceline/client"
)

// lanesLayout says where everything is in the lanes view. What is in it covers
// the screen without overlap.
type lanesLayout struct{ title, banner, list, keys rect }

// newLanesLayout divides a screen of w×h cells, 40x10 at least.
func newLanesLayout(w, h int) lanesLayout {
	var l lanesLayout
	all := column{0, 0, w, h}
	l.title = all.take(1)
	l.keys = rect{0, h - 1, w, 1}
	all.left--
	l.banner = all.take(briefBanner(w, h))
	l.list = all.rest()
	return l
}

// laneRoom is how the list of lanes divides its box: a head, the lines of the
// lanes in sight, and words about the pace.
type laneRoom struct {
	w                int // of a line
	head, rows, foot int
	gap              int  // blank lines between two lanes
	columns          bool // a lane's figures stand below each other
	beside           bool // what it waits for stands in the same line
}

// The least widths, borders not counted, for what a line can tell.
const (
	laneColumns = 56
	laneBeside  = 104
)

// newLaneRoom divides a box of w×h cells.
func newLaneRoom(w, h int) laneRoom {
	inner := max(h-2, 1)
	r := laneRoom{w: w - 4, columns: w-4 >= laneColumns, beside: w-4 >= laneBeside}
	if inner >= 12 {
		r.gap = 1
	}
	if r.columns && inner >= 8 {
		r.head = 1
	}
	if r.columns && inner >= 20 {
		r.foot = 1
	}
	r.rows = inner - r.head - r.foot
	return r
}

// lead is how many lines a lane has before those of its limits.
func (r laneRoom) lead() int {
	if r.beside {
		return 1
	}
	return 2
}

// laneList is where each lane begins among the lines of all, of which rows are in
// sight.
type laneList struct {
	starts      []int
	total, rows int
}

func newLaneList(lanes []client.Lane, room laneRoom) laneList {
	l := laneList{rows: room.rows}
	for i, lane := range lanes {
		if i > 0 {
			l.total += room.gap
		}
		l.starts = append(l.starts, l.total)
		l.total += room.lead() + len(lane.Limits)
	}
	return l
}

// at returns the lane that a line belongs to, and which of its lines it is.
func (l laneList) at(line int) (lane, of int) {
	lane, exact := slices.BinarySearch(l.starts, line)
	if !exact {
		lane--
	}
	return lane, line - l.starts[lane]
}

// keep returns the top line nearest to one that can be: the first of a lane, or
// any of a lane that is higher than what is in sight; and no further down than
// what is needed to see the end.
func (l laneList) keep(top int) int {
	if l.total <= l.rows || top <= 0 {
		return 0
	}
	top = min(top, l.last())
	lane, of := l.at(top)
	if l.height(lane) > l.rows {
		return top
	}
	return top - of
}

// last is the lowest top line from which the end is in sight.
func (l laneList) last() int {
	for _, start := range l.starts {
		if l.total-start <= l.rows {
			return start
		}
	}
	return max(l.total-l.rows, 0)
}

// height is how many lines a lane has, with the gap behind it.
func (l laneList) height(lane int) int {
	end := l.total
	if lane+1 < len(l.starts) {
		end = l.starts[lane+1]
	}
	return end - l.starts[lane]
}

// down returns the top line one lane on.
func (l laneList) down(top int) int {
	for _, start := range l.starts {
		if start > top {
			return min(start, top+l.rows)
		}
	}
	return top + l.rows
}

// up returns the top line one lane back.
func (l laneList) up(top int) int {
	for _, start := range slices.Backward(l.starts) {
		if start < top {
			return max(start, top-l.rows)
		}
	}
	return 0
}

// pageUp returns the top line from which the line above top is the last in sight,
// or is near the end.
func (l laneList) pageUp(top int) int {
	for _, start := range l.starts {
		if start >= top-l.rows && start < top {
			return start
		}
	}
	return top - l.rows
}
