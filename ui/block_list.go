package ui

import "slices"

// blockList is a list of blocks of lines that is scrolled from block to block. It says
// where each block begins.
type blockList struct {
	starts      []int
	total, rows int // lines of all blocks; lines in sight
}

// newBlockList puts blocks of these heights below each other, with gap lines between
// two of them.
func newBlockList(heights []int, gap, rows int) blockList {
	l := blockList{rows: rows}
	for i, height := range heights {
		if i > 0 {
			l.total += gap
		}
		l.starts = append(l.starts, l.total)
		l.total += height
	}
	return l
}

// at returns the block that a line belongs to, and which of its lines it is.
func (l blockList) at(line int) (block, of int) {
	block, exact := slices.BinarySearch(l.starts, line)
	if !exact {
		block--
	}
	return block, line - l.starts[block]
}

// clamp returns the nearest line that may be the top one: the first of a block, or any
// line of a block that is higher than what is in sight; and no further down than what
// is needed to see the end.
func (l blockList) clamp(top int) int {
	if l.total <= l.rows || top <= 0 {
		return 0
	}
	top = min(top, l.lastTop())
	block, of := l.at(top)
	if l.height(block) > l.rows {
		return top
	}
	return top - of
}

// lastTop returns the first top line from which the end is in sight.
func (l blockList) lastTop() int {
	for _, start := range l.starts {
		if l.total-start <= l.rows {
			return start
		}
	}
	return max(l.total-l.rows, 0)
}

// height is how many lines a block has, with the gap behind it.
func (l blockList) height(block int) int {
	end := l.total
	if block+1 < len(l.starts) {
		end = l.starts[block+1]
	}
	return end - l.starts[block]
}

// down returns the top line one block on.
func (l blockList) down(top int) int {
	for _, start := range l.starts {
		if start > top {
			return min(start, top+l.rows)
		}
	}
	return top + l.rows
}

// up returns the top line one block back.
func (l blockList) up(top int) int {
	for _, start := range slices.Backward(l.starts) {
		if start < top {
			return max(start, top-l.rows)
		}
	}
	return 0
}

// pageUp returns the top line from which the line above top is the last in sight,
// or is near the end.
func (l blockList) pageUp(top int) int {
	for _, start := range l.starts {
		if start >= top-l.rows && start < top {
			return start
		}
	}
	return top - l.rows
}
